import type { Job, JobKindName, JobProgress } from '../../contract/jobs.ts';
import type { JobRecord } from './journal.ts';

/** What a running job may do to the outside. */
export interface JobContext {
  readonly jobId: string;
  /** Aborted when the job is cancelled, or goes back into the queue because the engine stops. */
  readonly signal: AbortSignal;
  /** Resolves at once, or when the job is no longer paused. Rejects when it is cancelled meanwhile. */
  waitWhilePaused(): Promise<void>;
  report(progress: JobProgress): void;
  /** Journals a result that is complete but not yet at its final name; see {@link JobKind.recover}. */
  setPending(pending: unknown): void;
}

/** A sort of work. The queue knows nothing of pictures; a kind knows nothing of queues. */
export interface JobKind {
  readonly name: JobKindName;
  /** How many jobs of this kind go at the same time. */
  readonly slots: number;
  /** The part of a {@link Job} that only this kind can tell. */
  describe(record: JobRecord): Partial<Job>;
  /** The weight of a job in progress and estimates: megapixels, megabytes. */
  weigh(record: JobRecord): number;
  /**
   * Makes the work order from the choices of now. Called when a person starts or retries the job, or changes the choices
   * of one that waits for its turn.
   */
  freeze(record: JobRecord): unknown;
  /** Does the work and gives the result. Throws a `RefineryError` when it can't. */
  run(record: JobRecord, context: JobContext): Promise<unknown>;
  /**
   * After a crash: finishes or drops what `setPending` told of, and clears up what else was left behind, unless the next
   * `run` can make use of it.
   *
   * @returns the result when the work is complete, else undefined: it is done again.
   */
  recover(record: JobRecord): Promise<unknown>;
  /** The job won't be run again soon: clears up what was kept for the next `run`. */
  forget?(record: JobRecord): Promise<void>;
}

import { randomUUID } from 'node:crypto';
import type { ErrorValue } from '../../contract/errors.ts';
import {
  finishedStates,
  type Job,
  type JobKindName,
  type JobProgress,
  type JobState,
} from '../../contract/jobs.ts';
import type { JobRecord } from './journal.ts';

/** What somebody wants done. */
export interface NewJob {
  readonly title: string;
  readonly input: unknown;
  readonly detail?: unknown;
  /** Starts at once instead of waiting for the person. */
  readonly start?: boolean;
}

/** A job that nobody has begun. @param batch of those that were added together. */
export const newRecord = (
  kind: JobKindName,
  batch: string,
  position: number,
  { title, input, detail = null }: NewJob,
): JobRecord => ({
  id: randomUUID(),
  kind,
  batch,
  title,
  state: 'ready',
  position,
  addedAt: Date.now(),
  startedAt: null,
  finishedAt: null,
  attempts: 0,
  crashes: 0,
  input,
  spec: null,
  detail,
  result: null,
  pending: null,
  error: null,
  removed: false,
  forgotten: false,
});

/** Forgets what came of it before, so that it can be begun. */
export function requeue(record: JobRecord, spec: unknown): void {
  makeReady(record);
  record.spec = spec;
  record.state = 'queued';
}

/** Forgets what came of it before; it waits for the person. */
export function makeReady(record: JobRecord): void {
  record.state = 'ready';
  record.error = null;
  record.result = null;
  record.startedAt = null;
  record.finishedAt = null;
  record.crashes = 0;
}

/** Whether something came of it; one that was taken away before its turn is nothing that was done. */
export const isHistory = ({ state, attempts, forgotten }: JobRecord): boolean =>
  !forgotten && finishedStates.has(state) && (state !== 'cancelled' || attempts > 0);

/** Whether it was started by the person and waits for its turn: its choices can still be others. */
export const waitsForTurn = ({ state, startedAt }: JobRecord): boolean =>
  (state === 'queued' || state === 'paused') && startedAt === null;

export function finish(record: JobRecord, state: JobState, error: ErrorValue | null = null): void {
  record.state = state;
  record.error = error;
  record.finishedAt = Date.now();
  if (state === 'done') record.crashes = 0;
}

/** What everybody may know of a job; its kind adds the rest. */
export const viewOf = (record: JobRecord, progress: JobProgress | undefined): Job => ({
  id: record.id,
  kind: record.kind,
  batch: record.batch,
  title: record.title,
  state: record.state,
  position: record.position,
  addedAt: record.addedAt,
  ...(record.startedAt === null ? {} : { startedAt: record.startedAt }),
  ...(record.finishedAt === null ? {} : { finishedAt: record.finishedAt }),
  attempts: record.attempts,
  ...(progress ? { progress } : {}),
  ...(record.error === null ? {} : { error: record.error }),
});

export const setAsideError = ({ crashes }: JobRecord): ErrorValue => ({
  code: 'JOB_SET_ASIDE',
  message: `The engine stopped ${crashes} times while it worked on this, so it was set aside.`,
  hint: 'Memory may have run out: close other programs, or lower the memory budget under Settings. Another device or the f32 precision may help, too. If it stops again, report this file.',
});

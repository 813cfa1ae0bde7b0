import { randomUUID } from 'node:crypto';
import { type ErrorValue, RefineryError, toErrorValue } from '../../contract/errors.ts';
import {
  finishedStates,
  type HistoryQuery,
  type Job,
  type JobHistory,
  type JobKindName,
  type JobProgress,
  type JobState,
  jobStates,
  type QueueSummary,
} from '../../contract/jobs.ts';
import { PauseGate } from './gate.ts';
import type { JobRecord, Journal } from './journal.ts';
import type { JobKind } from './kind.ts';
import { placeBefore } from './order.ts';
import { mostInMessage, pageOf } from './pages.ts';
import {
  finish,
  isHistory,
  makeReady,
  type NewJob,
  newRecord,
  requeue,
  setAsideError,
  viewOf,
  waitsForTurn,
} from './record.ts';
import { Session } from './session.ts';

export interface QueueOptions {
  readonly journal: Journal;
  readonly kinds: readonly JobKind[];
  readonly onChanged: (jobs: Job[], summary: QueueSummary) => void;
  readonly onRemoved: (ids: string[], summary: QueueSummary) => void;
  /** Milliseconds between two reports of changes. */
  readonly interval?: number;
}

interface Running {
  readonly abort: AbortController;
  readonly gate: PauseGate;
  readonly settled: Promise<void>;
  progress: JobProgress | undefined;
}

/** Jobs that the engine died with this often are set aside instead of taking it down again. */
const crashLimit = 2;

/** Removed jobs are in the history, and can be brought back, for a month. */
const removedFor = 30 * 24 * 3_600_000;

class Stopping extends Error {}

/**
 * The queue of everything that takes time. Each change of state is in the journal before anybody hears of it, so
 * that after a crash the queue is as it was told: nothing lost, nothing done twice.
 */
export class JobQueue {
  readonly #journal: Journal;
  readonly #kinds: ReadonlyMap<JobKindName, JobKind>;
  readonly #options: QueueOptions;
  readonly #records = new Map<string, JobRecord>();
  /** Records that are on the list, by position. */
  #order: JobRecord[] = [];
  readonly #running = new Map<string, Running>();
  readonly #session = new Session({
    record: (id) => this.#records.get(id),
    weigh: (record) => this.#kind(record).weigh(record),
    fraction: (id) => this.#running.get(id)?.progress?.fraction ?? 0,
  });
  readonly #dirty = new Set<string>();
  /** Removed jobs that had not ended before: brought back, they wait again. */
  readonly #endedByRemoval = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #paused: boolean;
  #stopping = false;

  constructor(options: QueueOptions) {
    this.#options = options;
    this.#journal = options.journal;
    this.#kinds = new Map(options.kinds.map((kind) => [kind.name, kind]));
    this.#paused = this.#journal.fact('paused') === 'true';
  }

  /** Reads the journal, finishes or returns what a crash left behind, and goes on working. */
  async open(): Promise<void> {
    this.#journal.purge(Date.now() - removedFor);
    const changed: JobRecord[] = [];
    for (const record of this.#journal.load()) {
      this.#records.set(record.id, record);
      const interrupted = record.state === 'running';
      const held = record.state === 'paused' && record.startedAt !== null;
      if (!interrupted && !held && record.pending === null) continue;
      changed.push(record);
      const result = await this.#kind(record).recover(record);
      record.pending = null;
      if (result !== undefined) {
        finish(record, 'done');
        record.result = result;
      } else if (interrupted) {
        record.crashes += 1;
        if (record.crashes < crashLimit) record.state = 'queued';
        else finish(record, 'setAside', setAsideError(record));
      }
    }
    if (changed.length > 0) this.#journal.save(changed);
    this.#sort();
    const queued = this.#order.filter(({ state }) => state === 'queued');
    // What was done of it before the engine ended is a part of the whole.
    const since = Number(this.#journal.fact('session') ?? Number.POSITIVE_INFINITY);
    const before = this.#order.filter(({ finishedAt }) => finishedAt !== null && finishedAt >= since);
    for (const { id } of queued.length > 0 ? [...before, ...queued] : []) this.#session.add(id);
    this.#pump();
  }

  list(): Job[] {
    return this.#order.map((record) => this.#view(record));
  }

  /** As many jobs as a message holds, behind a position. */
  page(after: number | null): { jobs: Job[]; next: number | null } {
    const { items, next } = pageOf(this.#order, after);
    return { jobs: items.map((record) => this.#view(record)), next };
  }

  /** What was worked on and has ended, taken off the list or not, the newest first. */
  history({ text, limit }: HistoryQuery): JobHistory {
    const wanted = text.toLowerCase();
    const found = [...this.#records.values()]
      .filter((record) => isHistory(record) && record.title.toLowerCase().includes(wanted))
      .sort((a, b) => (b.finishedAt ?? 0) - (a.finishedAt ?? 0));
    return { jobs: found.slice(0, limit).map((record) => this.#view(record)), total: found.length };
  }

  summary(): QueueSummary {
    const counts = Object.fromEntries(jobStates.map((state) => [state, 0])) as Record<JobState, number>;
    for (const record of this.#order) counts[record.state] += 1;
    const busy = this.#running.size > 0 || counts.queued > 0;
    const { fraction, timeLeft, rate } = this.#session.progress(this.#paused);
    return {
      paused: this.#paused,
      counts,
      fraction,
      timeLeft: busy && !this.#paused ? timeLeft : null,
      rate,
    };
  }

  /** Every job, those too that were taken off the list and can be brought back. */
  records(): Iterable<JobRecord> {
    return this.#records.values();
  }

  /** What the jobs on the list are about. */
  *inputsOf<Input>(kind: JobKindName, input: (record: JobRecord) => Input): Generator<Input> {
    for (const record of this.#order) if (record.kind === kind) yield input(record);
  }

  /** @throws {RefineryError} `JOB_NOT_FOUND` */
  record(id: string): JobRecord {
    const record = this.#records.get(id);
    if (!record) {
      throw new RefineryError('JOB_NOT_FOUND', 'This job is no longer on the list.', {
        hint: 'Add the file again.',
      });
    }
    return record;
  }

  add(kind: JobKindName, jobs: readonly NewJob[]): string[] {
    const batch = randomUUID();
    let position = (this.#order.at(-1)?.position ?? 0) + 1;
    const records = jobs.map((job) => newRecord(kind, batch, position++, job));
    for (const record of records) this.#records.set(record.id, record);
    this.#order.push(...records);
    this.#changed(records);
    const ids = records.map((record) => record.id);
    const now = ids.filter((_, index) => jobs[index]?.start);
    if (now.length > 0) this.start(now);
    return ids;
  }

  /** Changes jobs in one step: what their kind knows of them, or that they can't be started at all. */
  amend(
    ids: readonly string[],
    change: (record: JobRecord) => { detail?: unknown; error?: ErrorValue | null },
  ): void {
    const records = ids.flatMap((id) => this.#records.get(id) ?? []);
    for (const record of records) {
      const { detail, error } = change(record);
      if (detail !== undefined) record.detail = detail;
      if (error && (record.state === 'ready' || record.state === 'queued')) finish(record, 'failed', error);
    }
    this.#changed(records);
  }

  /** Tells of all jobs again that nobody has begun, because what their description rests on has changed. */
  retell(): void {
    for (const record of this.#order) {
      if (record.state === 'ready' || waitsForTurn(record)) this.#dirty.add(record.id);
    }
    this.#schedule();
  }

  /** Gives jobs that wait for their turn the choices of now. */
  renew(ids: readonly string[]): void {
    const records = ids.map((id) => this.record(id)).filter(waitsForTurn);
    for (const record of records) record.spec = this.#kind(record).freeze(record);
    this.#changed(records);
  }

  /** @returns how many jobs were put to work. */
  start(ids?: readonly string[]): number {
    const chosen = (ids?.map((id) => this.record(id)) ?? this.#order).filter(
      (record) => record.state === 'ready' && !record.removed,
    );
    this.#enqueue(chosen);
    return chosen.length;
  }

  /** Failed, cancelled and set-aside jobs start anew, with the choices of now. */
  retry(ids: readonly string[]): void {
    const chosen = ids.map((id) => this.record(id));
    this.#enqueue(
      chosen.filter(({ state }) => state === 'failed' || state === 'cancelled' || state === 'setAside'),
    );
  }

  pause(ids: readonly string[]): void {
    const chosen = ids.map((id) => this.record(id));
    const records = chosen.filter(({ state }) => state === 'queued' || state === 'running');
    for (const record of records) {
      this.#running.get(record.id)?.gate.pause();
      record.state = 'paused';
    }
    this.#changed(records);
    this.#pump();
  }

  resume(ids: readonly string[]): void {
    const records = ids.map((id) => this.record(id)).filter(({ state }) => state === 'paused');
    for (const record of records) {
      const running = this.#running.get(record.id);
      record.state = running ? 'running' : 'queued';
      if (!this.#paused) running?.gate.resume();
      this.#session.add(record.id);
    }
    this.#changed(records);
    this.#pump();
  }

  cancel(ids: readonly string[]): void {
    const chosen = ids.map((id) => this.record(id));
    const records = chosen.filter(({ state }) => !finishedStates.has(state));
    for (const record of records) {
      const running = this.#running.get(record.id);
      if (running) running.abort.abort(new RefineryError('CANCELLED', 'Cancelled.'));
      else {
        finish(record, 'cancelled');
        this.#forget(record);
      }
    }
    this.#changed(records);
    this.#pump();
  }

  /** Takes jobs off the list; those in work are cancelled first. */
  remove(ids: readonly string[]): string[] {
    const records = ids.map((id) => this.record(id)).filter((record) => !record.removed);
    for (const { id, state } of records) if (!finishedStates.has(state)) this.#endedByRemoval.add(id);
    this.cancel(records.map(({ id }) => id));
    for (const record of records) {
      if (record.state === 'setAside') this.#forget(record);
      record.removed = true;
      this.#session.delete(record.id);
      this.#dirty.delete(record.id);
    }
    this.#journal.save(records);
    this.#sort();
    const removed = records.map(({ id }) => id);
    if (removed.length > 0) this.#options.onRemoved(removed, this.summary());
    return removed;
  }

  /**
   * Takes what has ended off the list and out of the history, or puts it back into the history.
   *
   * @returns those that this was done to.
   */
  forget(ids: readonly string[], isForgotten = true): string[] {
    const records = ids
      .map((id) => this.record(id))
      .filter((record) => finishedStates.has(record.state) && record.forgotten !== isForgotten);
    for (const record of records) {
      record.forgotten = isForgotten;
      record.removed = true;
      this.#session.delete(record.id);
      this.#dirty.delete(record.id);
    }
    this.#journal.save(records);
    this.#sort();
    const changed = records.map(({ id }) => id);
    if (changed.length > 0) this.#options.onRemoved(changed, this.summary());
    return changed;
  }

  restore(ids: readonly string[]): void {
    const records = ids.map((id) => this.record(id)).filter((record) => record.removed);
    for (const record of records) {
      record.removed = false;
      record.forgotten = false;
      const ended = this.#endedByRemoval.delete(record.id);
      if (ended && record.state === 'cancelled') makeReady(record);
    }
    this.#sort();
    this.#changed(records);
  }

  reorder(ids: readonly string[], before: string | null): void {
    const moving = ids.map((id) => this.record(id));
    this.#changed(placeBefore(this.#order, moving, before === null ? null : this.record(before)));
    this.#sort();
  }

  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.#journal.setFact('paused', String(paused));
    for (const [id, running] of this.#running) {
      if (paused) running.gate.pause();
      else if (this.#records.get(id)?.state === 'running') running.gate.resume();
    }
    this.#schedule();
    this.#pump();
  }

  /** Puts what runs back into the queue and waits until it has let go. */
  async shutdown(): Promise<void> {
    this.#stopping = true;
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort(new Stopping('The engine is stopping.'));
    await Promise.all(running.map(({ settled }) => settled));
    clearTimeout(this.#timer);
    this.#flush();
  }

  #enqueue(records: readonly JobRecord[]): void {
    if (!this.#busy()) {
      this.#session.begin();
      this.#journal.setFact('session', String(Date.now()));
    }
    for (const record of records) {
      requeue(record, this.#kind(record).freeze(record));
      this.#session.add(record.id);
    }
    this.#changed(records);
    this.#pump();
  }

  #busy(): boolean {
    return this.#running.size > 0 || this.#order.some(({ state }) => state === 'queued');
  }

  /** Fills the free places. A job that was in hand when the engine died runs alone, to be sure whose fault it was. */
  #pump(): void {
    if (this.#stopping || this.#paused) return;
    const active = [...this.#running].filter(([, { gate }]) => !gate.shut).map(([id]) => this.record(id));
    if (active.some((record) => record.crashes > 0)) return;
    const free = new Map([...this.#kinds.values()].map((kind) => [kind.name, kind.slots]));
    for (const record of active) free.set(record.kind, (free.get(record.kind) ?? 0) - 1);
    for (const record of this.#order) {
      if (record.state !== 'queued' || (free.get(record.kind) ?? 0) <= 0) continue;
      if (record.crashes > 0 && active.length > 0) return;
      this.#begin(record);
      active.push(record);
      free.set(record.kind, (free.get(record.kind) ?? 0) - 1);
      if (record.crashes > 0) return;
      if ([...free.values()].every((slots) => slots <= 0)) return;
    }
  }

  #begin(record: JobRecord): void {
    record.state = 'running';
    record.attempts += 1;
    record.startedAt = Date.now();
    this.#changed([record]);
    const abort = new AbortController();
    const gate = new PauseGate();
    const running: Running = { abort, gate, progress: undefined, settled: this.#work(record, abort, gate) };
    this.#running.set(record.id, running);
  }

  async #work(record: JobRecord, abort: AbortController, gate: PauseGate): Promise<void> {
    // The map entry is set after this function was called; nothing below runs before that.
    await Promise.resolve();
    try {
      const result = await this.#kind(record).run(record, {
        jobId: record.id,
        signal: abort.signal,
        waitWhilePaused: () => gate.wait(abort.signal),
        report: (progress) => this.#report(record, progress),
        setPending: (pending) => {
          record.pending = pending;
          this.#journal.save([record]);
        },
      });
      record.result = result;
      finish(record, 'done');
    } catch (thrown) {
      if (abort.signal.reason instanceof Stopping) {
        record.state = record.state === 'paused' ? 'paused' : 'queued';
      } else if (abort.signal.aborted) finish(record, 'cancelled');
      else finish(record, 'failed', toErrorValue(thrown));
    }
    if (record.startedAt !== null) record.startedAt += gate.held;
    record.pending = null;
    this.#running.delete(record.id);
    this.#changed([record]);
    // Removed while it was in work, it is in the history only now.
    if (record.removed && !this.#stopping) this.#options.onRemoved([record.id], this.summary());
    this.#pump();
  }

  /** Nobody waits for it: what can't be cleared up is in nobody's way. */
  #forget(record: JobRecord): void {
    this.#kind(record)
      .forget?.(record)
      .catch(() => undefined);
  }

  #report(record: JobRecord, progress: JobProgress): void {
    const running = this.#running.get(record.id);
    if (!running) return;
    const fraction = Math.max(running.progress?.fraction ?? 0, progress.fraction);
    running.progress = { ...progress, fraction };
    this.#dirty.add(record.id);
    this.#schedule();
  }

  #changed(records: readonly JobRecord[]): void {
    if (records.length === 0) return;
    this.#journal.save(records);
    for (const record of records) if (!record.removed) this.#dirty.add(record.id);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#timer || this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#flush();
      if (this.#running.size > 0) this.#schedule();
    }, this.#options.interval ?? 100);
  }

  #flush(): void {
    const jobs = [...this.#dirty].map((id) => this.#view(this.record(id)));
    this.#dirty.clear();
    const summary = this.summary();
    for (let at = 0; at === 0 || at < jobs.length; at += mostInMessage) {
      this.#options.onChanged(jobs.slice(at, at + mostInMessage), summary);
    }
  }

  #view(record: JobRecord): Job {
    const progress = this.#running.get(record.id)?.progress;
    return { ...viewOf(record, progress), ...this.#kind(record).describe(record) };
  }

  #sort(): void {
    this.#order = [...this.#records.values()]
      .filter((record) => !record.removed)
      .sort((a, b) => a.position - b.position || a.addedAt - b.addedAt);
  }

  #kind(record: JobRecord): JobKind {
    const kind = this.#kinds.get(record.kind);
    if (!kind) throw new RefineryError('INTERNAL', `There is no kind of job named "${record.kind}".`);
    return kind;
  }
}

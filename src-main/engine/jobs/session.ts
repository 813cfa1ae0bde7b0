import { finishedStates, type QueueSummary } from '../../contract/jobs.ts';
import { Estimator, type Workload } from './estimate.ts';
import type { JobRecord } from './journal.ts';

/** What a session needs to know of its jobs. */
interface Look {
  record(id: string): JobRecord | undefined;
  weigh(record: JobRecord): number;
  /** 0 to 1, of a job in work. */
  fraction(id: string): number;
}

/** The jobs since the queue was last idle: the whole of which progress tells a part. */
export class Session {
  readonly #ids = new Set<string>();
  readonly #estimator = new Estimator();
  readonly #look: Look;

  constructor(look: Look) {
    this.#look = look;
  }

  /** The queue was idle and goes to work. */
  begin(): void {
    this.#ids.clear();
    this.#estimator.reset(Date.now(), this.#workload());
  }

  add(id: string): void {
    this.#ids.add(id);
  }

  delete(id: string): void {
    this.#ids.delete(id);
  }

  progress(paused: boolean): Pick<QueueSummary, 'fraction' | 'timeLeft' | 'rate'> {
    const workload = this.#workload();
    if (paused) this.#estimator.skip(Date.now(), workload);
    return this.#estimator.update(Date.now(), workload);
  }

  #workload(): Workload {
    let total = 0;
    let finished = 0;
    let finishedItems = 0;
    for (const id of this.#ids) {
      const record = this.#look.record(id);
      if (!record) continue;
      const weight = this.#look.weigh(record);
      total += weight;
      if (finishedStates.has(record.state)) {
        finished += weight;
        finishedItems += 1;
      } else finished += weight * this.#look.fraction(id);
    }
    return { total, finished, finishedItems };
  }
}

import type { QueueSummary } from '../../contract/jobs.ts';

/** Work that the person is waiting for, in the unit of the jobs' `work` (megapixels of result, megabytes). */
export interface Workload {
  /** Weight of all jobs that were started in this run of the queue. */
  readonly total: number;
  /** Weight that is finished, running jobs counted by their fraction. */
  readonly finished: number;
  readonly finishedItems: number;
}

/**
 * Tells rate and time left from how the finished weight grew. A half-life of some seconds follows changes of speed
 * without jumping about; the first three seconds tell nothing, because models are still being compiled.
 */
export class Estimator {
  readonly #halfLife: number;
  #begin: { at: number; items: number } | undefined;
  #last: { at: number; finished: number } | undefined;
  #speed: number | undefined;
  #fraction = 0;

  constructor(halfLife = 8_000) {
    this.#halfLife = halfLife;
  }

  /** Starts over: the queue went from idle to busy. */
  reset(now: number, workload: Workload): void {
    this.#begin = { at: now, items: workload.finishedItems };
    this.#last = { at: now, finished: workload.finished };
    this.#speed = undefined;
    this.#fraction = 0;
  }

  /** The clock stands still while the queue is paused. */
  skip(now: number, workload: Workload): void {
    if (this.#last) this.#last = { at: now, finished: workload.finished };
  }

  update(now: number, workload: Workload): Pick<QueueSummary, 'fraction' | 'timeLeft' | 'rate'> {
    if (!this.#begin || !this.#last) this.reset(now, workload);
    const begin = this.#begin!;
    const last = this.#last!;
    const elapsed = now - last.at;
    if (elapsed >= 250) {
      const speed = Math.max(0, workload.finished - last.finished) / elapsed;
      const keep = 0.5 ** (elapsed / this.#halfLife);
      this.#speed = this.#speed === undefined ? speed : this.#speed * keep + speed * (1 - keep);
      this.#last = { at: now, finished: workload.finished };
    }
    // New work makes the whole larger; the bar waits then instead of going back.
    const fraction = workload.total > 0 ? workload.finished / workload.total : 0;
    this.#fraction = Math.min(1, Math.max(this.#fraction, fraction));
    const running = now - begin.at;
    const items = workload.finishedItems - begin.items;
    const left = Math.max(0, workload.total - workload.finished);
    return {
      fraction: this.#fraction,
      timeLeft: running > 3_000 && this.#speed ? left / this.#speed : null,
      rate: running > 3_000 && items > 0 ? (items / running) * 60_000 : null,
    };
  }
}

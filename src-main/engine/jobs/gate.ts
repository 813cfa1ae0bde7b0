/** A door in front of work: open, or shut while the work is paused. */
export class PauseGate {
  #waiting: Array<() => void> = [];
  #shut = false;
  #held = 0;
  #since: number | undefined;

  get shut(): boolean {
    return this.#shut;
  }

  /** Milliseconds for which the work stood still at it. */
  get held(): number {
    return this.#held + (this.#since === undefined ? 0 : Date.now() - this.#since);
  }

  pause(): void {
    this.#shut = true;
  }

  resume(): void {
    this.#shut = false;
    this.#held = this.held;
    this.#since = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const pass of waiting) pass();
  }

  /** Resolves when the gate is open. Rejects with the signal's reason when it is aborted first. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    while (this.#shut) {
      this.#since ??= Date.now();
      await new Promise<void>((resolve, reject) => {
        const abort = (): void => reject(signal.reason);
        signal.addEventListener('abort', abort, { once: true });
        this.#waiting.push(() => {
          signal.removeEventListener('abort', abort);
          resolve();
        });
      });
    }
  }
}

import type { ErrorValue } from '../../contract/errors.ts';
import { toErrorValue } from '../../contract/errors.ts';
import type { PictureInfo } from '../../contract/upscale.ts';

export interface Inspected {
  readonly id: string;
  readonly picture: PictureInfo | null;
  readonly error: ErrorValue | null;
}

/** How many headers are read at once. */
const breadth = 4;

/** Milliseconds between two reports; a journal entry for each picture would cost more than reading its header. */
const interval = 100;

/** Reads the headers of pictures in the background, in the order in which they were added. */
export class Inspector {
  readonly #inspect: (path: string) => Promise<PictureInfo>;
  readonly #report: (inspected: Inspected[]) => void;
  #waiting: Array<{ id: string; path: string }> = [];
  #found: Inspected[] = [];
  #active = 0;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(inspect: (path: string) => Promise<PictureInfo>, report: (inspected: Inspected[]) => void) {
    this.#inspect = inspect;
    this.#report = report;
  }

  add(pictures: ReadonlyArray<{ id: string; path: string }>): void {
    this.#waiting.push(...pictures);
    while (this.#active < breadth && this.#waiting.length > 0) void this.#work();
  }

  close(): void {
    this.#closed = true;
    this.#waiting = [];
    clearTimeout(this.#timer);
    this.#flush();
  }

  async #work(): Promise<void> {
    this.#active += 1;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      const { id, path } = next;
      const inspected = await this.#inspect(path).then(
        (picture): Inspected => ({ id, picture, error: null }),
        (thrown: unknown): Inspected => ({ id, picture: null, error: toErrorValue(thrown) }),
      );
      if (this.#closed) break;
      this.#found.push(inspected);
      this.#timer ??= setTimeout(() => this.#flush(), interval);
    }
    this.#active -= 1;
  }

  #flush(): void {
    this.#timer = undefined;
    const found = this.#found;
    this.#found = [];
    if (found.length > 0) this.#report(found);
  }
}

/** A line without its end, and its number from 1. */
export interface Line {
  readonly text: string;
  readonly number: number;
}

/** Longest line that is kept waiting for its end; a log without line breaks would fill the memory. */
const longest = 4 << 20;

/**
 * Cuts appended bytes into lines. Bytes that aren't UTF-8 become U+FFFD; a character cut in two is put together.
 * A carriage return, which progress bars go back with, stays within its line.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: false });
  #rest: string[] = [];
  #restLength = 0;
  #number = 0;

  push(bytes: Uint8Array): Line[] {
    return this.#cut(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The last line, if it has no end. Nothing can be pushed after it. */
  finish(): Line[] {
    const lines = this.#cut(this.#decoder.decode());
    if (this.#restLength === 0) return lines;
    return [...lines, this.#line('')];
  }

  /** Whether a line has begun and not yet ended. */
  get pending(): boolean {
    return this.#restLength > 0;
  }

  #cut(text: string): Line[] {
    const parts = text.split('\n');
    const last = parts.pop() ?? '';
    const lines = parts.map((part) => this.#line(part));
    if (last !== '') {
      this.#rest.push(last);
      this.#restLength += last.length;
    }
    if (this.#restLength > longest) lines.push(this.#line(''));
    return lines;
  }

  #line(end: string): Line {
    const text = [...this.#rest, end].join('').replace(/\r+$/, '');
    this.#rest = [];
    this.#restLength = 0;
    this.#number++;
    return { text, number: this.#number };
  }
}

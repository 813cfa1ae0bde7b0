export type Dimension = number | [number, number];

interface Range {
  readonly min: number;
  /** -1 for no bound. */
  readonly max: number;
}

function parseDimension(text: string): Range {
  const part = text.trim();
  if (part === '?' || part === '-1') return { min: 0, max: -1 };
  if (/^\d+$/.test(part)) return { min: Number(part), max: Number(part) };
  const range = /^(\d*)\.\.(\d*)$/.exec(part);
  if (range && (range[1] || range[2])) {
    const min = range[1] ? Number(range[1]) : 0;
    const max = range[2] ? Number(range[2]) : -1;
    if (max === -1 || min <= max) return { min, max };
  }
  throw new Error(`Cannot parse dimension: ${JSON.stringify(text)}`);
}

/** A shape whose dimensions may be open: "1,3,?,10..20", "[1, -1]", "..." for any rank. */
export class PartialShape {
  /** `null` where even the rank is open. */
  readonly #dimensions: readonly Range[] | null;

  constructor(shape?: string) {
    if (shape !== undefined && typeof shape !== 'string') {
      throw new Error('Invalid argument. PartialShape is made from a string.');
    }
    const text = (shape ?? '')
      .trim()
      .replace(/^\[(.*)\]$/, '$1')
      .trim();
    if (text === '...') this.#dimensions = null;
    else this.#dimensions = text === '' ? [] : text.split(',').map(parseDimension);
  }

  static fromRanges(ranges: readonly Range[] | null): PartialShape {
    return new PartialShape(
      ranges === null
        ? '...'
        : ranges
            .map(({ min, max }) =>
              max === -1 ? (min === 0 ? '?' : `${min}..`) : min === max ? `${min}` : `${min}..${max}`,
            )
            .join(','),
    );
  }

  /** @internal For the C library's `ov_partial_shape_t`. */
  get ranges(): readonly Range[] | null {
    return this.#dimensions;
  }

  isStatic(): boolean {
    return this.#dimensions?.every(({ min, max }) => min === max) ?? false;
  }

  isDynamic(): boolean {
    return !this.isStatic();
  }

  toString(): string {
    if (this.#dimensions === null) return '[...]';
    const parts = this.#dimensions.map(({ min, max }) => {
      if (min === max) return String(min);
      return min === 0 && max === -1 ? '?' : `${min}..${max === -1 ? '' : max}`;
    });
    return `[${parts.join(',')}]`;
  }

  /** Each dimension as a number, or as [least, most] where it is open, with -1 for no bound at all. */
  getDimensions(): Dimension[] {
    return (this.#dimensions ?? []).map(({ min, max }): Dimension => {
      if (min === max) return min;
      return min === 0 && max === -1 ? -1 : [min, max];
    });
  }
}

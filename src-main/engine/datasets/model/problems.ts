/** Something in a set that could not be read or written as it stands. It never stops the rest. */
export interface Problem {
  /** Relative to the set's folder. */
  readonly file: string;
  /** Where in the file: `line 3`, `annotations[17]`, `item train/img_3`. Empty for the whole file. */
  readonly place: string;
  readonly reason: string;
}

/** Most problems that are kept one by one; a set can have millions, and all of the same kind. */
const most = 1000;

/** Most places of which it is known how many problems each has. */
const mostPlaces = 100_000;

/** Collects problems: the first of them as they are, and all of them counted by reason. */
export class ProblemLog {
  readonly #list: Problem[] = [];
  readonly #counts = new Map<string, number>();
  readonly #places = new Map<string, number>();
  #total = 0;
  #isClosed = false;

  add(file: string, place: string, reason: string): void {
    if (this.#isClosed) return;
    this.#total += 1;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#list.length < most) this.#list.push({ file, place, reason });
    const before = place === '' ? undefined : this.#places.get(place);
    if (before !== undefined) this.#places.set(place, before + 1);
    else if (place !== '' && this.#places.size < mostPlaces) this.#places.set(place, 1);
  }

  /** How many were told of a place; endless where there are too many places to know it. */
  toldOf(place: string): number {
    return this.#places.get(place) ?? (this.#places.size < mostPlaces ? 0 : Number.POSITIVE_INFINITY);
  }

  /** Adds those of another one, whose files are in a folder of another name. */
  addAll({ list, unlisted }: ProblemLog, folder: string): void {
    for (const { file, place, reason } of list) {
      this.add(file === '' ? folder : `${folder}/${file}`, place, reason);
    }
    for (const [reason, count] of unlisted) {
      this.#total += count;
      this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
    }
  }

  /** What is added from now on is known already: the same is read again. */
  close(): void {
    this.#isClosed = true;
  }

  get total(): number {
    return this.#total;
  }

  /** The first thousand. */
  get list(): readonly Problem[] {
    return this.#list;
  }

  get byReason(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Those that are in no {@link list}, by reason. */
  get unlisted(): ReadonlyMap<string, number> {
    const rest = new Map(this.#counts);
    for (const { reason } of this.#list) {
      const left = rest.get(reason)! - 1;
      if (left === 0) rest.delete(reason);
      else rest.set(reason, left);
    }
    return rest;
  }
}

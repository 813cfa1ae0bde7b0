import type { Item } from './types.ts';

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

const placeOf = ({ subset, id }: Pick<Item, 'subset' | 'id'>): string => `item ${subset}/${id}`;

/** Most items of which it is known how much each loses. */
const mostPlaces = 100_000;

/** Collects problems: the first of them as they are, and all of them counted by reason. */
export class ProblemLog {
  readonly #list: Problem[] = [];
  readonly #counts = new Map<string, number>();
  readonly #losses = new Map<string, number>();
  #total = 0;
  #isClosed = false;

  add(file: string, place: string, reason: string): void {
    if (this.#isClosed) return;
    this.#total += 1;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    if (this.#list.length < most) this.#list.push({ file, place, reason });
  }

  /** Adds one that costs an item an annotation: it is left out, or can't be told for what it was. */
  addLoss(item: Pick<Item, 'subset' | 'id'>, reason: string): void {
    const place = placeOf(item);
    this.add('', place, reason);
    const before = this.#losses.get(place);
    if (before !== undefined) this.#losses.set(place, before + 1);
    else if (this.#losses.size < mostPlaces) this.#losses.set(place, 1);
  }

  /** How many {@link addLoss} told of an item, as `<subset>/<id>`; endless where there are too many items to know it. */
  lossesOf(item: string): number {
    const most = this.#losses.size < mostPlaces ? 0 : Number.POSITIVE_INFINITY;
    return this.#losses.get(`item ${item}`) ?? most;
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

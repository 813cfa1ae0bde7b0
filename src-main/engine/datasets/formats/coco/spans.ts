/** Owner of an annotation that belongs to no picture. */
const nobody = -1;

/**
 * Where in an annotation file the annotations of each picture lie, in some twenty bytes an annotation. They can come in
 * any order, and before the pictures that they belong to.
 */
export class SpanIndex {
  readonly #pictureOf: number[] = [];
  readonly #numbers = new Map<unknown, number>();
  #count = 0;
  #owners = new Int32Array(1024);
  #places = new Float64Array(2048);
  /** For each picture, the place of its first annotation among the sorted ones. */
  #first = new Uint32Array(1);

  /** Says which picture a file's own number for one means. @returns false where it meant another one. */
  picture(key: unknown, picture: number): boolean {
    const number = this.#numberOf(key);
    const before = this.#pictureOf[number];
    this.#pictureOf[number] = picture;
    return before === undefined || before === picture;
  }

  /** Adds the next annotation of the file. @param key the file's number for its picture. */
  add(key: unknown, start: number, end: number): void {
    this.#add(this.#numberOf(key), start, end);
  }

  /** Counts one that can't be read, so that the others keep their numbers. */
  skip(): void {
    this.#add(nobody, 0, 0);
  }

  #add(owner: number, start: number, end: number): void {
    if (this.#count === this.#owners.length) {
      const [owners, places] = [this.#owners, this.#places];
      this.#owners = new Int32Array(2 * owners.length);
      this.#owners.set(owners);
      this.#places = new Float64Array(2 * places.length);
      this.#places.set(places);
    }
    this.#owners[this.#count] = owner;
    this.#places[2 * this.#count] = start;
    this.#places[2 * this.#count + 1] = end;
    this.#count += 1;
  }

  /** Sorts by pictures; call it once, after the last. @param onStray is called for annotations of no picture. */
  sort(pictures: number, onStray: (index: number) => void): void {
    const first = new Uint32Array(pictures + 1);
    for (let index = 0; index < this.#count; index += 1) {
      const owner = this.#owners[index]!;
      const picture = owner === nobody ? undefined : this.#pictureOf[owner];
      if (picture === undefined) {
        if (owner !== nobody) onStray(index);
        this.#owners[index] = nobody;
      } else {
        this.#owners[index] = picture;
        first[picture + 1]! += 1;
      }
    }
    for (let picture = 0; picture < pictures; picture += 1) first[picture + 1]! += first[picture]!;
    const sorted = new Float64Array(2 * first[pictures]!);
    const next = first.slice();
    for (let index = 0; index < this.#count; index += 1) {
      const owner = this.#owners[index]!;
      if (owner === nobody) continue;
      const at = 2 * next[owner]!++;
      sorted[at] = this.#places[2 * index]!;
      sorted[at + 1] = this.#places[2 * index + 1]!;
    }
    this.#first = first;
    this.#places = sorted;
    this.#owners = new Int32Array(0);
    this.#numbers.clear();
  }

  /** Start and end of each of a picture's annotations, in the order of the file. */
  of(picture: number): ArrayLike<number> {
    return this.#places.subarray(2 * (this.#first[picture] ?? 0), 2 * (this.#first[picture + 1] ?? 0));
  }

  #numberOf(key: unknown): number {
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#numbers.size);
    return this.#numbers.size - 1;
  }
}

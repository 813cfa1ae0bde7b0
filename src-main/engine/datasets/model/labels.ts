import type { Categories, Colour, LabelCategory, Skeleton } from './types.ts';

/**
 * Builds categories out of several files that may differ: what has the same name is the same class. Where one file has
 * a name twice (Roboflow's `fish` under `fish`), both stay, and the second of each file is the second of all.
 */
export class CategoryBuilder {
  readonly #labels: LabelCategory[] = [];
  readonly #indexOf = new Map<string, number[]>();
  readonly #skeletons = new Map<number, Skeleton>();
  readonly #colours = new Map<number, Colour>();
  readonly #attributes = new Set<string>();

  /** A scope is one file: within it, a name that comes again is another class. */
  scope(): (label: LabelCategory) => number {
    const seen = new Map<string, number>();
    return (label) => {
      const turn = seen.get(label.name) ?? 0;
      seen.set(label.name, turn + 1);
      return this.#at(label, turn);
    };
  }

  /** The index of a name, which is added where it is new. */
  named(name: string): number {
    return this.#at({ name, parent: '', attributes: [] }, 0);
  }

  find(name: string): number | undefined {
    return this.#indexOf.get(name)?.[0];
  }

  skeleton(label: number, skeleton: Skeleton): void {
    if (!this.#skeletons.has(label)) this.#skeletons.set(label, skeleton);
  }

  colour(label: number, colour: Colour): void {
    this.#colours.set(label, colour);
  }

  attribute(name: string): void {
    this.#attributes.add(name);
  }

  get size(): number {
    return this.#labels.length;
  }

  build(): Categories {
    return {
      labels: [...this.#labels],
      attributes: [...this.#attributes],
      skeletons: new Map(this.#skeletons),
      colours: new Map(this.#colours),
    };
  }

  #at(label: LabelCategory, turn: number): number {
    const indices = this.#indexOf.get(label.name) ?? [];
    this.#indexOf.set(label.name, indices);
    const index = indices[turn];
    if (index !== undefined) return index;
    indices.push(this.#labels.length);
    this.#labels.push(label);
    return this.#labels.length - 1;
  }
}

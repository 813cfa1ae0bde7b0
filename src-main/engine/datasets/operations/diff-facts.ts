import type { Annotation, Attributes, Infos } from '../model/index.ts';

/** Names whose values are different. */
export interface FactDifference {
  /** Of how many things. */
  readonly count: number;
  /** The first of the names. */
  readonly names: readonly string[];
}

const mostNames = 50;

/** What a format numbers or fills in by itself: it says nothing about a picture or an object. */
const isBookkeeping = (name: string, value: unknown): boolean =>
  name === 'id' || name === 'frame' || (name === 'is_crowd' && value === false);

/** Attributes as texts, each kept once: most annotations of a set say the same. */
export class Texts {
  readonly #known = new Map<string, string>();

  of(attributes: Attributes): string {
    const said = [...attributes].filter(([name, value]) => !isBookkeeping(name, value));
    if (said.length === 0) return '';
    const text = JSON.stringify(said.sort(([one], [other]) => (one < other ? -1 : 1)));
    const known = this.#known.get(text);
    if (known === undefined) this.#known.set(text, text);
    return known ?? text;
  }

  ofAll(annotations: readonly Annotation[]): readonly string[] {
    return annotations.map(({ attributes }) => this.of(attributes));
  }
}

/** Counts where texts of {@link Texts} differ. */
export class FactCounter {
  #count = 0;
  readonly #names = new Set<string>();

  /** @returns whether both are the same. */
  add(one: string, other: string): boolean {
    if (one === other) return true;
    this.#count += 1;
    const [before, after] = [one, other].map(valuesIn) as [Map<string, string>, Map<string, string>];
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      if (this.#names.size < mostNames && before.get(name) !== after.get(name)) this.#names.add(name);
    }
    return false;
  }

  result(): FactDifference {
    return { count: this.#count, names: [...this.#names] };
  }
}

function valuesIn(text: string): Map<string, string> {
  const pairs = text === '' ? [] : (JSON.parse(text) as [string, unknown][]);
  return new Map(pairs.map(([name, value]) => [name, JSON.stringify(value)]));
}

/** Names of what two sets say of themselves otherwise. */
export function changedInfos(one: Infos, other: Infos): string[] {
  const names = new Set([...one.keys(), ...other.keys()]);
  return [...names].filter((name) => JSON.stringify(one.get(name)) !== JSON.stringify(other.get(name)));
}

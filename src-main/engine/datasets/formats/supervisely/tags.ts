import { type AttributeValue, attributeValue, type Categories, field } from '../../model/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is known of a tag that was written. */
interface Known {
  readonly kind: 'none' | 'number' | 'text';
  onImages: boolean;
  onObjects: boolean;
}

/** A tag's value; one without a value says yes. */
export function valueIn(tag: Fields): AttributeValue {
  const value = attributeValue(field(tag, 'value') ?? true);
  return value === 'true' || value === 'false' ? value === 'true' : value;
}

/**
 * Tags of a set that is written. A tag has one kind of value, which its first value says: others become text, or, under a
 * tag of numbers, go to a second tag with `_text` behind its name.
 */
export class Tags {
  readonly #known = new Map<string, Known>();

  /**
   * A tag as it is written on a picture or an object.
   *
   * @param note is called where it comes back as something else.
   */
  of(
    name: string,
    value: AttributeValue,
    on: 'images' | 'objects',
    note: (reason: string) => void,
  ): object | null {
    if (value === null) {
      note('an attribute without a value has no place');
      return null;
    }
    const isNumber = typeof value === 'number' && Number.isFinite(value);
    const known = this.#mark(name, isNumber ? 'number' : 'text', on);
    if (known.kind === 'none') {
      note(`the attribute ${name} is called as a class that pictures have`);
      return null;
    }
    if (known.kind === 'number' && !isNumber) {
      note(`the attribute ${name} has numbers and texts, which become two`);
      return this.of(`${name}_text`, value, on, note);
    }
    if (known.kind === 'number') return { name, value };
    if (typeof value !== 'string' && typeof value !== 'boolean')
      note('numbers and lists become text in tags of text');
    if (value === 'true' || value === 'false') note('the texts true and false become yes and no');
    return { name, value: typeof value === 'string' ? value : JSON.stringify(value) };
  }

  /** A tag without a value: a class of a picture. */
  ofClass(name: string): object | null {
    return this.#mark(name, 'none', 'images').kind === 'none' ? { name } : null;
  }

  #mark(name: string, kind: Known['kind'], on: 'images' | 'objects'): Known {
    const known = this.#known.get(name) ?? { kind, onImages: false, onObjects: false };
    this.#known.set(name, known);
    if (on === 'images') known.onImages = true;
    else known.onObjects = true;
    return known;
  }

  /** The list in meta.json. What classes declare is listed, too. */
  meta({ labels, attributes }: Categories): object[] {
    for (const name of [...attributes, ...labels.flatMap((label) => label.attributes)]) {
      this.#mark(name, 'text', 'objects');
    }
    return [...this.#known].map(([name, { kind, onImages, onObjects }], id) => ({
      name,
      value_type: kind === 'none' ? 'none' : kind === 'number' ? 'any_number' : 'any_string',
      color: colourAt(id),
      id: id + 1,
      hotkey: '',
      applicable_type: onImages && onObjects ? 'all' : onImages ? 'imagesOnly' : 'objectsOnly',
      classes: attributes.includes(name)
        ? []
        : labels.filter((label) => label.attributes.includes(name)).map((label) => label.name),
    }));
  }
}

/** A colour for what has none, as Supervisely wants one of everything: far from those before it. */
export function colourAt(index: number): string {
  const hue = (index * 0.618_034) % 1;
  const part = (shift: number): number =>
    Math.round(255 * Math.min(1, Math.max(0, Math.abs((((hue + shift) * 6) % 6) - 3) - 1)));
  return hexOf([part(0), part(2 / 3), part(1 / 3)]);
}

export const hexOf = (colour: readonly number[]): string =>
  `#${colour.map((value) => value.toString(16).padStart(2, '0').toUpperCase()).join('')}`;

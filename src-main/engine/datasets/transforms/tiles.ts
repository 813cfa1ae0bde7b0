import type { Annotation, Item, Size } from '../model/index.ts';

/** What a tile says of its place, in Datumaro's names. */
export const tileNames = { source: 'tile_id', number: 'tile_idx', place: 'roi' } as const;

/** A rectangle of a picture, in whole pixels. */
export interface Place extends Size {
  readonly left: number;
  readonly top: number;
}

/** Where a tile begins is in its name, too: most formats keep nothing else of an item. */
export const tileId = (id: string, { left, top }: Place): string => `${id}_x${left}_y${top}`;

const named = /^(.+)_x(\d{1,6})_y(\d{1,6})$/;

/** The picture that a tile is of, and where it begins there: by its attributes, else by its name. Null for what is no tile. */
export function tileSource({
  id,
  attributes,
}: Item): { readonly id: string; readonly left: number; readonly top: number; readonly size?: Size } | null {
  const source = attributes.get(tileNames.source);
  const place = attributes.get(tileNames.place);
  if (typeof source === 'string' && Array.isArray(place) && place.length === 4) {
    const [left, top, width, height] = place.map(Number) as [number, number, number, number];
    const whole = [left, top, width, height].every(
      (value) => Number.isInteger(value) && value >= 0 && value < 1e6,
    );
    if (whole && width > 0 && height > 0) return { id: source, left, top, size: { width, height } };
  }
  const found = named.exec(id);
  return found === null ? null : { id: found[1]!, left: Number(found[2]), top: Number(found[3]) };
}

/** What a part in a tile was cut from. */
export interface Whole {
  readonly annotation: Annotation;
  /** Its turn among those of its picture. */
  readonly index: number;
}

/**
 * What parts were cut from, for as long as they are in memory: tiles that are put together in the run that cut them have
 * what they had, to the last digit. A part that is changed in between is another object, and is not found here.
 */
const wholes = new WeakMap<Annotation, Whole>();

/** A part by which its whole is found again. */
export function partOf(part: Annotation, whole: Whole): Annotation {
  // The same object may be in several items.
  const own = { ...part };
  wholes.set(own, whole);
  return own;
}

export const wholeOf = (part: Annotation): Whole | undefined => wholes.get(part);

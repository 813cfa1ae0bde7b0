import type { Categories, CategoryBuilder, Colour } from '../../model/index.ts';
import { vocColour } from '../voc/labels.ts';
import { oneLine } from './lines.ts';

/** A class as a list of classes for mask pictures has it. */
export interface ClassRow {
  readonly name: string;
  /** Null where the list has none. */
  readonly colour: Colour | null;
}

/** Lines `red green blue name`, of which the colour may be missing. Names may have spaces. */
export function parseClassRows(lines: readonly (readonly [number, string])[]): ClassRow[] {
  const rows: ClassRow[] = [];
  for (const [, line] of lines) {
    if (line.startsWith('#')) continue;
    const found = /^(\d{1,3})\s+(\d{1,3})\s+(\d{1,3})\s+(.+)$/.exec(line);
    const colour = found?.slice(1, 4).map(Number) as unknown as Colour | undefined;
    const usable = colour?.every((value) => value <= 255) === true;
    rows.push(usable ? { name: found![4]!, colour: colour! } : { name: line, colour: null });
  }
  return rows;
}

export const classRowsText = (rows: readonly ClassRow[]): string =>
  rows.map(({ name, colour }) => `${colour === null ? '' : colour.join(' ')} ${oneLine(name)}\n`).join('');

export const isBlack = (colour: Colour | null | undefined): boolean =>
  colour?.every((value) => value === 0) === true;

export const colourKey = ([red, green, blue]: Colour): number => (red << 16) | (green << 8) | blue;

/** Adds classes with their colours. Those that have none get VOC's for their place. Returns the label indices. */
export function addClasses(builder: CategoryBuilder, rows: readonly ClassRow[]): number[] {
  const taken = new Set(rows.flatMap(({ colour }) => (colour === null ? [] : [colourKey(colour)])));
  const add = builder.scope();
  return rows.map(({ name, colour }) => {
    const label = add({ name, parent: '', attributes: [] });
    builder.colour(label, colour ?? freeColour(label, taken));
    return label;
  });
}

/**
 * Classes as a mask picture can have them: each a colour of its own, and black for what belongs to no mask. Where the
 * set has no class for that, `background` is put first, and `shift` is what is added to a label index.
 */
export function paintedClasses({ labels, colours }: Categories): {
  readonly rows: readonly { readonly name: string; readonly colour: Colour }[];
  readonly shift: number;
} {
  const first = labels[0];
  const hasBackground = first !== undefined && (first.name === 'background' || isBlack(colours.get(0)));
  const shift = hasBackground ? 0 : 1;
  const names = [...(hasBackground ? [] : ['background']), ...labels.map(({ name }) => name)];
  const taken = new Set<number>();
  const rows = names.map((name, index) => {
    const own = index === 0 ? ([0, 0, 0] as const) : colours.get(index - shift);
    // Two classes of one colour could not be told apart any more.
    const colour = own === undefined || taken.has(colourKey(own)) ? freeColour(index, taken) : own;
    taken.add(colourKey(colour));
    return { name, colour };
  });
  return { rows, shift };
}

function freeColour(index: number, taken: Set<number>): Colour {
  let next = index;
  while (taken.has(colourKey(vocColour(next)))) next += 1;
  taken.add(colourKey(vocColour(next)));
  return vocColour(next);
}

import { open } from 'node:fs/promises';
import { inside } from '../../files/paths.ts';
import type { Colour } from '../../model/index.ts';
import { colourKey } from '../common/colours.ts';
import { csvRows } from '../common/csv.ts';
import { namesFile } from '../common/lines.ts';

/** Lists of names, a line for each value from 0 on. */
const nameLists = ['classes.txt', 'class_names.txt', 'labels.txt', 'codes.txt'];

/** Tables `name,r,g,b`. */
const colourTables = ['class_dict.csv', 'class_dict_seg.csv', 'classes.csv'];

/** What a set says of its classes: names by values, or by colours. */
export interface ClassList {
  readonly byNumber: readonly string[];
  readonly byColour: ReadonlyMap<number, { readonly name: string; readonly colour: Colour }>;
}

/** The names in a list at the top of the set, or in a table with colours. */
export async function classList(folder: string, tops: readonly string[]): Promise<ClassList> {
  const list = nameLists.find((name) => tops.includes(name));
  const byNumber = list === undefined ? [] : ((await namesFile(folder, list)) ?? []);
  const byColour = new Map<number, { name: string; colour: Colour }>();
  const table = colourTables.find((name) => tops.includes(name));
  if (table !== undefined) {
    for await (const { fields } of csvRows(inside(folder, table), () => undefined, [])) {
      const colour = fields.slice(1, 4).map(Number) as unknown as Colour;
      const isColour =
        colour.length === 3 && colour.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
      if (isColour && fields[0] !== undefined) byColour.set(colourKey(colour), { name: fields[0], colour });
    }
  }
  return { byNumber, byColour };
}

export const isBackground = (name: string): boolean =>
  /^(back_?ground|void|unlabell?ed|_background_)$/i.test(name);

/** Most bytes in front of a PNG's pixels that are looked at. */
const mostHead = 64 * 1024;

/** The palette of a PNG, by the keys of its colours; null for one without. See the PNG specification, PLTE. */
export async function paletteOf(path: string): Promise<ReadonlyMap<number, number> | null> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(mostHead), 0, mostHead, 0);
    const bytes = buffer.subarray(0, bytesRead);
    if (bytes.subarray(0, 4).toString('latin1') !== '\x89PNG' || bytes[25] !== 3) return null;
    for (let at = 8; at + 12 <= bytes.length; ) {
      const length = bytes.readUInt32BE(at);
      const type = bytes.toString('latin1', at + 4, at + 8);
      if (type === 'PLTE') return indicesOf(bytes.subarray(at + 8, at + 8 + length));
      if (type === 'IDAT') return null;
      at += 12 + length;
    }
    return null;
  } finally {
    await file.close();
  }
}

function indicesOf(colours: Uint8Array): ReadonlyMap<number, number> {
  const indices = new Map<number, number>();
  for (let at = 0; at + 2 < colours.length; at += 3) {
    const key = colourKey([colours[at]!, colours[at + 1]!, colours[at + 2]!]);
    if (!indices.has(key)) indices.set(key, at / 3);
  }
  return indices;
}

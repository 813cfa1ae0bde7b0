import { listIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { noteFile } from '../../files/notes.ts';
import type { OutputFolder } from '../../files/output.ts';
import { inside } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { type Colour, field, isRecord, type LabelCategory } from '../../model/index.ts';
import type { ClassRow } from './colours.ts';

export const metaFile = 'dataset_meta.json';

/**
 * Class names in their order from Datumaro's `dataset_meta.json`: `{"label_map": {"0": "cat", …}}`. Formats that have
 * no list of their own take it, so that classes without an object and the numbers of the others survive.
 */
export async function readMeta(folder: string): Promise<string[] | null> {
  return (await readMetaRows(folder))?.map(({ name }) => name) ?? null;
}

/** The same with the classes' colours in mask pictures, `{"segmentation_colors": [[0, 0, 0], …]}` in the classes' order. */
export async function readMetaRows(folder: string): Promise<ClassRow[] | null> {
  const text = await listIfThere(inside(folder, metaFile));
  if (text === undefined || !/\S/.test(text)) return null;
  try {
    const parsed = parseLenient(text);
    const map = isRecord(parsed) ? field(parsed, 'label_map') : undefined;
    if (!isRecord(map)) return null;
    const entries = Object.entries(map).filter(
      ([key, name]) => /^\d+$/.test(key) && typeof name === 'string',
    );
    const colours = isRecord(parsed) ? field(parsed, 'segmentation_colors') : undefined;
    const names = entries.sort(([a], [b]) => Number(a) - Number(b)).map(([, name]) => name as string);
    return names.map((name, index) => ({
      name,
      colour: Array.isArray(colours) ? colourOf(colours[index]) : null,
    }));
  } catch (thrown) {
    noteFile(inside(folder, metaFile), reasonOf(thrown));
    return null;
  }
}

function colourOf(value: unknown): Colour | null {
  const usable =
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((part) => Number.isInteger(part) && part >= 0 && part < 256);
  return usable ? (value as unknown as Colour) : null;
}

export function metaText(rows: readonly { readonly name: string; readonly colour: Colour }[]): string {
  return `${JSON.stringify({
    label_map: Object.fromEntries(rows.map(({ name }, index) => [String(index), name])),
    segmentation_colors: rows.map(({ colour }) => colour),
  })}\n`;
}

export async function writeMeta(
  output: OutputFolder,
  labels: readonly Pick<LabelCategory, 'name'>[],
): Promise<void> {
  const map = Object.fromEntries(labels.map(({ name }, index) => [String(index), name]));
  await output.text(metaFile, `${JSON.stringify({ label_map: map })}\n`);
}

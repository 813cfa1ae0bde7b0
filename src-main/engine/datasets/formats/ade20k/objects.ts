import { readText, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { type AttributeValue, field, isRecord, numberOf, wholeOf } from '../../model/index.ts';

/** An object of a picture, or a part of one. */
export interface AdeObject {
  readonly id: number;
  /** 0 for an object, 1 for a part of one, 2 for a part of a part. */
  readonly level: number;
  readonly name: string;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
  /** x0, y0, x1, y1, …; empty where there is none. */
  readonly ring: readonly number[];
  /** Its own mask picture, beside the picture. */
  readonly mask: string | null;
}

type Complain = (file: string, place: string, reason: string) => void;

const attributesFrom = (names: readonly string[], occluded: boolean): Map<string, AttributeValue> =>
  new Map<string, AttributeValue>([...names.map((name) => [name, true] as const), ['occluded', occluded]]);

/** Deepest level of parts; there are five in ADE20K. */
const deepest = 16;

/** `id # level # occluded # class # raw name # "attribute, attribute"` on each line of `<picture>_atr.txt`. */
export async function objectsOf2017(
  folder: string,
  picture: string,
  complain: Complain,
): Promise<AdeObject[]> {
  const file = `${stemOf(picture)}_atr.txt`;
  const text = await textIfThere(inside(folder, file));
  if (text === undefined) {
    complain(picture, '', 'there is no list of its objects');
    return [];
  }
  const objects: AdeObject[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const columns = line.split('#').map((column) => column.trim());
    const [id, level, occluded] = columns.slice(0, 3).map((column) => wholeOf(column, -1)) as [
      number,
      number,
      number,
    ];
    const quoted = /^"(.*)"$/.exec(columns[5] ?? '');
    if (
      columns.length !== 6 ||
      quoted === null ||
      id < 0 ||
      level < 0 ||
      level > deepest ||
      columns[4] === ''
    ) {
      complain(
        file,
        `line ${index + 1}`,
        'the line has not six columns with numbers, a class and attributes in quotes',
      );
      continue;
    }
    const names = quoted[1]!
      .split(',')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const attributes = attributesFrom(names, occluded === 1);
    objects.push({ id, level, name: columns[4]!, attributes, ring: [], mask: null });
  }
  return objects;
}

/** `{"annotation": {"object": [{"id", "raw_name", "parts": {"part_level"}, "polygon": {"x", "y"}, …}]}}`. */
export async function objectsOf2020(
  folder: string,
  picture: string,
  complain: Complain,
): Promise<AdeObject[]> {
  const file = `${stemOf(picture)}.json`;
  const parsed = parseLenient(await readText(inside(folder, file)));
  const annotation = isRecord(parsed) ? field(parsed, 'annotation') : undefined;
  const listed = isRecord(annotation) ? field(annotation, 'object') : undefined;
  // A single object stands without brackets: the files are made by MATLAB.
  const all: unknown[] = Array.isArray(listed) ? listed : isRecord(listed) ? [listed] : [];
  const objects: AdeObject[] = [];
  for (const [index, object] of all.entries()) {
    const name = isRecord(object) ? field(object, 'raw_name') : undefined;
    if (!isRecord(object) || typeof name !== 'string') {
      complain(file, `object[${index}]`, 'an object has no name');
      continue;
    }
    const parts = field(object, 'parts');
    const given = field(object, 'attributes');
    const names = (Array.isArray(given) ? given : [given]).filter(
      (entry) => typeof entry === 'string' && entry !== '',
    );
    const mask = field(object, 'instance_mask');
    objects.push({
      id: wholeOf(field(object, 'id'), 0),
      level: Math.min(deepest, Math.max(0, wholeOf(isRecord(parts) ? field(parts, 'part_level') : 0, 0))),
      name,
      attributes: attributesFrom(names as string[], field(object, 'occluded') === 'yes'),
      ring: ringOf(field(object, 'polygon')),
      mask: typeof mask === 'string' ? safeRelative(mask) : null,
    });
  }
  return objects;
}

function ringOf(polygon: unknown): number[] {
  if (!isRecord(polygon)) return [];
  const [xs, ys] = [field(polygon, 'x'), field(polygon, 'y')];
  if (!Array.isArray(xs) || !Array.isArray(ys) || xs.length !== ys.length) return [];
  return xs.flatMap((x, index) => [numberOf(x), numberOf(ys[index])]);
}

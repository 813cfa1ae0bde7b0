import { RefineryError } from '../../../../contract/errors.ts';
import { listIfThere, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, numberOf, ProblemLog, type Size } from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';
import { readMeta } from '../common/meta.ts';
import { boxBetween, imageItem, Pictures, plainShape, take } from '../common/read.ts';

export const classFile = 'annotations/ava_action_list_v2.2.pbtxt';

/** Numbers of a row: four of the box, the action, the person, and the line. */
const perBox = 7;

/** Most numbers of actions that names are made up for. */
const mostActions = 10_000;

/** Reads `annotations/ava_<subset>_v2.2.csv`: `video, second, left, top, right, bottom, action, person`. */
export async function readAva(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files = (await namesIn(inside(folder, 'annotations'))).filter((name) => /^ava_.+\.csv$/.test(name));
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no table annotations/ava_….csv in ${folder}.`);
  const builder = new CategoryBuilder();
  const labels = await readActions(folder, files, builder, problems);
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const name of files) {
        const file = `annotations/${name}`;
        const subset = stemOf(name)
          .replace(/^ava_/, '')
          .replace(/_v\d+\.\d+$/, '');
        for (const [id, numbers] of await rowsOf(folder, file, problems)) {
          options.signal?.throwIfAborted();
          const stem = pictureStem(id);
          const picture = (await pictures.find(stem)) ?? `${stem}.jpg`;
          const size = await pictureSize(inside(folder, picture));
          const annotations: Annotation[] = [];
          for (let at = 0; at < numbers.length; at += perBox) {
            const line = numbers[at + perBox - 1]!;
            take(toBox(numbers.slice(at, at + perBox), labels, size), annotations, (reason) =>
              problems.add(file, `line ${line}`, reason),
            );
          }
          yield await imageItem(folder, picture, { id, subset, annotations }, size);
        }
      }
    },
  };
}

/** Where a picture lies: `frames/<video>/<video>_<second>`. */
export function pictureStem(id: string): string {
  const video = id.includes('/') ? id.slice(0, id.lastIndexOf('/')) : id;
  return `frames/${video}/${id.replaceAll('/', '_')}`;
}

/** Rows of one picture together, whatever the table's order. Rows without a box only name a picture. */
async function rowsOf(folder: string, file: string, problems: ProblemLog): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>();
  const complain = (line: number, reason: string): void => problems.add(file, `line ${line}`, reason);
  for await (const { fields, line } of csvRows(inside(folder, file), complain, [])) {
    // Datumaro leaves the second out where an item has none.
    const named = fields.length === 7 || fields.length === 1 ? 1 : 2;
    const id = safeRelative(
      fields
        .slice(0, named)
        .filter((text) => text !== '')
        .join('/'),
    );
    if (id === null || (fields.length > 2 && fields.length < 7)) {
      complain(line, "the row has no picture and box, or a path that leaves the set's folder");
      continue;
    }
    const numbers = found.get(id) ?? [];
    found.set(id, numbers);
    const values = fields.slice(named, named + perBox - 1);
    if (values.length > 0)
      numbers.push(...Array.from({ length: perBox - 1 }, (_, at) => numberOf(values[at] ?? '0')), line);
  }
  return found;
}

/** AVA's own numbers are parts of the picture, Datumaro's are pixels. */
function toBox(
  numbers: readonly number[],
  labels: ReadonlyMap<number, number>,
  size: Size | null,
): Annotation | string {
  const [left, top, right, bottom, action, person] = numbers as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const label = labels.get(action);
  if (label === undefined) return 'there is no action of this number';
  const parts = [left, top, right, bottom].every((value) => value >= 0 && value <= 1);
  if (parts && size === null) return 'the size of the picture is not known, and the numbers are parts of it';
  const [x, y] = parts && size !== null ? [size.width, size.height] : [1, 1];
  const attributes = new Map([['track_id', person]]);
  return boxBetween(plainShape(label, attributes), left * x, top * y, right * x, bottom * y);
}

/** `label { name: "bow" label_id: 1 }`, or AVA's `item { name: "bow" id: 1 }`. Without it, the numbers are the names. */
async function readActions(
  folder: string,
  files: readonly string[],
  builder: CategoryBuilder,
  problems: ProblemLog,
): Promise<ReadonlyMap<number, number>> {
  const labels = new Map<number, number>();
  const add = builder.scope();
  const names = await namesIn(inside(folder, 'annotations'));
  const list = names.find((name) => name.endsWith('.pbtxt'));
  const text = list === undefined ? undefined : await listIfThere(inside(folder, `annotations/${list}`));
  for (const [, block = ''] of (text ?? '').matchAll(
    /\b(?:label|item)\s*\{((?:[^{}"]|"(?:[^"\\]|\\.)*")*)\}/g,
  )) {
    const name = /\bname\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(block)?.[1]?.replace(/\\(.)/g, '$1') ?? '';
    // 0 is left out where it is written by protobuf.
    const id = Number(/\b(?:label_)?id\s*:\s*(\d+)/.exec(block)?.[1] ?? 0);
    if (!labels.has(id)) labels.set(id, add({ name, parent: '', attributes: [], sourceId: id }));
  }
  if (labels.size > 0) return labels;
  for (const [id, name] of ((await readMeta(folder)) ?? []).entries())
    labels.set(id, add({ name, parent: '', attributes: [] }));
  if (labels.size > 0) return labels;
  problems.add(classFile, '', 'there are no names of actions; their numbers are taken');
  let highest = -1;
  for (const file of files) {
    for (const numbers of (await rowsOf(folder, `annotations/${file}`, new ProblemLog())).values()) {
      for (let at = 4; at < numbers.length; at += perBox) highest = Math.max(highest, numbers[at]!);
    }
  }
  for (let id = 0; id <= Math.min(highest, mostActions); id += 1) {
    labels.set(id, add({ name: String(id), parent: '', attributes: [] }));
  }
  return labels;
}

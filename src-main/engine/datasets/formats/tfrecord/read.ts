import { createReadStream } from 'node:fs';
import { RefineryError } from '../../../../contract/errors.ts';
import { RecordReader } from '../../../io/tfrecord.ts';
import { filesUnder, listIfThere, pictureSize } from '../../files/folder.ts';
import { emptyFile, noteFile } from '../../files/notes.ts';
import {
  endingOf,
  fileNameOf,
  folderOf,
  inside,
  isPicture,
  safeRelative,
  stemOf,
} from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  type Item,
  noAttributes,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { readMeta } from '../common/meta.ts';
import { InnerPictures } from '../common/pictures.ts';
import { boxBetween, isSubsetName, plainShape, take } from '../common/read.ts';
import { type Example, readExample } from './example.ts';
import { parseLabelMap } from './labels.ts';
import { isRecordFile } from './names.ts';

const chunk = 4 * 1024 * 1024;

const texts = (example: Example, name: string): string[] => {
  const feature = example.get(name);
  return feature !== undefined && 'bytes' in feature
    ? feature.bytes.map((bytes) => Buffer.from(bytes).toString())
    : [];
};
const numbers = (example: Example, name: string): readonly number[] => {
  const feature = example.get(name);
  return feature === undefined || 'bytes' in feature
    ? []
    : 'floats' in feature
      ? feature.floats
      : feature.integers;
};

/** Attributes of boxes by their features; the first is a flag. */
export const flags = [
  ['difficult', 'image/object/difficult'],
  ['truncated', 'image/object/truncated'],
  ['is_crowd', 'image/object/is_crowd'],
] as const;

type Complain = (file: string, place: string, reason: string) => void;

/** Reads records of pictures with boxes, and the names of classes in a `.pbtxt` beside them. */
export async function readTfrecord(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files: string[] = [];
  const names = new Map<number, string>();
  for await (const file of filesUnder(folder)) {
    if (isRecordFile(file)) files.push(file);
    if (!file.endsWith('.pbtxt')) continue;
    for (const [id, name] of parseLabelMap((await listIfThere(inside(folder, file))) ?? ''))
      if (!names.has(id)) names.set(id, name);
  }
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file of records in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  for (const [, name] of [...names].sort(([a], [b]) => a - b)) builder.named(name);
  if (names.size === 0) {
    // Without a list the names stand in the records, which are read for them once.
    const found = new Set<string>();
    for (const file of files) {
      for await (const [, example] of examplesIn(folder, file, () => undefined, options.signal)) {
        for (const name of classNames(example, names)) if (name !== '') found.add(name);
      }
    }
    for (const name of [...found].sort()) builder.named(name);
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const taken = new Set<string>();
      const complain: Complain = (file, place, reason) => problems.add(file, place, reason);
      for (const file of files) {
        const pictures = new InnerPictures(inside(folder, file));
        for await (const [index, example] of examplesIn(folder, file, complain, options.signal)) {
          const told = (reason: string): void => complain(file, `record ${index}`, reason);
          yield await itemOf(file, index, example, names, pictures, builder, taken, told);
        }
      }
    },
  };
}

async function* examplesIn(
  folder: string,
  file: string,
  complain: Complain,
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly [index: number, example: Example]> {
  const reader = new RecordReader();
  let index = 0;
  let isEmpty = true;
  try {
    for await (const bytes of createReadStream(inside(folder, file), { highWaterMark: chunk })) {
      isEmpty = false;
      const ready: Uint8Array[] = [];
      // The reader takes its bytes back.
      reader.push(bytes as Buffer, (data) => ready.push(data.slice()));
      for (const data of ready) {
        signal?.throwIfAborted();
        let example: Example | undefined;
        try {
          example = readExample(data);
        } catch (thrown) {
          complain(file, `record ${index}`, reasonOf(thrown, 'the record is damaged'));
        }
        if (example !== undefined) yield [index, example];
        index += 1;
      }
    }
    if (isEmpty) noteFile(inside(folder, file), emptyFile);
    for (const { message } of reader.problems()) complain(file, '', message);
  } catch (thrown) {
    signal?.throwIfAborted();
    complain(file, '', reasonOf(thrown));
  }
}

/** `train-00000-of-00010.tfrecord`, `train.record-00000-of-00010`, or `train/Cats.tfrecord`, as Roboflow has it. */
function subsetOf(file: string): string {
  const name = fileNameOf(file).replace(/[-_.].*$/, '');
  const above = folderOf(file).split('/').at(-1) ?? '';
  return isSubsetName(name) ? name : isSubsetName(above) ? above : 'default';
}

/** Names of the classes of boxes and of the picture, in that order. */
function classNames(example: Example, names: ReadonlyMap<number, string>): string[] {
  const given = (start: string): string[] => {
    const own = texts(example, `${start}/text`);
    if (own.length > 0) return own;
    return numbers(example, `${start}/label`).map((id) => names.get(id) ?? String(id));
  };
  return [...given('image/object/class'), ...given('image/class')];
}

async function itemOf(
  file: string,
  index: number,
  example: Example,
  names: ReadonlyMap<number, string>,
  pictures: InnerPictures,
  builder: CategoryBuilder,
  taken: Set<string>,
  complain: (reason: string) => void,
): Promise<Item> {
  const subset = subsetOf(file);
  const named = safeRelative(texts(example, 'image/filename')[0] ?? '');
  let id = named === null ? `${stemOf(fileNameOf(file))}_${index}` : isPicture(named) ? stemOf(named) : named;
  for (let turn = 2; taken.has(`${subset}/${id}`); turn += 1) id = `${stemOf(named ?? id)}_${turn}`;
  taken.add(`${subset}/${id}`);
  const encoded = example.get('image/encoded');
  const bytes = encoded !== undefined && 'bytes' in encoded ? encoded.bytes[0] : undefined;
  let [width = 0] = numbers(example, 'image/width');
  let [height = 0] = numbers(example, 'image/height');
  let media: Item['media'] = null;
  if (bytes === undefined || bytes.length === 0) complain('there is no picture in the record');
  else {
    const kind = (texts(example, 'image/format')[0] ?? '').toLowerCase() === 'png' ? '.png' : '.jpg';
    const ending = named !== null && isPicture(named) ? endingOf(named) : kind;
    const path = await pictures.at(`${subset}/${id}${ending}`, () => bytes);
    const size = await pictureSize(path);
    if (!(width > 0 && height > 0) && size !== null) ({ width, height } = size);
    media = { kind: 'image', path, size };
  }
  const annotations = annotationsOf(example, names, { width, height }, builder, complain);
  return { id, subset, media, attributes: noAttributes, annotations };
}

function annotationsOf(
  example: Example,
  names: ReadonlyMap<number, string>,
  { width, height }: Size,
  builder: CategoryBuilder,
  complain: (reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  const [left, right, top, bottom] = ['xmin', 'xmax', 'ymin', 'ymax'].map((side) =>
    numbers(example, `image/object/bbox/${side}`),
  ) as [readonly number[], readonly number[], readonly number[], readonly number[]];
  const classes = classNames(example, names);
  const labelOf = (name: string | undefined): number | null => {
    const label = name === undefined || name === '' ? undefined : builder.find(name);
    if (label === undefined && name !== undefined && name !== '') complain(`there is no class ${name}`);
    return label ?? null;
  };
  const poses = texts(example, 'image/object/view');
  for (const [index, x] of left.entries()) {
    const attributes = new Map<string, AttributeValue>();
    for (const [name, key] of flags) {
      const value = numbers(example, key)[index];
      if (value !== undefined) attributes.set(name, value === 1);
    }
    if (poses[index] !== undefined && poses[index] !== '') attributes.set('pose', poses[index]);
    const shape = plainShape(labelOf(classes[index]), attributes, index);
    const corners = [
      x * width,
      (top[index] ?? Number.NaN) * height,
      (right[index] ?? Number.NaN) * width,
      (bottom[index] ?? Number.NaN) * height,
    ] as const;
    const made =
      width > 0 && height > 0
        ? boxBetween(shape, ...corners)
        : "the picture's size is not known, and boxes are parts of it";
    take(made, annotations, complain);
  }
  for (const name of classes.slice(left.length)) {
    const label = labelOf(name);
    if (label !== null) annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
  }
  return annotations;
}

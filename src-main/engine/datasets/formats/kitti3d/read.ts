import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  noAttributes,
  ProblemLog,
} from '../../model/index.ts';
import { ownLines } from '../common/lines.ts';
import { boxBetween, foldersIn, imageItem, Pictures, plainShape, take } from '../common/read.ts';
import { splitLine } from '../kitti/lines.ts';

/** The classes of the benchmark, which Datumaro always has. */
const usual = [
  'DontCare',
  'Car',
  'Pedestrian',
  'Van',
  'Truck',
  'Cyclist',
  'Sitter',
  'Train',
  'Motorcycle',
  'Bus',
  'Misc',
];

const declared = ['truncated', 'occluded', 'alpha', 'dimensions', 'location', 'rotation_y'];

/**
 * Reads `label_2/[<subset>/]<picture>.txt`: boxes in the picture whose attributes say where the object is in space, in
 * metres before the camera. What takes the one to the other is in the item's `calib_path`.
 */
export async function readKitti3d(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  if (!(await isFolder(inside(folder, 'label_2')))) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder label_2 in ${folder}.`);
  }
  const subsets = await foldersIn(inside(folder, 'label_2'));
  const parts = subsets.length === 0 ? [''] : subsets.map((name) => `/${name}`);
  const builder = new CategoryBuilder();
  for (const name of usual) builder.named(name);
  for (const name of declared) builder.attribute(name);
  const texts = async function* (part: string): AsyncGenerator<string> {
    for await (const file of filesUnder(folder, `label_2${part}`)) if (file.endsWith('.txt')) yield file;
  };
  for (const part of parts) {
    for await (const file of texts(part)) {
      for (const [, line] of await ownLines(folder, file)) {
        const name = splitLine(line)?.name;
        if (name !== undefined) builder.named(name);
      }
    }
  }
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const part of parts) {
        for await (const file of texts(part)) {
          options.signal?.throwIfAborted();
          const id = file.slice(`label_2${part}/`.length, -'.txt'.length);
          const annotations: Annotation[] = [];
          for (const [index, [number, line]] of (await ownLines(folder, file)).entries()) {
            const found = splitLine(line);
            const made = found === null ? 'the line has neither 14 nor 15 numbers' : undefined;
            take(made ?? toBox(found!.values, builder.find(found!.name)!, index), annotations, (reason) =>
              problems.add(file, `line ${number}`, reason),
            );
          }
          const stem = `image_2${part}/${id}`;
          const calibration = inside(folder, `calib${part}/${id}.txt`);
          const attributes = (await isFile(calibration))
            ? new Map([['calib_path', calibration]])
            : noAttributes;
          const item = { id, subset: part === '' ? 'default' : part.slice(1), annotations };
          yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.png`, item, null, attributes);
        }
      }
    },
  };
}

function toBox(values: readonly number[], label: number, index: number): Annotation {
  const [truncated, occluded, alpha, left, top, right, bottom] = values as readonly [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const attributes = new Map<string, AttributeValue>([
    ['truncated', truncated],
    ['occluded', occluded],
    ['alpha', alpha],
    ['dimensions', values.slice(7, 10)],
    ['location', values.slice(10, 13)],
    ['rotation_y', values[13]!],
  ]);
  if (values.length > 14) attributes.set('score', values[14]!);
  return boxBetween(plainShape(label, attributes, index), left, top, right, bottom);
}

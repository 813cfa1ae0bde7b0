import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type Item,
  type LabelCategory,
  noAttributes,
  ProblemLog,
} from '../../model/index.ts';
import { readMeta } from '../common/meta.ts';
import { PickledArray, unpickleDictionary } from '../common/pickle.ts';
import { InnerPictures, pngOf } from '../common/pictures.ts';

/** CIFAR-10's classes. */
const usual = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];

/** The side of CIFAR's pictures. */
export const side = 32;

/** Files without an ending besides the ones with the classes: a subset each. */
export const batchesIn = (names: readonly string[]): string[] =>
  names.filter((name) => !/[.~]/.test(name) && name !== 'meta').sort();

const list = (value: unknown): readonly unknown[] =>
  value instanceof PickledArray ? [...value.values] : Array.isArray(value) ? value : [];
const texts = (value: unknown): string[] =>
  list(value).map((entry) => (entry instanceof Uint8Array ? Buffer.from(entry).toString() : String(entry)));

/** Reads `batches.meta` (or `meta`, CIFAR-100) with the classes and the batches beside it. */
export async function readCifar(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const batches = batchesIn(await namesIn(folder));
  if (batches.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no batch in ${folder}.`);
  const { names, above } = await readNames(folder, problems);
  const labels: LabelCategory[] = names.map((name) => ({ name, parent: '', attributes: [] }));
  if (above.length > 0) await addParents(folder, batches, labels, above);
  return {
    categories: { labels, attributes: [], skeletons: new Map(), colours: new Map() },
    media: 'image',
    problems,
    async *items() {
      for (const batch of batches) {
        try {
          yield* itemsOf(folder, batch, labels.length, problems, options.signal);
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(batch, '', reasonOf(thrown));
        }
      }
    },
  };
}

async function readNames(
  folder: string,
  problems: ProblemLog,
): Promise<{ names: string[]; above: string[] }> {
  const meta = await readMeta(folder);
  if (meta !== null) return { names: meta, above: [] };
  for (const name of ['batches.meta', 'meta']) {
    if (!(await isFile(inside(folder, name)))) continue;
    try {
      const known = await unpickleDictionary(inside(folder, name));
      const names = texts(known.get('label_names') ?? known.get('fine_label_names'));
      if (names.length > 0) return { names, above: texts(known.get('coarse_label_names')) };
    } catch (thrown) {
      problems.add(name, '', reasonOf(thrown));
    }
  }
  problems.add('batches.meta', '', 'there are no names of classes; those of CIFAR-10 are taken');
  return { names: usual, above: [] };
}

/** CIFAR-100 says with each picture which class is above its class. */
async function addParents(
  folder: string,
  batches: readonly string[],
  labels: LabelCategory[],
  above: readonly string[],
): Promise<void> {
  for (const batch of batches) {
    // What is wrong with a batch is told when its pictures are read.
    const known = await unpickleDictionary(inside(folder, batch)).catch(() => new Map<string, unknown>());
    const [fine, coarse] = [list(known.get('fine_labels')), list(known.get('coarse_labels'))];
    for (const [index, label] of fine.entries()) {
      const own = labels[Number(label)];
      const parent = above[Number(coarse[index] ?? -1)];
      if (own?.parent === '' && parent !== undefined) labels[Number(label)] = { ...own, parent };
    }
  }
}

async function* itemsOf(
  folder: string,
  batch: string,
  classes: number,
  problems: ProblemLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  const path = inside(folder, batch);
  const known = await unpickleDictionary(path);
  const names = texts(known.get('filenames'));
  const given = list(known.get('labels') ?? known.get('fine_labels'));
  const sizes = list(known.get('image_sizes'));
  const row = rowsOf(known.get('data'));
  const pictures = new InnerPictures(path);
  for (let index = 0; index < Math.max(names.length, given.length); index += 1) {
    signal?.throwIfAborted();
    const complain = (reason: string): void => problems.add(batch, `entry ${index}`, reason);
    const name = safeRelative(names[index] ?? `${String(index).padStart(5, '0')}.png`);
    if (name === null) {
      complain("the picture's name leaves the set's folder");
      continue;
    }
    const id = stemOf(name);
    const label = given[index];
    const annotations: Annotation[] = [];
    if (Number.isInteger(label) && Number(label) >= 0 && Number(label) < classes) {
      annotations.push({ type: 'label', id: 0, group: 0, label: Number(label), attributes: noAttributes });
    } else if (label !== null && label !== undefined) complain('there is no class of this number');
    const [height = side, width = side] = list(sizes[index]).map(Number);
    const bytes = row(index);
    let media: Item['media'] = null;
    if (bytes !== null && bytes.length === 3 * width * height && bytes.length > 0) {
      const file = await pictures.at(`${batch}/${id}.png`, () =>
        pngOf(interleaved(bytes), { width, height }, 3),
      );
      media = { kind: 'image', path: file, size: { width, height } };
    } else if (bytes !== null) complain(`the picture has not 3 × ${width} × ${height} bytes`);
    yield { id, subset: batch, media, attributes: noAttributes, annotations };
  }
}

/** A picture's bytes by its place: rows of an array, or an array for each. */
function rowsOf(data: unknown): (index: number) => Uint8Array | null {
  if (!(data instanceof PickledArray)) return () => null;
  const { values, shape } = data;
  const length = shape.length > 1 ? shape.slice(1).reduce((product, side) => product * side, 1) : 0;
  return (index) => {
    if (length > 0) {
      const part = values.slice(index * length, (index + 1) * length);
      return part instanceof Uint8Array ? part : Uint8Array.from(part.map(Number));
    }
    const own = values instanceof Uint8Array ? undefined : values[index];
    if (!(own instanceof PickledArray)) return null;
    return own.values instanceof Uint8Array ? own.values : Uint8Array.from(own.values.map(Number));
  };
}

/** All reds, all greens and all blues as pixels. */
function interleaved(planes: Uint8Array): Uint8Array {
  const pixels = planes.length / 3;
  return Uint8Array.from(planes, (_, place) => planes[(place % 3) * pixels + Math.floor(place / 3)]!);
}

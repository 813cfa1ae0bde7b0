import { posix } from 'node:path';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, readText } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  noAttributes,
  ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { below, imageItem, Pictures, splitSubset, take } from '../common/read.ts';
import { pictureFacts } from './facts.ts';
import { isLabelme, parseShape } from './shapes.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Classes that labelme's own converters pass over. */
const nothing = new Set(['__ignore__', '_background_']);

const shapesOf = (fields: Fields): readonly unknown[] => field(fields, 'shapes') as readonly unknown[];

async function parseFile(folder: string, path: string): Promise<Fields | null> {
  const value = parseLenient(await readText(inside(folder, path)));
  return isLabelme(value) ? value : null;
}

/** Reads a JSON file for each picture, beside it or wherever it says. Folders of the usual names are subsets. */
export async function readLabelme(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  for (const name of (await namesFile(folder, 'labels.txt')) ?? []) {
    if (name !== '' && !nothing.has(name)) builder.named(name);
  }
  const files: string[] = [];
  for await (const path of filesUnder(folder)) {
    if (!path.endsWith('.json')) continue;
    try {
      const fields = await parseFile(folder, path);
      if (fields === null) continue;
      files.push(path);
      for (const shape of shapesOf(fields)) {
        const name = isRecord(shape) ? field(shape, 'label') : undefined;
        if (typeof name === 'string' && name !== '') builder.named(name);
      }
      for (const [name, set] of Object.entries(flagsOf(fields))) if (set === true) builder.named(name);
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is no JSON file of labelme's that can be read in ${folder}.`,
    );
  }
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        options.signal?.throwIfAborted();
        const fields = await parseFile(folder, path);
        if (fields !== null) yield await toItem(folder, path, fields, builder, pictures, problems);
      }
    },
  };
}

const flagsOf = (fields: Fields): Fields => {
  const flags = field(fields, 'flags');
  return isRecord(flags) ? flags : {};
};

async function toItem(
  folder: string,
  path: string,
  fields: Fields,
  builder: CategoryBuilder,
  pictures: Pictures,
  problems: ProblemLog,
): Promise<Item> {
  const complain = (place: string, reason: string): void => problems.add(path, place, reason);
  const picture = await pictureOf(folder, path, fields, pictures, complain);
  const [width, height] = [wholeOf(field(fields, 'imageWidth'), 0), wholeOf(field(fields, 'imageHeight'), 0)];
  const { subset, rest } = splitSubset(stemOf(path));
  const plain = await imageItem(
    folder,
    picture,
    { id: rest, subset, annotations: [] },
    width > 0 && height > 0 ? { width, height } : null,
  );
  const size: Size | null = plain.media?.size ?? null;
  const annotations: Annotation[] = [];
  for (const [index, shape] of shapesOf(fields).entries()) {
    const made = isRecord(shape)
      ? await parseShape(shape, (name) => builder.find(name), size)
      : 'not an object';
    take(made, annotations, (reason) => complain(`shape ${index}`, reason));
  }
  // Flags of the picture are its classes.
  for (const [name, set] of Object.entries(flagsOf(fields))) {
    const label = builder.find(name);
    if (set === true && label !== undefined) {
      annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
    }
  }
  return { ...plain, attributes: pictureFacts(fields), annotations };
}

async function pictureOf(
  folder: string,
  path: string,
  fields: Fields,
  pictures: Pictures,
  complain: (place: string, reason: string) => void,
): Promise<string> {
  const given = field(fields, 'imagePath');
  const named = typeof given === 'string' ? given.replaceAll('\\', '/') : '';
  // It may lead out of the JSON file's folder, but not out of the set.
  const resolved =
    named === '' || named.startsWith('/') ? null : safeRelative(posix.join(folderOf(path), named));
  if (resolved !== null && (await isFile(inside(folder, resolved)))) return resolved;
  const beside = await pictures.find(stemOf(path));
  if (beside !== null) return beside;
  if (resolved === null && named !== '') complain('', "the picture's path leaves the set's folder");
  if (typeof field(fields, 'imageData') === 'string') {
    complain('', 'the picture is only inside of the JSON file, and is not taken out of it');
  }
  return (
    resolved ??
    below(folderOf(path), `${stemOf(path).slice(folderOf(path) === '' ? 0 : folderOf(path).length + 1)}.jpg`)
  );
}

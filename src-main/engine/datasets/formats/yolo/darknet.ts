import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, textIfThere } from '../../files/folder.ts';
import { inside, isPicture, stemOf, withoutWayUp } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { readItem } from './item.ts';

/**
 * Reads darknet's layout: `obj.data` names the classes' file and a list of pictures for each subset; a picture's label
 * file lies beside it. Without `obj.data`, pictures and label files in a folder with `classes.txt` or `obj.names` are
 * taken, as labelImg writes them.
 */
export async function readDarknet(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const text = await textIfThere(inside(folder, 'obj.data'));
  const settings = new Map<string, string>();
  for (const line of (text ?? '').split(/\r?\n/)) {
    const [key, value] = line.split('=', 2);
    if (value !== undefined) settings.set(key!.trim(), value.trim());
  }
  const namesFile = await firstFile(folder, [settings.get('names'), 'obj.names', 'classes.txt']);
  if (namesFile === undefined) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is no file with the names of the classes in ${folder}.`,
    );
  }
  const names = (await textIfThere(inside(folder, namesFile)))!.split(/\r?\n/).map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  const builder = new CategoryBuilder();
  const add = builder.scope();
  for (const name of names) add({ name, parent: '', attributes: [] });
  const lists: { subset: string; file: string }[] = [];
  for (const [key, value] of settings) {
    if (key === 'classes' || key === 'names' || key === 'backup' || key === 'eval') continue;
    const file = await firstFile(folder, [value]);
    if (file === undefined) problems.add('obj.data', key, `there is no list ${value}`);
    else lists.push({ subset: key, file });
  }
  const reading = { folder, kind: 'detect' as const, shape: null, classes: names.length, problems };
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      if (text === undefined) {
        for await (const picture of filesUnder(folder)) {
          options.signal?.throwIfAborted();
          if (!isPicture(picture)) continue;
          const stem = stemOf(picture);
          yield await readItem(reading, stem, 'default', picture, `${stem}.txt`);
        }
      }
      for (const { subset, file } of lists) {
        const lines = ((await textIfThere(inside(folder, file))) ?? '').split(/\r?\n/);
        for (const [index, line] of lines.entries()) {
          options.signal?.throwIfAborted();
          if (line.trim() === '') continue;
          const picture = withoutData(line.trim());
          if (picture === null) {
            problems.add(file, `line ${index + 1}`, "the path leaves the set's folder");
            continue;
          }
          const stem = stemOf(picture);
          const folderName = `obj_${subset}_data/`;
          const id = stem.startsWith(folderName) ? stem.slice(folderName.length) : stem;
          yield await readItem(reading, id, subset, picture, `${stem}.txt`);
        }
      }
    },
  };
}

/** Darknet's paths are from the folder above, in which the set is `data`. */
function withoutData(path: string): string | null {
  return withoutWayUp(path.replaceAll('\\', '/').replace(/^(\.\/)?data\//, ''));
}

async function firstFile(
  folder: string,
  paths: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const path of paths) {
    if (path === undefined) continue;
    for (const candidate of [withoutData(path), withoutWayUp(path)]) {
      if (candidate !== null && (await isFile(inside(folder, candidate)))) return candidate;
    }
  }
  return undefined;
}

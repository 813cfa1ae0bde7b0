import { isFile, listIfThere } from '../../files/folder.ts';
import { inside, stemOf, withoutWayUp } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { UniquePictures } from './ids.ts';
import { readItem } from './item.ts';
import { classLists, noClasses, readLoose } from './loose.ts';
import { listedNames } from './names.ts';
import { isAbsolutePath, placesOf, TailFinder } from './places.ts';

/**
 * Reads darknet's layout: `obj.data` names the classes' file and a list of pictures for each subset; a picture's label
 * file lies beside it. Without `obj.data` see {@link readLoose}.
 */
export async function readDarknet(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const text = await listIfThere(inside(folder, 'obj.data'));
  if (text === undefined) return readLoose(folder, options);
  const problems = new ProblemLog();
  const settings = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [key, value] = line.split('=', 2);
    if (value !== undefined) settings.set(key!.trim(), value.trim());
  }
  const namesFile = await firstFile(folder, [settings.get('names'), ...classLists]);
  if (namesFile === undefined) throw noClasses(folder);
  const names = listedNames((await listIfThere(inside(folder, namesFile)))!);
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
      const tails = new TailFinder(folder);
      for (const { subset, file } of lists) {
        const ids = new UniquePictures();
        const lines = ((await listIfThere(inside(folder, file))) ?? '').split(/\r?\n/);
        for (const [index, line] of lines.entries()) {
          options.signal?.throwIfAborted();
          const path = line.trim();
          if (path === '') continue;
          const picture = isAbsolutePath(path) ? (tails.find(path) ?? behindData(path)) : withoutData(path);
          if (picture === null) {
            problems.add(file, `line ${index + 1}`, "the path leaves the set's folder");
            continue;
          }
          const stem = stemOf(picture);
          const folderName = `obj_${subset}_data/`;
          const id = ids.of(stem.startsWith(folderName) ? stem.slice(folderName.length) : stem, picture);
          if (id !== null) yield await readItem(reading, id, subset, picture, `${stem}.txt`);
        }
      }
    },
  };
}

/** Darknet's paths are from the folder above, in which the set is `data`. */
function withoutData(path: string): string | null {
  return withoutWayUp(path.replaceAll('\\', '/').replace(/^(\.\/)?data\//, ''));
}

/** Of a path of the writer's machine, what it says from the folder `data` on, for a picture that isn't there. */
function behindData(path: string): string | null {
  const unified = path.replaceAll('\\', '/');
  const at = unified.lastIndexOf('/data/');
  return at < 0 ? null : withoutData(unified.slice(at + 1));
}

async function firstFile(
  folder: string,
  paths: readonly (string | undefined)[],
): Promise<string | undefined> {
  for (const path of paths) {
    if (path === undefined) continue;
    for (const candidate of [withoutData(path), ...placesOf(path)]) {
      if (candidate !== null && (await isFile(inside(folder, candidate)))) return candidate;
    }
  }
  return undefined;
}

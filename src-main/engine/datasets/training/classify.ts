import { join, relative, resolve } from 'node:path';
import { isFolder, namesIn } from '../files/folder.ts';
import type { TrainingFindings } from './findings.ts';
import type { SubsetSummary } from './hand-off.ts';
import { checkPicture, trainingPictures } from './pictures.ts';

/** The folders of the classes in a subset. */
async function classFolders(path: string): Promise<string[]> {
  const names = await namesIn(path);
  const folders = await Promise.all(names.map((name) => isFolder(join(path, name))));
  return names.filter((_, index) => folders[index]);
}

/** Whether a folder looks like a set of classes: train/ with folders that aren't those of a detection set. */
export async function looksLikeClasses(folder: string): Promise<boolean> {
  const folders = await classFolders(join(folder, 'train'));
  return folders.length > 0 && !folders.some((name) => name === 'images' || name === 'labels');
}

/** Checks a set of pictures in folders of classes: train/<class>/, val/<class>/. */
export async function checkClassFolders(
  folder: string,
  findings: TrainingFindings,
  signal: AbortSignal | undefined,
): Promise<{ readonly classes: readonly string[]; readonly subsets: readonly SubsetSummary[] }> {
  const root = resolve(folder);
  const classes = await classFolders(join(root, 'train'));
  if (classes.length === 0) findings.add('missing_subset', 'train');
  const subsets: SubsetSummary[] = [];
  const validation = await firstFolder(root, ['val', 'validation', 'valid', 'test']);
  if (validation === null) findings.add('missing_subset', 'val');
  for (const name of ['train', ...(validation === null ? [] : [validation])]) {
    const path = join(root, name);
    const own = await classFolders(path);
    for (const label of [
      ...classes.filter((one) => !own.includes(one)),
      ...own.filter((one) => !classes.includes(one)),
    ]) {
      findings.add('missing_class_folder', `${name}/${label}`);
    }
    let [pictures, leftOut] = [0, 0];
    for (const label of own) {
      const before = pictures;
      for await (const picture of trainingPictures(root, root, join(path, label), findings)) {
        signal?.throwIfAborted();
        pictures += 1;
        if (!(await checkPicture(root, picture, findings))) leftOut += 1;
      }
      if (pictures === before) findings.add('no_pictures', relative(root, join(path, label)));
    }
    if (pictures > 0 && pictures === leftOut) findings.add('no_usable_pictures', name);
    subsets.push({
      name,
      pictures,
      labelled: pictures - leftOut,
      background: 0,
      leftOut,
      objects: pictures - leftOut,
    });
  }
  return { classes, subsets };
}

async function firstFolder(root: string, names: readonly string[]): Promise<string | null> {
  for (const name of names) if (await isFolder(join(root, name))) return name;
  return null;
}

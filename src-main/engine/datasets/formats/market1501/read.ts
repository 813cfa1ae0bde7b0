import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, namesIn } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type AttributeValue,
  CategoryBuilder,
  type Item,
  noAttributes,
  noCategories,
  ProblemLog,
} from '../../model/index.ts';
import { linesOf } from '../common/lines.ts';
import { foldersIn, imageItem } from '../common/read.ts';
import { parseName } from './names.ts';

/** The subset of a folder: `bounding_box_train` is train, and query a subset of its own. */
function subsetOf(folder: string): string | null {
  if (folder.startsWith('bounding_box_')) return folder.slice('bounding_box_'.length);
  return /^(query|gt_bbox|gt_query)$/.test(folder) ? folder : null;
}

/** Reads Market-1501: everything is in the pictures' names, and goes into the items' attributes. */
export async function readMarket(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const folders = (await foldersIn(folder)).filter((name) => subsetOf(name) !== null);
  const lists = (await namesIn(folder)).filter((name) => /^images_.*\.txt$/.test(name));
  if (folders.length === 0 && lists.length === 0) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is no folder bounding_box_train or query in ${folder}.`,
    );
  }
  const toItem = async (path: string): Promise<Item> => {
    const name = path.slice(0, path.indexOf('/'));
    const attributes = parseName(fileNameOf(path), name === 'query');
    if (attributes === null) problems.add(path, '', 'the name says no person and camera');
    const item = { id: stemOf(path.slice(name.length + 1)), subset: subsetOf(name)!, annotations: [] };
    return imageItem(folder, path, item, null, attributes ?? noAttributes);
  };
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for (const name of folders) {
        for await (const path of filesUnder(folder, name)) {
          options.signal?.throwIfAborted();
          if (isPicture(path)) yield await toItem(path);
        }
      }
      // The lists name the same pictures; what only they have is a set without its pictures.
      const seen = new Set<string>();
      for (const list of lists) {
        for (const [number, line] of await linesOf(folder, list)) {
          const path = safeRelative(line);
          if (path === null || !path.includes('/') || subsetOf(path.slice(0, path.indexOf('/'))) === null) {
            problems.add(list, `line ${number}`, 'the path is in no folder of a subset');
          } else if (!seen.has(path) && !(await isFile(inside(folder, path)))) {
            seen.add(path);
            yield await toItem(path);
          }
        }
      }
    },
  };
}

const marsPattern = /^(\S{4})C(\d)T(\d{4})F(\d{3})/;

/** Reads MARS: `bbox_<subset>/<person>/<person>C<camera>T<track>F<frame>.jpg`. The person is the class. */
export async function readMars(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const subsets = (await foldersIn(folder)).filter((name) => name.startsWith('bbox_'));
  const persons = new Set<string>();
  for (const subset of subsets) {
    for (const person of await foldersIn(inside(folder, subset))) persons.add(person);
  }
  if (persons.size === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder bbox_train or bbox_test in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  const labelOf = new Map([...persons].sort().map((name) => [name, builder.named(name)] as const));
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const name of subsets) {
        for await (const path of filesUnder(folder, name)) {
          options.signal?.throwIfAborted();
          if (!isPicture(path)) continue;
          const file = fileNameOf(path);
          const found = marsPattern.exec(file);
          const attributes = new Map<string, AttributeValue>();
          if (found === null) problems.add(path, '', 'the name says no person, camera and frame');
          else {
            attributes.set('person_id', found[1]!);
            attributes.set('camera_id', Number(found[2]));
            attributes.set('track_id', Number(found[3]));
            attributes.set('frame_id', Number(found[4]));
          }
          const label = labelOf.get(fileNameOf(folderOf(path)));
          const mark = { type: 'label', id: 0, group: 0, attributes: noAttributes } as const;
          const annotations = label === undefined ? [] : [{ ...mark, label }];
          const item = {
            id: stemOf(path.slice(name.length + 1)),
            subset: name.slice('bbox_'.length),
            annotations,
          };
          yield await imageItem(folder, path, item, null, attributes);
        }
      }
    },
  };
}

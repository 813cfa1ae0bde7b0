import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile } from '../../files/folder.ts';
import { fileNameOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, ProblemLog } from '../../model/index.ts';
import { linesOf, namesFile } from '../common/lines.ts';
import { foldersIn, imageItem, take } from '../common/read.ts';
import { faceName, parseBox } from './lines.ts';

interface List {
  readonly path: string;
  readonly subset: string;
}

async function listsOf(folder: string): Promise<List[]> {
  const lists = new Map<string, List>();
  for await (const path of filesUnder(folder)) {
    const found = /^wider_face_(.+)_(bbx_gt|filelist)\.txt$/.exec(fileNameOf(path));
    // A list of names is only read where there is none with boxes.
    if (found !== null && (found[2] === 'bbx_gt' || !lists.has(found[1]!))) {
      lists.set(found[1]!, { path, subset: found[1]! });
    }
  }
  return [...lists.values()];
}

/** `0--Parade` is the event Parade. */
const eventOf = (folder: string): string =>
  folder.slice(folder.indexOf('--') < 0 ? 0 : folder.indexOf('--') + 2);

/** Folder of pictures without an event, as Datumaro writes it. */
export const noEvent = 'no_label';

/** Reads `wider_face_split/wider_face_<subset>_bbx_gt.txt` with the pictures in `WIDER_<subset>/images/`. */
export async function readWiderFace(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const lists = await listsOf(folder);
  if (lists.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no list wider_face_…_bbx_gt.txt in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  const names = await namesFile(folder, 'labels.txt');
  for (const name of names ?? [faceName]) builder.named(name);
  if (names === null) {
    for (const { subset } of lists) {
      for (const event of await foldersIn(inside(folder, `WIDER_${subset}/images`))) {
        if (event !== noEvent) builder.named(eventOf(event));
      }
    }
  }
  const labelOf = (name: string): number | null => builder.find(name) ?? null;
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { path, subset } of lists) {
        const lines = await linesOf(folder, path);
        const ids = new Set<string>();
        for (let at = 0; at < lines.length; ) {
          options.signal?.throwIfAborted();
          const [number, name] = lines[at]!;
          at += 1;
          const picture = safeRelative(name);
          const annotations: Annotation[] = [];
          const count = /^\d+$/.test(lines[at]?.[1] ?? '') ? Number(lines[at]![1]) : -1;
          if (count >= 0) at += 1;
          for (let box = 0; box < Math.max(count, 0); box += 1, at += 1) {
            const [place, line] = lines[at] ?? [0, ''];
            // Too few lines: the next picture's name must not be taken for a box.
            if (line === '' || /^[^\s]*[/\\]/.test(line)) {
              problems.add(path, `line ${place || number}`, 'there are fewer boxes than the list says');
              break;
            }
            take(parseBox(line, labelOf), annotations, (reason) =>
              problems.add(path, `line ${place}`, reason),
            );
          }
          // The original has a line of zeros under a picture without faces.
          if (count === 0 && /^(0(\.0)?\s*){4,}$/.test(lines[at]?.[1] ?? '')) at += 1;
          if (picture === null) {
            problems.add(path, `line ${number}`, "the path leaves the set's folder");
            continue;
          }
          const slash = picture.indexOf('/');
          const event = slash < 0 ? noEvent : picture.slice(0, slash);
          const label = event === noEvent ? null : labelOf(eventOf(event));
          if (label !== null)
            annotations.unshift({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
          let id = stemOf(picture.slice(slash + 1));
          if (ids.has(id)) id = stemOf(picture);
          ids.add(id);
          const place = `WIDER_${subset}/images/${picture}`;
          const found = (await isFile(inside(folder, place))) ? place : `images/${picture}`;
          const there = await isFile(inside(folder, found));
          yield await imageItem(folder, there ? found : place, { id, subset, annotations });
        }
      }
    },
  };
}

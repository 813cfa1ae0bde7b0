import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, namesIn } from '../../files/folder.ts';
import { isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, ProblemLog } from '../../model/index.ts';
import { linesOf, namesFile } from '../common/lines.ts';
import { PictureIndex } from '../common/picture-index.ts';
import { imageItem, isSubsetName, Pictures } from '../common/read.ts';

export const classFile = 'synsets.txt';

/** What is meant for a number, though it may be none of a class. */
const numberLike = /^[-+.]?\d[\d.,e+-]*$|^[-+]?(nan|inf(inity)?)$/i;

/**
 * `picture number number …`. A name with spaces is in quotes, which leave its ending out: `"a b".jpg 3`. What is no
 * whole number behind the name is NaN, of which there is no class.
 */
function parseLine(line: string): { readonly picture: string; readonly numbers: readonly number[] } {
  const [quoted, stem = '', ending = ''] = /^"(.*)"(\S*)/.exec(line) ?? [];
  const end = quoted === undefined ? nameEnd(line) : quoted.length;
  const picture = quoted === undefined ? line.slice(0, end) : `${stem}${ending}`;
  const words = line.slice(end).match(/\S+/g) ?? [];
  return { picture, numbers: words.map((word) => (/^\d+$/.test(word) ? Number(word) : Number.NaN)) };
}

/** `picture class`, with a blank or a comma between: lists of pictures that name their class. Null for another line. */
export function namedLine(line: string): { readonly picture: string; readonly name: string } | null {
  const found = /^(.+?\.\w+)[\s,;]+(\S.*)$/.exec(line);
  const [, picture = '', name = ''] = found ?? [];
  return isPicture(picture) && !/^[\d\s,.;+-]+$/.test(name) ? { picture, name: name.trim() } : null;
}

/** Where a name without quotes ends: at a picture's ending, or before what is meant for numbers. */
function nameEnd(line: string): number {
  const words = [...line.matchAll(/\S+/g)];
  const last =
    words.findLast(([word]) => isPicture(word)) ??
    words.findLast(([word]) => !numberLike.test(word)) ??
    words[0]!;
  return last.index + last[0].length;
}

/** Reads `<subset>.txt` with a picture and the numbers of its classes on each line; names are in synsets.txt. */
export async function readImagenetTxt(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const lists = (await namesIn(folder)).filter((name) => name.endsWith('.txt') && name !== classFile);
  if (lists.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no list of pictures in ${folder}.`);
  }
  let names = await namesFile(folder, classFile);
  if (names === null) {
    const named = await readNamed(folder, lists, problems, options);
    if (named !== null) return named;
    problems.add(classFile, '', 'there are no names of classes; their numbers are taken');
    names = [];
    for (const list of lists) {
      for (const [, line] of await linesOf(folder, list)) {
        for (const number of parseLine(line).numbers) {
          while (names.length <= Math.min(number, 100_000)) names.push(String(names.length));
        }
      }
    }
  }
  const builder = new CategoryBuilder();
  const add = builder.scope();
  const indices = names.map((name) => add({ name, parent: '', attributes: [] }));
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const list of lists) {
        const subset = stemOf(list);
        for (const [number, line] of await linesOf(folder, list)) {
          options.signal?.throwIfAborted();
          const parsed = parseLine(line);
          const picture = safeRelative(parsed.picture);
          if (picture === null) {
            problems.add(list, `line ${number}`, "the path leaves the set's folder");
            continue;
          }
          const annotations: Annotation[] = [];
          for (const own of parsed.numbers) {
            const label = indices[own];
            if (label === undefined) problems.add(list, `line ${number}`, 'there is no class of this number');
            else annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
          }
          const beside =
            (await pictures.find(`images/${stemOf(picture)}`)) ?? (await pictures.find(stemOf(picture)));
          const item = { id: stemOf(picture), subset, annotations };
          yield await imageItem(folder, beside ?? `images/${picture}`, item);
        }
      }
    },
  };
}

/** Reads lists whose lines name classes; null where none does. Lists called as no subset is are of the whole set. */
async function readNamed(
  folder: string,
  lists: readonly string[],
  problems: ProblemLog,
  options: ReadOptions,
): Promise<Dataset | null> {
  const builder = new CategoryBuilder();
  const used: string[] = [];
  for (const list of lists) {
    const found = (await linesOf(folder, list)).flatMap(([, line]) => namedLine(line) ?? []);
    for (const { name } of found) builder.named(name);
    if (found.length > 0) used.push(list);
  }
  if (used.length === 0) return null;
  const places = new PictureIndex();
  for await (const path of filesUnder(folder)) if (isPicture(path)) places.add(path);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const list of used) {
        const subset = isSubsetName(stemOf(list)) ? stemOf(list) : 'default';
        const marked = new Map<string, Annotation[]>();
        for (const [number, line] of await linesOf(folder, list)) {
          const entry = namedLine(line);
          const picture = entry === null ? null : safeRelative(entry.picture);
          if (entry === null || picture === null) {
            problems.add(list, `line ${number}`, 'the line is no picture with a class');
            continue;
          }
          const own = marked.get(picture) ?? [];
          marked.set(picture, own);
          own.push({
            type: 'label',
            id: 0,
            group: 0,
            label: builder.find(entry.name)!,
            attributes: noAttributes,
          });
        }
        for (const [picture, annotations] of marked) {
          options.signal?.throwIfAborted();
          const [path] = places.find(picture, { folder: '', subset });
          yield await imageItem(folder, path ?? picture, { id: stemOf(picture), subset, annotations });
        }
      }
    },
  };
}

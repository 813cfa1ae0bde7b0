import { RefineryError } from '../../../../contract/errors.ts';
import { namesIn } from '../../files/folder.ts';
import { isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, ProblemLog } from '../../model/index.ts';
import { linesOf, namesFile } from '../common/lines.ts';
import { imageItem, Pictures } from '../common/read.ts';

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

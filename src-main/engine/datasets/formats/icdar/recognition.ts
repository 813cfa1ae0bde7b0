import { RefineryError } from '../../../../contract/errors.ts';
import { isFile } from '../../files/folder.ts';
import { inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, ReadOptions, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, noAttributes, noCategories, ProblemLog } from '../../model/index.ts';
import { linesOf, oneLine } from '../common/lines.ts';
import { below, imageItem, subsetFolders } from '../common/read.ts';
import { writeSet } from '../common/write.ts';

/**
 * `picture.jpg, "word"`. A word may itself hold commas and quotes, which Datumaro writes but can't read; what looks like
 * `" "` between two words is taken for one word.
 */
function parseLine(line: string): { readonly picture: string; readonly word: string | null } {
  const found = /^(.*?\.\w+),\s*(?:"(.*)")?$/.exec(line);
  if (found !== null && isPicture(found[1]!)) return { picture: found[1]!, word: found[2] ?? null };
  // ICDAR 2015 has words without quotes.
  const bare = /^(.*?\.\w+)[,\s]\s*(.+)$/.exec(line);
  return bare === null ? { picture: line, word: null } : { picture: bare[1]!, word: bare[2]! };
}

/** Reads `[<subset>/]gt.txt` with a picture of a word on each line. */
export async function readRecognition(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await subsetFolders(folder, (path) => isFile(inside(path, 'gt.txt')));
  if (parts.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no gt.txt in ${folder}.`);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of parts) {
        const list = below(path, 'gt.txt');
        const words = new Map<string, Annotation[]>();
        for (const [number, line] of await linesOf(folder, list)) {
          const { picture, word } = parseLine(line);
          const name = safeRelative(picture);
          if (name === null || !isPicture(name)) {
            problems.add(list, `line ${number}`, 'the line names no picture in the set');
            continue;
          }
          const annotations = words.get(name) ?? [];
          words.set(name, annotations);
          if (word !== null) {
            annotations.push({ type: 'caption', id: 0, group: 0, attributes: noAttributes, text: word });
          }
        }
        for (const [name, annotations] of words) {
          options.signal?.throwIfAborted();
          const inImages = below(path, `images/${name}`);
          const beside = below(path, name);
          const picture = (await isFile(inside(folder, beside))) ? beside : inImages;
          yield await imageItem(folder, picture, { id: stemOf(name), subset, annotations });
        }
      }
    },
  };
}

/** Writes a line for each word; a picture of several words has several lines. */
export function writeRecognition(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/images/${name}`,
    async each({ item, name, annotations, sinks, note }) {
      const lines: string[] = [];
      for (const part of annotations) {
        if (part.type !== 'caption') continue;
        if (oneLine(part.text) !== part.text) note('a text of several lines becomes one line');
        lines.push(`${name}, "${oneLine(part.text)}"\n`);
      }
      if (lines.length === 0) lines.push(`${name}, \n`);
      await sinks.add(`${item.subset}/gt.txt`, lines.join(''));
    },
  });
}

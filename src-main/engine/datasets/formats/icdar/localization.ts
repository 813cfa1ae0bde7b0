import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, ReadOptions, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, noAttributes, noCategories, numberOf, ProblemLog } from '../../model/index.ts';
import { oneLine, ownLines } from '../common/lines.ts';
import {
  below,
  foldersIn,
  imageItem,
  Pictures,
  plainShape,
  type SubsetFolder,
  take,
} from '../common/read.ts';
import { plainNumber, writeSet } from '../common/write.ts';
import { noteClasses } from './classes.ts';

const isTruth = (path: string): boolean => /^gt_.*\.txt$/.test(fileNameOf(path));

async function partsOf(folder: string): Promise<SubsetFolder[]> {
  const parts: SubsetFolder[] = [];
  for (const path of ['', ...(await foldersIn(folder))]) {
    for await (const file of filesUnder(folder, path)) {
      if (!isTruth(file) || (path === '' && file.includes('/'))) continue;
      parts.push({ subset: path === '' ? 'default' : path, path });
      break;
    }
  }
  return parts;
}

/**
 * `x0 y0 x1 y1 "text"` is a box and eight numbers or more an outline; commas do as well as spaces. Without quotes, what
 * follows the eighth number is text, as in ICDAR 2015, where it may itself hold commas and numbers. Datumaro reads the
 * first four corners of a longer outline only, and takes one of three corners for a box.
 */
function parseLine(line: string): Annotation | string {
  const quoted = /^([^"]*?)[\s,]*"(.*)"\s*$/.exec(line);
  let numbers: number[];
  let text: string | undefined;
  if (quoted !== null) {
    numbers = quoted[1]!.split(/[\s,]+/).map(numberOf);
    text = quoted[2];
  } else {
    const words = line.split(line.includes(',') ? ',' : /\s+/);
    let count = words.findIndex((word) => !Number.isFinite(numberOf(word)));
    if (count < 0) count = words.length;
    // A comma behind an outline of other than four corners says that all numbers are its own.
    if (words.length === count + 1 && words.at(-1) === '' && count !== 8 && count >= 6 && count % 2 === 0)
      return { ...plainShape(null), type: 'polygon', points: words.slice(0, -1).map(numberOf) };
    // A word that is a number: nine fields are an outline with it, five a box with it.
    if (count > 8) count = 8;
    else if (count !== 8 && count > 4) count = 4;
    numbers = words.slice(0, count).map(numberOf);
    if (words.length > count) text = words.slice(count).join(',');
  }
  const shape = plainShape(null, text === undefined ? noAttributes : new Map([['text', text]]));
  if (numbers.length === 4) {
    const [x, y, right, bottom] = numbers as [number, number, number, number];
    return { ...shape, type: 'box', x, y, width: right - x, height: bottom - y };
  }
  if (numbers.length >= 6) return { ...shape, type: 'polygon', points: numbers };
  return 'the line has neither four numbers nor an outline';
}

/** Reads `[<subset>/]gt_<picture>.txt` with the pictures in `images/` or beside. */
export async function readLocalization(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await partsOf(folder);
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file gt_….txt in ${folder}.`);
  const pictures = new Pictures(folder);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of parts) {
        const images = (await isFolder(inside(folder, below(path, 'images')))) ? below(path, 'images') : path;
        for await (const file of filesUnder(folder, path)) {
          options.signal?.throwIfAborted();
          if (!isTruth(file)) continue;
          const rest = path === '' ? file : file.slice(path.length + 1);
          if (path === '' && file.includes('/')) continue;
          const id = below(folderOf(rest), stemOf(fileNameOf(rest)).slice('gt_'.length));
          const annotations: Annotation[] = [];
          for (const [number, line] of await ownLines(folder, file)) {
            take(parseLine(line), annotations, (reason) => problems.add(file, `line ${number}`, reason));
          }
          const stem = below(images, id);
          yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.jpg`, {
            id,
            subset,
            annotations,
          });
        }
        yield* without(images, path, subset);
      }
    },
  };

  /** Pictures without a file of truth. */
  async function* without(images: string, path: string, subset: string) {
    if (images === path) return;
    for await (const file of filesUnder(folder, images)) {
      if (!isPicture(file)) continue;
      const id = stemOf(file.slice(images.length + 1));
      const truth = below(path, below(folderOf(id), `gt_${fileNameOf(id)}.txt`));
      if (await isFile(inside(folder, truth))) continue;
      yield await imageItem(folder, file, { id, subset, annotations: [] });
    }
  }
}

export function writeLocalization(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/images/${name}`,
    async each({ item, id, annotations, output, note }) {
      noteClasses(annotations, note);
      const lines: string[] = [];
      for (const part of annotations) {
        const given = part.attributes.get('text');
        const text = given === undefined || given === null ? '' : String(given);
        if (oneLine(text) !== text) note('a text of several lines becomes one line');
        const end = given === undefined || given === null ? '' : `"${oneLine(text)}"`;
        if (part.type === 'box') {
          const corners = [part.x, part.y, part.x + part.width, part.y + part.height];
          lines.push(`${corners.map(plainNumber).join(' ')}${end === '' ? '' : ` ${end}`}\n`);
        } else if (part.type === 'polygon') {
          // Behind four corners there is text, so that of more the fifth would be it.
          const last = end === '' && part.points.length !== 8 ? ',' : end === '' ? '' : `,${end}`;
          lines.push(`${part.points.map(plainNumber).join(',')}${last}\n`);
        }
      }
      const file = below(folderOf(id), `gt_${fileNameOf(id)}.txt`);
      await output.text(`${item.subset}/${file}`, lines.join(''));
    },
  });
}

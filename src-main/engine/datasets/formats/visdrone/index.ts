import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { folderOf, stemOf } from '../../files/paths.ts';
import type { Dataset, Listing, ReadOnlyFormat, ReadOptions, Verdict } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  numberOf,
  ProblemLog,
} from '../../model/index.ts';
import { ownLines } from '../common/lines.ts';
import { below, imageItem, isSubsetName, Pictures, plainShape, take } from '../common/read.ts';

/** VisDrone-DET's classes by their numbers. */
const names = [
  ...['ignored regions', 'pedestrian', 'people', 'bicycle', 'car', 'van', 'truck', 'tricycle'],
  ...['awning-tricycle', 'bus', 'motor', 'others'],
];

const isFile = (path: string): boolean => /(^|\/)annotations\/[^/]+\.txt$/.test(path);

/** A line: left, top, width, height, score, class, truncation, occlusion; some end with a comma. */
const line = /^\s*-?\d+(?:,-?\d+){7},?\s*$/;

async function detect(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter(isFile).slice(0, 4)) {
    const [first = ''] = (await listing.head(path)).split(/\r?\n/);
    if (!line.test(first)) continue;
    const isNamed = /visdrone/i.test(`${listing.folder}/${path}`);
    return {
      confidence: isNamed ? 0.95 : 0.8,
      reasons: [`${path} has lines of eight numbers, as VisDrone has for its boxes.`],
      against: isNamed ? [] : ['Nothing is called VisDrone.'],
    };
  }
  return null;
}

/** The subset in a folder's name: `VisDrone2019-DET-train` is train. */
function subsetOf(folder: string): string {
  const words = folder.split(/[/\s_.-]+/);
  return words.findLast(isSubsetName) ?? 'default';
}

/** Reads `[<folder>/]annotations/<picture>.txt` beside `images/`. */
async function read(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files: string[] = [];
  for await (const path of filesUnder(folder)) if (isFile(path)) files.push(path);
  if (files.length === 0)
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There are no text files in a folder annotations in ${folder}.`,
    );
  const builder = new CategoryBuilder();
  // What is ignored is a region and no object: it is kept apart by an attribute, and is no class to train.
  for (const name of names.slice(1)) builder.named(name);
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const path of files) {
        options.signal?.throwIfAborted();
        const part = folderOf(folderOf(path));
        const id = stemOf(path.slice(folderOf(path).length + 1));
        const stem = below(part, `images/${id}`);
        const annotations: Annotation[] = [];
        for (const [number, text] of await ownLines(folder, path))
          take(boxIn(text), annotations, (reason) => problems.add(path, `line ${number}`, reason));
        const picture = (await pictures.find(stem)) ?? `${stem}.jpg`;
        yield await imageItem(folder, picture, { id, subset: subsetOf(part), annotations });
      }
    },
  };
}

function boxIn(text: string): Annotation | string {
  if (!line.test(text)) return 'the line has no eight numbers';
  const [x, y, width, height, score, number, truncation, occlusion] = text.split(',').map(numberOf) as [
    ...[number, number, number, number, number, number, number, number],
  ];
  if (names[number] === undefined) return `there is no class ${number}`;
  const attributes = new Map<string, AttributeValue>();
  if (number === 0) attributes.set('ignored', true);
  // In results it is how sure a model is; in what was marked by hand, 0 is not counted.
  if (score !== 1 && number !== 0) attributes.set('score', score);
  if (truncation > 0) attributes.set('truncation', truncation);
  if (occlusion > 0) attributes.set('occlusion', occlusion);
  return { ...plainShape(number === 0 ? null : number - 1, attributes), type: 'box', x, y, width, height };
}

/** VisDrone-DET: https://github.com/VisDrone/VisDrone-Dataset */
export const visDroneFormat: ReadOnlyFormat = {
  name: 'visdrone',
  title: 'VisDrone, boxes',
  aliases: ['visdrone_det'],
  abilities: null,
  detect,
  read,
};

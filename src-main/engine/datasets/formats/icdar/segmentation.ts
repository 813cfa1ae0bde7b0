import { RefineryError } from '../../../../contract/errors.ts';
import { readBmp } from '../../files/bitmap.ts';
import { filesUnder, isFile, isFolder, textIfThere } from '../../files/folder.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Abilities, Dataset, ReadOptions, WriteOptions, WriteReport } from '../../format.ts';
import { boundsOf, decodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  type Colour,
  type Mask,
  noCategories,
  ProblemLog,
} from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { loseCovered } from '../common/masks.ts';
import { below, foldersIn, imageItem, Pictures, plainShape, type SubsetFolder } from '../common/read.ts';
import { writeSet } from '../common/write.ts';
import { vocColour } from '../voc/labels.ts';
import { bmpBytes } from './bmp.ts';
import { noteClasses } from './classes.ts';

interface Character {
  readonly colour: number;
  readonly attributes: Map<string, AttributeValue>;
  readonly group: number;
}

const packed = (red: number, green: number, blue: number): number => (red << 16) | (green << 8) | blue;

/**
 * `red green blue x y left top right bottom "character"`; a line that begins with `#` is a space between characters, and
 * an empty line ends a word. Words of one character have no group.
 */
function parseCharacters(text: string, complain: (line: number, reason: string) => void): Character[] {
  const words: Omit<Character, 'group'>[][] = [[]];
  let index = 0;
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '') {
      words.push([]);
      continue;
    }
    const found = /^#?\s*(\d+) (\d+) (\d+) (\S+) (\S+) \S+ \S+ \S+ \S+ "(.*)"$/.exec(line);
    if (found === null) {
      complain(at + 1, 'the line has no colour, box and character');
      continue;
    }
    const [, red = '', green = '', blue = '', x = '', y = '', character = ''] = found;
    const attributes = new Map<string, AttributeValue>([
      ['index', index],
      ['color', `${red} ${green} ${blue}`],
      ['text', line.startsWith('#') ? ' ' : character],
      ['center', `${x} ${y}`],
    ]);
    index += 1;
    words.at(-1)!.push({ colour: packed(Number(red), Number(green), Number(blue)), attributes });
  }
  const filled = words.filter((word) => word.length > 0);
  return filled.flatMap((word, at) =>
    word.map((entry) => ({ ...entry, group: word.length > 1 ? at + 1 : 0 })),
  );
}

async function partsOf(folder: string): Promise<SubsetFolder[]> {
  const parts: SubsetFolder[] = [];
  for (const path of ['', ...(await foldersIn(folder))]) {
    for await (const file of filesUnder(folder, path)) {
      if (!file.endsWith('_GT.txt') || (path === '' && file.includes('/'))) continue;
      parts.push({ subset: path === '' ? 'default' : path, path });
      break;
    }
  }
  return parts;
}

/** Reads `[<subset>/]<id>_GT.txt` and `<id>_GT.bmp`, in which each character has a colour. */
export async function readSegmentation(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await partsOf(folder);
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file …_GT.txt in ${folder}.`);
  const pictures = new Pictures(folder);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of parts) {
        const images = (await isFolder(inside(folder, below(path, 'images')))) ? below(path, 'images') : path;
        const seen = new Set<string>();
        for await (const file of filesUnder(folder, path)) {
          options.signal?.throwIfAborted();
          if (!file.endsWith('_GT.txt') || (path === '' && file.includes('/'))) continue;
          const rest = path === '' ? file : file.slice(path.length + 1);
          const id = rest.slice(0, -'_GT.txt'.length);
          seen.add(id);
          const annotations = await masksOf(folder, file, problems);
          const stem = below(images, id);
          yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.jpg`, {
            id,
            subset,
            annotations,
          });
        }
        if (images === path) continue;
        for await (const file of filesUnder(folder, images)) {
          const id = stemOf(file.slice(images.length + 1));
          if (isPicture(file) && !seen.has(id))
            yield await imageItem(folder, file, { id, subset, annotations: [] });
        }
      }
    },
  };
}

async function masksOf(folder: string, file: string, problems: ProblemLog): Promise<Annotation[]> {
  const text = (await textIfThere(inside(folder, file))) ?? '';
  const characters = parseCharacters(text, (line, reason) => problems.add(file, `line ${line}`, reason));
  const drawn = `${stemOf(file)}.bmp`;
  if (characters.length === 0) return [];
  if (!(await isFile(inside(folder, drawn)))) {
    problems.add(drawn, '', 'the mask picture is not there');
    return [];
  }
  try {
    const bitmap = await readBmp(inside(folder, drawn));
    if (bitmap === null) throw new RefineryError('INPUT_UNSUPPORTED', 'It is no bitmap (BMP).');
    const { width, height, channels, pixels } = bitmap;
    // Of grey, all colours are the first; with transparency, a fourth is passed over.
    const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
    const colours = new Uint32Array(width * height);
    for (let place = 0; place < colours.length; place += 1) {
      const at = channels * place;
      colours[place] = 1 + packed(pixels[at]!, pixels[at + green]!, pixels[at + blue]!);
    }
    const annotations: Annotation[] = [];
    const byColour = splitByNumber(colours, width, height);
    for (const { colour, attributes, group } of characters) {
      // One more than the colour, as 0 is nothing. Where others cover a character, nothing of it is left.
      const counts = byColour.get(colour + 1);
      byColour.delete(colour + 1);
      if (counts === undefined)
        problems.add(drawn, `character ${attributes.get('index')}`, 'nothing of it can be seen');
      else
        annotations.push({ ...plainShape(null, attributes, 0, group), type: 'mask', width, height, counts });
    }
    return annotations;
  } catch (thrown) {
    problems.add(drawn, '', reasonOf(thrown));
    return [];
  }
}

/** Writes a picture in which each character has a colour, the ones with higher numbers on top, and the list of them. */
export function writeSegmentation(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/images/${name}`,
    async each({ item, id, annotations, output, lose, note }) {
      noteClasses(annotations, note);
      const masks = annotations.filter((part) => part.type === 'mask');
      const lines: string[] = [];
      const [first] = masks;
      if (first !== undefined) {
        const { width, height } = first;
        const pixels = new Uint8Array(width * height * 3).fill(255);
        const used = new Set([packed(255, 255, 255)]);
        const owner = new Uint16Array(width * height);
        const drawn: number[] = [];
        let group = masks[0]!.group;
        for (const [at, mask] of masks.toSorted((a, b) => order(a) - order(b)).entries()) {
          const bounds = boundsOf(mask);
          if (bounds === null || mask.width !== width || mask.height !== height) {
            lose('a mask without pixels or of another size');
            continue;
          }
          const colour = colourOf(mask.attributes.get('color'), at, used);
          const bitmap = decodeBitmap(mask.counts, width, height);
          for (let place = 0; place < bitmap.length; place += 1) {
            if (bitmap[place] === 0) continue;
            pixels.set(colour, place * 3);
            owner[place] = at + 1;
          }
          drawn.push(at + 1);
          // An empty line is the end of a word; what belongs to no word is one by itself.
          if (lines.length > 0 && (mask.group === 0 || mask.group !== group)) lines.push('');
          group = mask.group;
          const { x, y } = bounds;
          const text = String(mask.attributes.get('text') ?? '').replace(/[\r\n]+/g, ' ');
          const given = mask.attributes.get('center');
          const center = typeof given === 'string' && /^\S+ \S+$/.test(given) ? given : '. .';
          const box = `${x} ${y} ${x + bounds.width} ${y + bounds.height}`;
          lines.push(`${text === ' ' ? '#' : ''}${colour.join(' ')} ${center} ${box} "${text}"`);
        }
        loseCovered(drawn, owner, lose);
        await output.bytes(`${item.subset}/${id}_GT.bmp`, bmpBytes({ width, height, pixels }));
      }
      await output.text(`${item.subset}/${id}_GT.txt`, lines.map((line) => `${line}\n`).join(''));
    },
  });
}

const order = (mask: Mask): number => {
  const index = mask.attributes.get('index');
  return typeof index === 'number' ? index : mask.zOrder;
};

/** The colour that a mask had, where no other has it, else one of its own. */
function colourOf(given: AttributeValue | undefined, index: number, used: Set<number>): Colour {
  const own = typeof given === 'string' ? given.split(' ').map(Number) : [];
  const sound =
    own.length === 3 && own.every((value) => Number.isInteger(value) && value >= 0 && value <= 255);
  let colour: Colour = sound ? [own[0]!, own[1]!, own[2]!] : vocColour(index + 1);
  for (let next = index + 1; used.has(packed(...colour)); next += 1) colour = vocColour(next);
  used.add(packed(...colour));
  return colour;
}

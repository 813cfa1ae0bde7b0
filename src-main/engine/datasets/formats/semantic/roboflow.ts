import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile } from '../../files/folder.ts';
import { fileNameOf, folderOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import {
  type Abilities,
  type Dataset,
  type Format,
  type Listing,
  noAbilities,
  type ReadOptions,
  type Verdict,
  type WriteOptions,
  type WriteReport,
} from '../../format.ts';
import { type Annotation, type Categories, CategoryBuilder, ProblemLog } from '../../model/index.ts';
import { csvRows, csvText } from '../common/csv.ts';
import { grey16Png } from '../common/masks.ts';
import { grey8Png, paintMasks, readClassMasks, valueOfClass } from '../common/paint.ts';
import { below, imageItem, joinSubset, Pictures, splitSubset } from '../common/read.ts';
import { writeSet } from '../common/write.ts';

const tableName = '_classes.csv';

/** A mask's name is its picture's with this behind it. */
const maskEnd = '_mask.png';

const background = /^back_?ground$/i;

const abilities: Abilities = {
  ...noAbilities,
  types: ['mask'],
  subsets: true,
  limits: { needsClass: true, flatMasks: 'class' },
};

/** Whether a table begins as Roboflow's list of what the pixels of masks stand for: `Pixel Value, Class`. */
export const isMaskTable = (head: string): boolean => /^\W*pixel\s+value\b/i.test(head);

async function detect(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => fileNameOf(name) === tableName).slice(0, 4)) {
    if (!isMaskTable(await listing.head(path))) continue;
    const hasMasks = listing.files.some((name) => name.endsWith(maskEnd));
    return {
      confidence: hasMasks ? 0.97 : 0.8,
      reasons: [`${path} says what the pixels of masks stand for.`],
      against: hasMasks ? [] : [`No picture is called …${maskEnd}.`],
    };
  }
  return null;
}

/** A folder with a table, and the class of each value in its masks. */
interface Part {
  readonly folder: string;
  readonly numbers: readonly (number | undefined)[];
}

/** Reads `[<subset>/]_classes.csv` with `<picture>_mask.png` beside the pictures. */
async function read(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const parts: Part[] = [];
  for await (const path of filesUnder(folder)) {
    if (fileNameOf(path) !== tableName) continue;
    const numbers = await valuesIn(folder, path, builder, problems);
    if (numbers !== null) parts.push({ folder: folderOf(path), numbers });
  }
  if (parts.length === 0) {
    const what = `${tableName} that says what the pixels of masks stand for`;
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${what} in ${folder}.`);
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const part of parts) {
        const pictures = new Pictures(folder);
        for await (const file of filesUnder(folder, part.folder)) {
          options.signal?.throwIfAborted();
          const owner = parts.filter((other) => isIn(file, other.folder)).sort(byDepth)[0];
          if (!isPicture(file) || owner !== part) continue;
          const isMask = file.endsWith(maskEnd);
          const of = isMask ? await pictures.find(file.slice(0, -maskEnd.length)) : file;
          // A mask comes with its picture, and by itself where that is missing.
          if (isMask && of !== null) continue;
          const picture = of ?? `${file.slice(0, -maskEnd.length)}.jpg`;
          const mask = isMask ? file : `${stemOf(file)}${maskEnd}`;
          const annotations = await masksOf(folder, mask, part, problems);
          const { subset, rest } = splitSubset(stemOf(picture));
          yield await imageItem(folder, picture, { id: rest, subset, annotations });
        }
      }
    },
  };
}

const isIn = (file: string, folder: string): boolean => folder === '' || file.startsWith(`${folder}/`);
const byDepth = (a: Part, b: Part): number => b.folder.length - a.folder.length;

/** The classes of values; null where the table is another one. */
async function valuesIn(
  folder: string,
  path: string,
  builder: CategoryBuilder,
  problems: ProblemLog,
): Promise<readonly (number | undefined)[] | null> {
  const numbers: (number | undefined)[] = [];
  const complain = (line: number, reason: string): void => problems.add(path, `line ${line}`, reason);
  let isHead = true;
  for await (const { fields, line } of csvRows(inside(folder, path), complain, [])) {
    const [given = '', name = ''] = fields;
    if (isHead) {
      if (!isMaskTable(given)) return null;
      isHead = false;
      continue;
    }
    const value = Number(given);
    if (!/^\d+$/.test(given) || value > 65_535 || name === '')
      complain(line, 'no value of a pixel with its class');
    else if (!(value === 0 && background.test(name))) numbers[value] = builder.named(name);
  }
  return isHead ? null : numbers;
}

async function masksOf(
  folder: string,
  mask: string,
  { numbers }: Part,
  problems: ProblemLog,
): Promise<Annotation[]> {
  const path = inside(folder, mask);
  if (!(await isFile(path))) return [];
  try {
    const classes = { byColour: new Map<number, number>(), byNumber: numbers };
    return await readClassMasks(path, classes, (reason) => problems.add(mask, '', reason));
  } catch (thrown) {
    problems.add(mask, '', reasonOf(thrown));
    return [];
  }
}

/** Values of the classes in the masks: 0 is what belongs to none. */
function valuesOf({ labels }: Categories): { readonly table: string; readonly shift: number } {
  const hasBackground = labels[0] !== undefined && background.test(labels[0].name);
  const names = labels.map(({ name }) => name);
  const rows = hasBackground ? names : ['background', ...names];
  const table = csvText([['Pixel Value', 'Class'], ...rows.map((name, value) => [value, name])]);
  return { table, shift: hasBackground ? 0 : 1 };
}

function write(dataset: Dataset, folder: string, options: WriteOptions): Promise<WriteReport> {
  const { table, shift } = valuesOf(dataset.categories);
  const folders = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => joinSubset(item.subset, name, () => undefined),
    async each({ item, id, annotations, output, lose, note }) {
      folders.add(folderOf(joinSubset(item.subset, 'x', note)));
      const painted = paintMasks(annotations, valueOfClass(shift), lose);
      if (painted === null) return;
      const wide = dataset.categories.labels.length + shift > 256;
      const png = wide ? await grey16Png(Uint16Array.from(painted.values), painted) : await grey8Png(painted);
      await output.bytes(
        joinSubset(item.subset, `${id}${maskEnd}`, () => undefined),
        png,
      );
    },
    async finish(output) {
      for (const path of folders.size === 0 ? [''] : folders)
        await output.text(below(path, tableName), table);
    },
  });
}

/** Roboflow's masks for semantic segmentation: https://roboflow.com/formats/semantic-segmentation-masks */
export const roboflowMaskFormat: Format = {
  name: 'roboflow_mask',
  title: 'Mask pictures (Roboflow)',
  aliases: ['roboflow_semantic_segmentation', 'roboflow_png_mask', 'png_mask_semantic'],
  abilities,
  detect,
  read,
  write,
};

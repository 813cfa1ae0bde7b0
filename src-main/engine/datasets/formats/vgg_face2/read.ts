import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, numberOf, ProblemLog } from '../../model/index.ts';
import { type CsvRow, csvRows } from '../common/csv.ts';
import { linesOf } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';
import { boxBetween, foldersIn, imageItem, Pictures, plainShape, take } from '../common/read.ts';

export const noLabel = 'no_label';
export const classFile = 'labels.txt';
export const boxColumns = ['NAME_ID', 'X', 'Y', 'W', 'H'];
export const pointColumns = ['NAME_ID', ...[1, 2, 3, 4, 5].flatMap((point) => [`P${point}X`, `P${point}Y`])];

const tableName = /^loose_(?:bb|landmark)_(.+)\.csv$/;

/** Reads `bb_landmark/loose_bb_<subset>.csv` and `loose_landmark_<subset>.csv`, and `<subset>/<person>/`. */
export async function readVggFace2(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const subsets = new Set<string>();
  for (const name of await namesIn(inside(folder, 'bb_landmark'))) {
    const subset = tableName.exec(name)?.[1];
    if (subset !== undefined) subsets.add(subset);
  }
  if (subsets.size === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no table bb_landmark/loose_… in ${folder}.`);
  const builder = await readClasses(folder, subsets);
  const pictures = new Pictures(folder);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const subset of subsets) {
        for (const [id, annotations] of await facesOf(folder, subset, builder, problems)) {
          options.signal?.throwIfAborted();
          const stem = `${subset}/${id}`;
          yield await imageItem(folder, (await pictures.find(stem)) ?? `${stem}.jpg`, {
            id,
            subset,
            annotations,
          });
        }
      }
    },
  };
}

/** `person above` on each line; people's folders where there is no list. */
async function readClasses(folder: string, subsets: ReadonlySet<string>): Promise<CategoryBuilder> {
  const builder = new CategoryBuilder();
  const add = builder.scope();
  const listed = await linesOf(folder, classFile);
  const meta = await readMeta(folder);
  if (meta !== null) for (const name of meta) add({ name, parent: '', attributes: [] });
  else if (listed.length > 0) {
    for (const [, line] of listed) {
      const [name = '', ...parent] = line.split(/\s+/);
      add({ name, parent: parent.join(' '), attributes: [] });
    }
  } else {
    for (const subset of subsets) {
      for (const name of await foldersIn(inside(folder, subset))) if (name !== noLabel) builder.named(name);
    }
  }
  return builder;
}

async function facesOf(
  folder: string,
  subset: string,
  builder: CategoryBuilder,
  problems: ProblemLog,
): Promise<Map<string, Annotation[]>> {
  const faces = new Map<string, Annotation[]>();
  const read = async (
    name: string,
    columns: readonly string[],
    make: (numbers: number[], label: number | null) => Annotation,
  ): Promise<void> => {
    const file = `bb_landmark/${name}_${subset}.csv`;
    if (!(await isFile(inside(folder, file)))) return;
    const complain = (line: number, reason: string): void => problems.add(file, `line ${line}`, reason);
    for await (const row of csvRows(inside(folder, file), complain)) {
      const id = safeRelative(row.get('NAME_ID'));
      if (id === null) {
        complain(row.line, "the picture's name is missing or leaves the set's folder");
        continue;
      }
      const person = id.includes('/') ? id.slice(0, id.indexOf('/')) : noLabel;
      const label = person === noLabel ? null : (builder.find(person) ?? null);
      if (label === null && person !== noLabel) complain(row.line, `there is no class ${person}`);
      const annotations = faces.get(id) ?? [];
      faces.set(id, annotations);
      const numbers = numbersIn(row, columns);
      if (numbers !== null) take(make(numbers, label), annotations, (reason) => complain(row.line, reason));
      else if (label !== null && !annotations.some(({ type }) => type === 'label')) {
        annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
      }
    }
  };
  await read('loose_landmark', pointColumns.slice(1), (points, label) => ({
    ...plainShape(label),
    type: 'points',
    points,
    visibility: points.slice(points.length / 2).map(() => 2),
  }));
  await read('loose_bb', boxColumns.slice(1), ([x, y, width, height], label) =>
    boxBetween(plainShape(label), x!, y!, x! + width!, y! + height!),
  );
  return faces;
}

/** The numbers of a row, or null where it has none: then it only says that the picture is there. */
function numbersIn(row: CsvRow, columns: readonly string[]): number[] | null {
  const values = columns.map((column) => row.get(column));
  return values.every((value) => value === '') ? null : values.map(numberOf);
}

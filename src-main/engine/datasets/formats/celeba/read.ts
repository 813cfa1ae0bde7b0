import { RefineryError } from '../../../../contract/errors.ts';
import { isFile } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, numberOf, ProblemLog } from '../../model/index.ts';
import { linesOf } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';
import { boxBetween, imageItem, Pictures, plainShape, take } from '../common/read.ts';

interface Face {
  readonly labels: number[];
  points: readonly number[] | null;
  box: readonly number[] | null;
  readonly attributes: Map<string, boolean>;
  subset: string;
}

const subsetOf = new Map([
  ['0', 'train'],
  ['1', 'val'],
  ['2', 'test'],
]);

/** Most people; a higher number is a mistake and would cost memory. */
const mostLabels = 1_000_000;

/** Reads `Anno/` and `Eval/` with a line for each picture: person, box, five points, attributes, subset. */
export async function readCeleba(
  folder: string,
  aligned: boolean,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const people = 'Anno/identity_CelebA.txt';
  if (!(await isFile(inside(folder, people))))
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${people} in ${folder}.`);
  const faces = new Map<string, Face>();
  const face = (id: string): Face => {
    const known = faces.get(id) ?? {
      labels: [],
      points: null,
      box: null,
      attributes: new Map(),
      subset: 'default',
    };
    faces.set(id, known);
    return known;
  };
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  for await (const { id, fields, complain } of rows(folder, people, 0, problems)) {
    for (const number of fields.map(numberOf)) {
      if (!(number >= 0 && number < mostLabels && Number.isInteger(number)))
        complain('the person has no number');
      else {
        // The numbers of people begin with 1; 0 is a class that nobody is.
        while (builder.size <= number) builder.named(`class-${builder.size}`);
        face(id).labels.push(number);
      }
    }
  }
  const marks = aligned ? 'Anno/list_landmarks_align_celeba.txt' : 'Anno/list_landmarks_celeba.txt';
  for await (const { id, fields, complain } of rows(folder, marks, 2, problems)) {
    if (fields.length === 10) face(id).points = fields.map(numberOf);
    else complain('there are not five points');
  }
  if (!aligned) {
    for await (const { id, fields, complain } of rows(folder, 'Anno/list_bbox_celeba.txt', 2, problems)) {
      if (fields.length === 4) face(id).box = fields.map(numberOf);
      else complain('a box has four numbers');
    }
  }
  const names = (await linesOf(folder, 'Anno/list_attr_celeba.txt'))[1]?.[1].split(/\s+/) ?? [];
  for await (const { id, fields, complain } of rows(folder, 'Anno/list_attr_celeba.txt', 2, problems)) {
    if (fields.length !== names.length) complain('there are not as many attributes as the head names');
    else
      for (const [index, name] of names.entries()) face(id).attributes.set(name, numberOf(fields[index]) > 0);
  }
  for await (const { id, fields, complain } of rows(folder, 'Eval/list_eval_partition.txt', 0, problems)) {
    const subset = subsetOf.get(fields[0] ?? '');
    if (subset === undefined) complain('the subset is none of 0, 1 and 2');
    else face(id).subset = subset;
  }
  const pictures = new Pictures(folder);
  const images = aligned ? 'Img/img_align_celeba' : 'Img/img_celeba';
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const [id, own] of faces) {
        options.signal?.throwIfAborted();
        const annotations: Annotation[] = own.labels.map((label) => ({
          type: 'label',
          id: 0,
          group: 0,
          label,
          attributes: noAttributes,
        }));
        const shape = plainShape(own.labels[0] ?? null);
        const complain = (reason: string): void => problems.add('Anno', `item ${id}`, reason);
        if (own.points !== null) {
          take(
            { ...shape, type: 'points', points: own.points, visibility: [2, 2, 2, 2, 2] },
            annotations,
            complain,
          );
        }
        const [x, y, width, height] = own.box ?? [];
        if (own.box !== null)
          take(boxBetween(shape, x!, y!, x! + width!, y! + height!), annotations, complain);
        const stem = `${images}/${id}`;
        const picture = (await pictures.find(stem)) ?? `${stem}.jpg`;
        yield await imageItem(folder, picture, { id, subset: own.subset, annotations }, null, own.attributes);
      }
    },
  };
}

/** Lines of a table: a picture's name, in quotes where it has spaces, and fields. */
async function* rows(
  folder: string,
  file: string,
  head: number,
  problems: ProblemLog,
): AsyncGenerator<{ id: string; fields: string[]; complain(reason: string): void }> {
  for (const [number, line] of (await linesOf(folder, file)).slice(head)) {
    const [, quoted, plain = '', rest = ''] = /^(?:"([^"]*)"|(\S+))\s*(.*)$/.exec(line) ?? [];
    const name = safeRelative(quoted ?? plain);
    const complain = (reason: string): void => problems.add(file, `line ${number}`, reason);
    if (name === null) complain("the picture's name is missing or leaves the set's folder");
    else yield { id: stemOf(name), fields: rest.split(/\s+/).filter((field) => field !== ''), complain };
  }
}

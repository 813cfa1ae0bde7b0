import { RefineryError } from '../../../../contract/errors.ts';
import { isFile } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  type Categories,
  field,
  type Item,
  isRecord,
  numberOf,
  ProblemLog,
  type Visibility,
} from '../../model/index.ts';
import { jsonElements } from '../common/json.ts';
import { type NumberArray, readNpy } from '../common/npy.ts';
import { boxBetween, imageItem, plainShape, take } from '../common/read.ts';

export const annotationFile = 'mpii_annotations.json';

/** MPII's sixteen joints, and which of them belong together, counted from 1. */
export const jointNames = [
  'r_ankle',
  'r_knee',
  'r_hip',
  'l_hip',
  'l_knee',
  'l_ankle',
  'pelvis',
  'thorax',
  'upper_neck',
  'head top',
  'r_wrist',
  'r_elbow',
  'r_shoulder',
  'l_shoulder',
  'l_elbow',
  'l_wrist',
];
const joints = [
  [1, 2],
  [2, 3],
  [3, 7],
  [4, 5],
  [4, 7],
  [5, 6],
  [7, 8],
  [8, 9],
  [9, 10],
  [9, 13],
  [9, 14],
  [11, 12],
  [12, 13],
  [14, 15],
  [15, 16],
] as const;

export const mpiiCategories: Categories = {
  labels: [{ name: 'human', parent: '', attributes: [] }],
  attributes: [],
  skeletons: new Map([[0, { points: jointNames, joints }]]),
  colours: new Map(),
};

/** What the files beside the JSON say of its entries, each of which is a person. */
interface Arrays {
  /** [corner, x or y, entry] */
  readonly heads: NumberArray | null;
  /** [joint, entry] */
  readonly visible: NumberArray | null;
  /** [joint, x or y, entry] */
  readonly positions: NumberArray | null;
}

/** Entries of one picture, with their numbers. */
type Entry = readonly [index: number, fields: Readonly<Record<string, unknown>>];

/**
 * Reads `mpii_annotations.json`, an entry for each person, in which the others of the picture are named again. All of the
 * entries are in memory: those of a picture need not be in a row.
 */
export async function readMpii(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  if (!(await isFile(inside(folder, annotationFile))))
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${annotationFile} in ${folder}.`);
  return {
    categories: mpiiCategories,
    media: 'image',
    problems,
    async *items() {
      const arrays: Arrays = {
        heads: await arrayOf(folder, 'mpii_headboxes.npy', problems),
        visible: await arrayOf(folder, 'jnt_visible.npy', problems),
        positions: await arrayOf(folder, 'mpii_pos_gt.npy', problems),
      };
      const pictures = new Map<string, Entry[]>();
      let index = -1;
      for await (const value of jsonElements(inside(folder, annotationFile))) {
        options.signal?.throwIfAborted();
        index += 1;
        const name = isRecord(value) ? field(value, 'img_paths') : undefined;
        const path = typeof name === 'string' ? safeRelative(name) : null;
        if (path === null || !isRecord(value)) {
          problems.add(
            annotationFile,
            `[${index}]`,
            "the picture's name is missing or leaves the set's folder",
          );
          continue;
        }
        const entries = pictures.get(path);
        if (entries === undefined) pictures.set(path, [[index, value]]);
        else entries.push([index, value]);
      }
      for (const [path, entries] of pictures) {
        options.signal?.throwIfAborted();
        const annotations = peopleOf(entries, arrays, (place, reason) =>
          problems.add(annotationFile, `[${place}]`, reason),
        );
        yield await pictureItem(folder, path, { subset: 'default', annotations });
      }
    },
  };
}

/** A picture of MPII, which lies beside the annotations' file or in `images`. */
export async function pictureItem(
  folder: string,
  path: string,
  given: Pick<Item, 'subset' | 'annotations'>,
): Promise<Item> {
  const below = (await isFile(inside(folder, path))) ? path : `images/${path}`;
  const there = await isFile(inside(folder, below));
  return await imageItem(folder, there ? below : path, { id: stemOf(path), ...given });
}

async function arrayOf(folder: string, name: string, problems: ProblemLog): Promise<NumberArray | null> {
  if (!(await isFile(inside(folder, name)))) return null;
  try {
    return await readNpy(inside(folder, name));
  } catch (thrown) {
    problems.add(name, '', reasonOf(thrown));
    return null;
  }
}

/** Each person of a picture once: its own entry first, then the others that no entry is of. */
function peopleOf(
  entries: readonly Entry[],
  arrays: Arrays,
  complain: (place: number, reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  const known = new Set<string>();
  let group = 0;
  const add = (
    index: number,
    given: unknown,
    attributes: Map<string, AttributeValue>,
    own: boolean,
  ): void => {
    const made = jointsOf(given, own ? arrays : null, index);
    const key = JSON.stringify(made.points);
    if (!own && known.has(key)) return;
    known.add(key);
    group += 1;
    const shape = plainShape(0, attributes, 0, group);
    take({ ...shape, type: 'points', ...made }, annotations, (reason) => complain(index, reason));
    const { heads } = arrays;
    if (!own || heads === null || index >= (heads.shape[2] ?? 0)) return;
    const [x0, y0, x1, y1] = [
      heads.at(0, 0, index),
      heads.at(0, 1, index),
      heads.at(1, 0, index),
      heads.at(1, 1, index),
    ];
    take(
      boxBetween(plainShape(0, new Map([['part', 'head']]), 0, group), x0, y0, x1, y1),
      annotations,
      (reason) => complain(index, reason),
    );
  };
  for (const [index, fields] of entries)
    add(index, field(fields, 'joint_self'), about(fields, '', 0, 1), true);
  for (const [index, fields] of entries) {
    const others = field(fields, 'joint_others');
    const all = Array.isArray(others) ? others : [];
    // A single other person is not in a list of its own.
    const people = Array.isArray(all[0]) && typeof all[0][0] === 'number' ? [all] : all;
    for (const [at, given] of people.entries())
      add(index, given, about(fields, '_other', at, people.length), false);
  }
  return annotations;
}

function about(
  fields: Readonly<Record<string, unknown>>,
  ending: string,
  at: number,
  count: number,
): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  const centre = field(fields, `objpos${ending}`);
  const own =
    Array.isArray(centre) && Array.isArray(centre[0]) ? centre[at] : count === 1 ? centre : undefined;
  if (Array.isArray(own)) attributes.set('center', own.map(numberOf));
  const scale = field(fields, `scale_provided${ending}`);
  const number = numberOf(Array.isArray(scale) ? scale[at] : scale);
  if (Number.isFinite(number)) attributes.set('scale', number);
  return attributes;
}

/** Joints `[x, y, seen]`: seen is 1 or 0, and a joint that is nowhere is at 0, 0. */
function jointsOf(
  given: unknown,
  arrays: Arrays | null,
  index: number,
): { readonly points: number[]; readonly visibility: Visibility[] } {
  const list = Array.isArray(given) ? given : [];
  const { positions, visible } = arrays ?? { positions: null, visible: null };
  const places: number[] = [];
  const visibility: Visibility[] = [];
  const exact = positions !== null && index < (positions.shape[2] ?? 0) ? positions : null;
  for (let joint = 0; joint < jointNames.length; joint += 1) {
    const row: readonly unknown[] = Array.isArray(list[joint]) ? list[joint] : [];
    const [x, y] =
      exact === null
        ? [numberOf(row[0]), numberOf(row[1])]
        : [exact.at(joint, 0, index), exact.at(joint, 1, index)];
    const known = visible !== null && index < (visible.shape[1] ?? 0);
    const seen = known ? visible.at(joint, index) : exact === null ? numberOf(row[2]) : 1;
    places.push(x, y);
    visibility.push(seen > 0 ? 2 : x === 0 && y === 0 ? 0 : 1);
  }
  return { points: places, visibility };
}

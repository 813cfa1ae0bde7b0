import { RefineryError } from '../../../../contract/errors.ts';
import { namesIn } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, Listing, ReadOnlyFormat, ReadOptions, Verdict } from '../../format.ts';
import { type Annotation, type AttributeValue, ProblemLog, type Visibility } from '../../model/index.ts';
import { type MatStruct, type MatValue, readMat } from '../common/mat.ts';
import { boxBetween, plainShape, take } from '../common/read.ts';
import { jointNames, mpiiCategories, pictureItem } from './read.ts';

const isMat = (path: string): boolean => /^[^/]+\.mat$/i.test(path);

async function detect({ files }: Listing): Promise<Verdict | null> {
  const found = files.filter(isMat);
  const [first] = found;
  if (first === undefined || found.length > 1) return null;
  if (/mpii/i.test(first)) return { confidence: 0.95, reasons: [`There is ${first}.`], against: [] };
  return {
    confidence: 0.3,
    reasons: [`There is one MATLAB file, ${first}.`],
    against: ['MATLAB files may hold anything.'],
  };
}

/** MPII Human Pose as it is published, in MATLAB's format: http://human-pose.mpi-inf.mpg.de/ */
export const mpiiMatFormat: ReadOnlyFormat = {
  name: 'mpii',
  title: 'MPII Human Pose (MATLAB)',
  aliases: ['mpii_mat'],
  abilities: null,
  detect,
  read: readMpiiMat,
};

/** One picture: the subset that it is in, and what the list has of it. */
interface Listed {
  readonly subset: string;
  readonly entries: MatStruct[];
}

/**
 * Reads `RELEASE` of the one `.mat` in a folder: a list of pictures with the people in them. The file is in memory, people
 * are read as they are come to.
 * Pictures lie beside it, or in `images`. Those with `img_train` 1 are `train`, the others `test`, which has no people.
 */
async function readMpiiMat(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const file = (await namesIn(folder)).filter(isMat).sort()[0];
  if (file === undefined) throw new RefineryError('INPUT_NOT_FOUND', `There is no MATLAB file in ${folder}.`);
  return {
    categories: mpiiCategories,
    media: 'image',
    problems,
    async *items() {
      for (const [path, { subset, entries }] of await picturesIn(inside(folder, file), file, problems)) {
        options.signal?.throwIfAborted();
        const complain = (reason: string): void => problems.add(file, path, reason);
        const annotations: Annotation[] = [];
        let group = 0;
        for (const entry of entries) {
          try {
            for (const person of structsIn(entry.get('annorect'))) {
              group += 1;
              annotations.push(...personOf(person, group, complain));
            }
          } catch (cause) {
            complain(reasonOf(cause));
          }
        }
        yield await pictureItem(folder, path, { subset, annotations });
      }
    },
  };
}

async function picturesIn(
  path: string,
  name: string,
  problems: ProblemLog,
): Promise<ReadonlyMap<string, Listed>> {
  const pictures = new Map<string, Listed>();
  const { entries, marks } = await releaseIn(path).catch((cause: unknown) => {
    throw new RefineryError('INPUT_CORRUPT', `${name} can’t be read: ${reasonOf(cause)}.`, {
      cause,
    });
  });
  const trained = marks?.kind === 'numbers' && marks.values.length === entries.length ? marks.values : null;
  for (const [index, entry] of entries.entries()) {
    const complain = (reason: string): void => problems.add(name, `annolist(${index + 1})`, reason);
    try {
      const image = entry.get('image');
      const title = image?.kind === 'structs' ? image.values[0]?.get('name') : image;
      const picture = title?.kind === 'text' ? safeRelative(title.text) : null;
      if (picture === null || picture === '') {
        complain('the picture’s name is missing or leaves the set’s folder');
        continue;
      }
      const subset = trained === null ? 'default' : trained[index] === 1 ? 'train' : 'test';
      const known = pictures.get(picture) ?? { subset, entries: [] };
      known.entries.push(entry);
      pictures.set(picture, known);
    } catch (cause) {
      complain(reasonOf(cause));
    }
  }
  return pictures;
}

/** @throws {Error} with the reason. */
async function releaseIn(
  path: string,
): Promise<{ readonly entries: readonly MatStruct[]; readonly marks: MatValue | undefined }> {
  const [release] = structsIn((await readMat(path)).get('RELEASE'));
  if (!release) throw new Error('it has no RELEASE, which MPII’s annotations are in');
  return { entries: structsIn(release.get('annolist')), marks: release.get('img_train') };
}

const structsIn = (value: MatValue | undefined): readonly MatStruct[] =>
  value?.kind === 'structs' ? value.values : [];

/** The one number of a value; NaN for anything else. Marks are texts in some releases. */
function numberIn(value: MatValue | undefined): number {
  if (value?.kind === 'text') return value.text.trim() === '' ? Number.NaN : Number(value.text);
  return value?.kind === 'numbers' && value.values.length === 1 ? value.values[0]! : Number.NaN;
}

/** A person's joints and head; nothing of whom only the place is told. */
function personOf(person: MatStruct, group: number, complain: (reason: string) => void): Annotation[] {
  const made: Annotation[] = [];
  const attributes = new Map<string, AttributeValue>();
  const scale = numberIn(person.get('scale'));
  if (Number.isFinite(scale)) attributes.set('scale', scale);
  const [place] = structsIn(person.get('objpos'));
  const centre = ['x', 'y'].map((axis) => numberIn(place?.get(axis)));
  if (centre.every(Number.isFinite)) attributes.set('center', centre);
  const joints = structsIn(structsIn(person.get('annopoints'))[0]?.get('point'));
  if (joints.length > 0) {
    const points = Array<number>(2 * jointNames.length).fill(0);
    const visibility = Array<Visibility>(jointNames.length).fill(0);
    for (const joint of joints) {
      const id = numberIn(joint.get('id'));
      if (!(id in jointNames)) {
        complain(`a joint has the number ${id}`);
        continue;
      }
      points[2 * id] = numberIn(joint.get('x'));
      points[2 * id + 1] = numberIn(joint.get('y'));
      // Where nothing is said, as of the neck, it is seen.
      visibility[id] = numberIn(joint.get('is_visible')) === 0 ? 1 : 2;
    }
    take({ ...plainShape(0, attributes, 0, group), type: 'points', points, visibility }, made, complain);
  }
  const [x0, y0, x1, y1] = ['x1', 'y1', 'x2', 'y2'].map((side) => numberIn(person.get(side)));
  const hasHead = [x0, y0, x1, y1].some((side) => !Number.isNaN(side));
  if (hasHead) {
    const shape = plainShape(0, new Map([['part', 'head']]), 0, group);
    take(boxBetween(shape, x0!, y0!, x1!, y1!), made, complain);
  }
  return made;
}

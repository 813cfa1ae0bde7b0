import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile } from '../../files/folder.ts';
import { inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, CategoryBuilder, noAttributes, numberOf, ProblemLog } from '../../model/index.ts';
import { linesOf } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';
import { below, imageItem, plainShape, subsetFolders, take } from '../common/read.ts';

/** What is known of a picture. */
export interface Face {
  person: string | null;
  readonly positive: string[];
  readonly negative: string[];
  readonly landmarks: number[][];
}

/** `Anna` and `3` are `Anna/Anna_0003`; a number that is none is a file's name. */
export function faceName(person: string, number: string): { readonly path: string; readonly id: string } {
  const id = /^\d+$/.test(number) ? `${person}_${number.padStart(4, '0')}` : number;
  return { path: `${person}/${id}`, id };
}

/** Reads `[<subset>/]annotations/pairs.txt`, `people.txt`, `landmarks.txt` and `images/<person>/`. */
export async function readLfw(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = await subsetFolders(folder, (path) => isFile(inside(path, 'annotations/pairs.txt')));
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no annotations/pairs.txt in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  for (const { path } of parts) {
    for (const [, line] of await linesOf(folder, below(path, 'annotations/people.txt'))) {
      const fields = line.split('\t');
      if (fields.length === 2) builder.named(fields[0]!);
    }
    for (const { person } of (await facesOf(folder, path, () => undefined)).values()) {
      if (person !== null) builder.named(person);
    }
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path } of parts) {
        const images = below(path, 'images');
        const pictures = new Map<string, string>();
        for await (const file of filesUnder(folder, images)) {
          if (isPicture(file)) pictures.set(stemOf(file.slice(images.length + 1)), file);
        }
        const complain = (file: string, line: number, reason: string): void =>
          problems.add(file, `line ${line}`, reason);
        for (const [id, face] of await facesOf(folder, path, complain)) {
          options.signal?.throwIfAborted();
          const label = face.person === null ? null : builder.find(face.person)!;
          const annotations: Annotation[] = [];
          if (label !== null) {
            const attributes = new Map<string, string[]>();
            if (face.positive.length > 0) attributes.set('positive_pairs', face.positive);
            if (face.negative.length > 0) attributes.set('negative_pairs', face.negative);
            annotations.push({ type: 'label', id: 0, group: 0, label, attributes });
          }
          for (const points of face.landmarks) {
            const visibility = points.slice(points.length / 2).map(() => 2 as const);
            take(
              { ...plainShape(label, noAttributes), type: 'points', points, visibility },
              annotations,
              (reason) => problems.add(below(path, 'annotations/landmarks.txt'), `item ${id}`, reason),
            );
          }
          const stem = face.person === null ? id : `${face.person}/${id}`;
          const picture = pictures.get(stem) ?? pictures.get(id) ?? `${images}/${stem}.jpg`;
          yield await imageItem(folder, picture, { id, subset, annotations });
        }
      }
    },
  };
}

/** Every picture that the lists name, in the order in which they do. */
async function facesOf(
  folder: string,
  part: string,
  complain: (file: string, line: number, reason: string) => void,
): Promise<Map<string, Face>> {
  const faces = new Map<string, Face>();
  const face = (id: string, person: string | null): Face => {
    const known = faces.get(id) ?? { person, positive: [], negative: [], landmarks: [] };
    known.person ??= person;
    faces.set(id, known);
    return known;
  };
  const single = (path: string): Face => {
    const slash = path.indexOf('/');
    return slash < 0 ? face(path, null) : face(path.slice(slash + 1), path.slice(0, slash));
  };
  const pairs = below(part, 'annotations/pairs.txt');
  for (const [number, line] of await linesOf(folder, pairs)) {
    const fields = line.split('\t').map((text) => text.trim());
    const [person = '', first = '', third = '', fourth = ''] = fields;
    // Two numbers are the original's head: folds, and pairs in each.
    if (fields.length === 2 && /^\d+$/.test(person)) continue;
    const names = fields.length === 3 ? [faceName(person, first), faceName(person, third)] : [];
    if (fields.length === 4) {
      names.push(
        faceName(person, first),
        third === '-' ? { path: fourth, id: fourth } : faceName(third, fourth),
      );
    }
    const safe = fields.length === 1 ? [safeRelative(person)] : names.map(({ path }) => safeRelative(path));
    if (safe.length === 0 || safe.includes(null)) {
      complain(pairs, number, "the line is neither a picture nor a pair, or a path leaves the set's folder");
    } else if (fields.length === 1) single(safe[0]!);
    else {
      const [one, other] = names as [(typeof names)[0], (typeof names)[0]];
      const own = face(one.id, person);
      face(other.id, fields.length === 3 ? person : third === '-' ? null : third);
      (fields.length === 3 ? own.positive : own.negative).push(other.path);
    }
  }
  const landmarks = below(part, 'annotations/landmarks.txt');
  for (const [number, line] of await linesOf(folder, landmarks)) {
    const [name = '', ...values] = line.split('\t');
    const path = safeRelative(stemOf(name));
    if (path === null)
      complain(landmarks, number, "the picture's name is missing or leaves the set's folder");
    else single(path).landmarks.push(values.map(numberOf));
  }
  return faces;
}

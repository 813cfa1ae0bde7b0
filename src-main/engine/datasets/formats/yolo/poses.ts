import { type Categories, isRecord, type JsonValue, type Skeleton, wholeOf } from '../../model/index.ts';
import type { PointShape } from './lines.ts';
import { isMirroring, mirroredByNames } from './mirror.ts';
import { type DataYaml, textOf, type YamlValue, yamlScalar } from './yaml.ts';

/** Is told a field and what is wrong with it. */
type Tell = (name: string, reason: string) => void;

/** What `kpt_shape` says, or null where it is no shape. */
export function shapeOf(value: YamlValue | undefined): PointShape | null {
  if (value === undefined || typeof value === 'string' || value instanceof Map) return null;
  const [points, numbers] = (value as readonly string[]).map(Number);
  const usable =
    Number.isInteger(points) && points! > 0 && points! <= 1000 && (numbers === 2 || numbers === 3);
  return usable ? { points: points!, numbers: numbers! } : null;
}

/**
 * The skeletons of all classes: `kpt_shape` has how many points they have, `kpt_names` their names by class, and
 * `flip_idx` which of them change places in a mirror. Points without names are called by their number.
 *
 * Source: https://docs.ultralytics.com/datasets/pose/
 */
export function readSkeletons(yaml: DataYaml, shape: PointShape, classes: number, tell: Tell): Skeleton[] {
  const mirrored = readMirrored(yaml.fields.get('flip_idx'), shape, tell);
  const more = mirrored === undefined ? {} : { mirrored };
  const plain: Skeleton = { points: numberNames(shape.points), joints: [], ...more };
  const names = readPointNames(yaml, shape, classes, tell);
  return Array.from({ length: classes }, (_, index) => {
    const points = names.get(index);
    return points === undefined ? plain : { ...plain, points };
  });
}

const numberNames = (length: number): string[] => Array.from({ length }, (_, at) => String(at));

function readMirrored(value: YamlValue | undefined, shape: PointShape, tell: Tell): number[] | undefined {
  if (value === undefined || value === '' || (Array.isArray(value) && value.length === 0)) return undefined;
  const mirrored = Array.isArray(value) ? value.map((entry) => wholeOf(entry, -1)) : [];
  if (isMirroring(mirrored, shape.points)) return mirrored;
  tell('flip_idx', 'it does not pair the points of kpt_shape, and is left out');
  return undefined;
}

function readPointNames(
  yaml: DataYaml,
  shape: PointShape,
  classes: number,
  tell: Tell,
): ReadonlyMap<number, readonly string[]> {
  const names = new Map<number, readonly string[]>();
  for (const [key, value] of Object.entries(pointNames(yaml, tell))) {
    const index = wholeOf(key, -1);
    const fits = Array.isArray(value) && value.length === shape.points;
    if (index < 0 || index >= classes) tell(`kpt_names, ${key}`, 'there is no class of this number');
    else if (!fits || !value.every((name) => typeof name === 'string')) {
      tell(`kpt_names, ${key}`, 'these are not as many names as kpt_shape has points');
    } else names.set(index, value);
  }
  return names;
}

function pointNames(yaml: DataYaml, tell: Tell): Readonly<Record<string, unknown>> {
  try {
    const value: JsonValue | undefined = yaml.value('kpt_names', textOf);
    if (value === undefined || value === '') return {};
    // A list of lists has the classes in their order.
    if (isRecord(value) || Array.isArray(value)) return { ...value };
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
  }
  tell('kpt_names', 'it does not name points by class');
  return {};
}

/**
 * One `flip_idx` for the skeletons of all classes, as a `data.yaml` has it. What a skeleton doesn't say itself is told by
 * the names of its points.
 *
 * @returns undefined where nothing is known, and null where the classes differ or what a skeleton says is no mirroring.
 */
export function commonMirroring(skeletons: Iterable<Skeleton>): readonly number[] | null | undefined {
  const known = [...new Set(skeletons)]
    .filter(({ points }) => points.length > 0)
    .map(({ points, mirrored }) => ({
      length: points.length,
      mirrored: mirrored ?? mirroredByNames(points),
    }));
  if (known.every(({ mirrored }) => mirrored === undefined)) return undefined;
  const { length, mirrored: whole } = known.reduce((a, b) => (b.length > a.length ? b : a));
  if (whole === undefined || !isMirroring(whole, length)) return null;
  const fits = ({ length: own, mirrored }: (typeof known)[number]): boolean =>
    mirrored?.length === own && mirrored.every((to, from) => whole[from] === to);
  return known.every(fits) ? whole : null;
}

/** `kpt_shape` and `flip_idx`. */
export function shapeLines({ skeletons }: Categories, shape: PointShape, tell: Tell): string[] {
  const lines = [`kpt_shape: [${shape.points}, ${shape.numbers}]`];
  const mirrored = commonMirroring(skeletons.values());
  if (mirrored === null) {
    tell('flip_idx', 'the points of the classes are not mirrored alike, so that it is left out');
  } else if (mirrored !== undefined) lines.push(`flip_idx: [${mirrored.join(', ')}]`);
  return lines;
}

/** `kpt_names`, for classes whose points have names and not only numbers. All lists are of the same length. */
export function nameLines({ skeletons }: Categories, shape: PointShape): string[] {
  const lines: string[] = [];
  const numbers = numberNames(shape.points);
  for (const [index, { points }] of [...skeletons].sort(([a], [b]) => a - b)) {
    if (points.every((name, at) => name === numbers[at])) continue;
    lines.push(`  ${index}:`);
    for (const name of [...points, ...numbers.slice(points.length)]) lines.push(`    - ${yamlScalar(name)}`);
  }
  return lines.length === 0 ? [] : ['kpt_names:', ...lines];
}

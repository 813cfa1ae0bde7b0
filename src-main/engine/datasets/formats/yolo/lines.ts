import { hull, rotatedCorners } from '../../convert.ts';
import {
  type Annotation,
  fault,
  isCrowd,
  noAttributes,
  numberOf,
  objectOf,
  type Points,
  type Size,
  type Visibility,
} from '../../model/index.ts';

/** What the lines of the label files are. */
export type LineKind = 'detect' | 'segment' | 'pose' | 'obb';

/** Points per object and numbers per point: `kpt_shape` in data.yaml. */
export interface PointShape {
  readonly points: number;
  readonly numbers: number;
}

const oddBlanks = /\s\s|[^\S ]/;

/**
 * Reads one line of a label file. All numbers are parts of the picture's width or height:
 *
 *     class centreX centreY width height [score]     detect
 *     class x0 y0 x1 y1 x2 y2 …                      segment
 *     class x0 y0 x1 y1 x2 y2 x3 y3                  obb
 *     class centreX centreY width height x y [v] …   pose
 *
 * A box in a set of outlines stays a box, and an outline in a set of boxes an outline: sets are mixed.
 *
 * @returns the annotations of the line, or a sentence about what is wrong with it.
 */
export function parseLine(
  line: string,
  kind: LineKind,
  index: number,
  size: Size,
  classes: number,
  shape: PointShape | null,
): readonly Annotation[] | string {
  const text = line.trim();
  // Nearly every line has single spaces, and looking for any white space takes twice as long.
  const values = oddBlanks.test(text) ? text.split(/\s+/) : text.split(' ');
  const label = numberOf(values[0]);
  if (!Number.isInteger(label) || label < 0) return 'the class is not a number';
  if (label >= classes) return 'there is no class of this number';
  const rest: number[] = [];
  for (let at = 1; at < values.length; at += 1) {
    const value = numberOf(values[at]);
    if (!Number.isFinite(value)) return 'a coordinate is not a number';
    rest.push(value);
  }
  // The parts of a pose belong together, so that it needs a group other than 0.
  const group = kind === 'pose' ? index + 1 : index;
  const common = { id: index, group, label, attributes: noAttributes, zOrder: 0 };
  const pixels = (): number[] => rest.map((value, at) => value * (at % 2 === 0 ? size.width : size.height));
  const made: Annotation[] = [];
  const posed = kind === 'pose' && shape !== null && rest.length === 4 + shape.points * shape.numbers;
  if (rest.length === 4 || rest.length === 5 || posed) {
    const width = rest[2]! * size.width;
    const height = rest[3]! * size.height;
    made.push({
      type: 'box',
      id: index,
      group,
      label,
      attributes: rest.length === 5 ? new Map([['score', rest[4]!]]) : noAttributes,
      zOrder: 0,
      x: rest[0]! * size.width - width / 2,
      y: rest[1]! * size.height - height / 2,
      width,
      height,
    });
    if (posed) {
      const points: number[] = [];
      const visibility: Visibility[] = [];
      for (let at = 4; at < rest.length; at += shape.numbers) {
        points.push(rest[at]! * size.width, rest[at + 1]! * size.height);
        const seen = shape.numbers > 2 ? rest[at + 2]! : 2;
        visibility.push(seen <= 0 ? 0 : seen === 1 ? 1 : 2);
      }
      made.push({ ...common, type: 'points', points, visibility });
    }
  } else if (kind === 'obb' && rest.length === 8) made.push(fromCorners(pixels(), common));
  else if (rest.length >= 6 && rest.length % 2 === 0) {
    made.push({ ...common, type: 'polygon', points: pixels() });
  } else return `a line of ${values.length} numbers`;
  for (const annotation of made) {
    const wrong = fault(annotation);
    if (wrong !== null) return wrong;
  }
  return made;
}

/** A rotated box from four corners in turn; four corners that make no rectangle stay a polygon. */
export function fromCorners(
  points: readonly number[],
  common: Omit<Extract<Annotation, { type: 'polygon' }>, 'type' | 'points'>,
): Annotation {
  const [x0, y0, x1, y1, x2, y2, x3, y3] = points as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const width = Math.hypot(x1 - x0, y1 - y0);
  const height = Math.hypot(x2 - x1, y2 - y1);
  const box = {
    centreX: (x0 + x1 + x2 + x3) / 4,
    centreY: (y0 + y1 + y2 + y3) / 4,
    width,
    height,
    angle: (Math.atan2(y1 - y0, x1 - x0) * 180) / Math.PI,
  };
  // Corners in the other sense of turning are the same rectangle with its sides named the other way.
  const turns = (x1 - x0) * (y2 - y1) - (y1 - y0) * (x2 - x1) >= 0;
  const straight = turns ? box : { ...box, angle: box.angle + 90, width: height, height: width };
  const corners = rotatedCorners(straight);
  const tolerance = 0.5 + 0.02 * Math.max(width, height);
  const fits = [0, 2, 4, 6].every((at) =>
    [0, 2, 4, 6].some(
      (other) =>
        Math.hypot(corners[other]! - points[at]!, corners[other + 1]! - points[at + 1]!) <= tolerance,
    ),
  );
  return fits ? { ...common, type: 'rotated_box', ...straight } : { ...common, type: 'polygon', points };
}

/** Eight decimals: a thousandth of a pixel in the largest picture, and never an exponent, which some readers drop. */
function part(value: number): string {
  const text = value.toFixed(8);
  let end = text.length;
  while (text.charCodeAt(end - 1) === zero) end -= 1;
  if (text.charCodeAt(end - 1) === point) end -= 1;
  return text.slice(0, end);
}

const zero = 0x30;
const point = 0x2e;

/**
 * Lines for an item's annotations, which are of the types that the kind can hold.
 *
 * @param refuse is told of each that is left out. @param tell is told of what is put in besides.
 */
export function toLines(
  annotations: readonly Annotation[],
  kind: LineKind,
  size: Size,
  shape: PointShape | null,
  refuse: (reason: string) => void,
  tell: (reason: string) => void,
): string[] {
  const lines: string[] = [];
  const scaled = (points: readonly number[]): string => {
    let text = '';
    for (let at = 0; at < points.length; at += 1) {
      text += `${at === 0 ? '' : ' '}${part(points[at]! / (at % 2 === 0 ? size.width : size.height))}`;
    }
    return text;
  };
  const posed = new Map<number, Points>();
  const boxed = new Set<number>();
  if (annotations.some(({ type }) => type === 'points')) {
    for (const annotation of annotations) {
      if (annotation.type === 'points') posed.set(objectOf(annotation), annotation);
      else if (annotation.type === 'box') boxed.add(objectOf(annotation));
    }
    posed.delete(0);
    boxed.delete(0);
  }
  for (const annotation of annotations) {
    if (!('zOrder' in annotation)) continue;
    if (annotation.type === 'points' && shape === null) {
      refuse('points of a class without a skeleton');
      continue;
    }
    if (annotation.type === 'points' && boxed.has(objectOf(annotation))) continue;
    if (annotation.label === null) {
      refuse('an object without a class');
      continue;
    }
    if (isCrowd(annotation.attributes)) {
      refuse('a crowd region: training would take it for an object');
      continue;
    }
    const { label } = annotation;
    if (annotation.type === 'polygon') lines.push(`${label} ${scaled(annotation.points)}`);
    else if (annotation.type === 'rotated_box') lines.push(`${label} ${scaled(rotatedCorners(annotation))}`);
    else if (annotation.type === 'box' || annotation.type === 'points') {
      const points = annotation.type === 'points' ? annotation : posed.get(objectOf(annotation));
      const bounds = hull(annotation);
      if (bounds === null) continue;
      const { x, y, width, height } = bounds;
      const box = `${label} ${scaled([x + width / 2, y + height / 2, width, height])}`;
      lines.push(kind === 'pose' && shape !== null ? `${box} ${pointsText(points, shape, size)}` : box);
      if (annotation.type === 'points') tell('a pose without a box gets the one around its points');
    }
  }
  return lines;
}

function pointsText(points: Points | undefined, shape: PointShape, size: Size): string {
  return Array.from({ length: shape.points }, (_, index) => {
    const seen = points?.visibility[index];
    if (points === undefined || seen === undefined) return '0 0 0';
    const x = part(points.points[index * 2]! / size.width);
    return `${x} ${part(points.points[index * 2 + 1]! / size.height)} ${seen}`;
  }).join(' ');
}

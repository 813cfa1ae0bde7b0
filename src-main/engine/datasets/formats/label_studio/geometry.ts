import { outlines } from '../../convert.ts';
import { type Annotation, field, isRecord, numberOf, type Size } from '../../model/index.ts';
import type { plainShape } from '../common/read.ts';
import { decodeBrush } from './brush.ts';

type Fields = Readonly<Record<string, unknown>>;
type Plain = ReturnType<typeof plainShape>;

/** Kinds of shapes; in an export, with `labels` behind where the classes are theirs. */
export const kinds = ['rectangle', 'polygon', 'keypoint', 'ellipse', 'brush'] as const;
export type Kind = (typeof kinds)[number];

/** A shape out of the `value` of a result. All numbers are hundredths of the picture's sides. */
export function parseGeometry(
  kind: Kind,
  value: Fields,
  shape: Plain,
  size: Size,
  note: (reason: string) => void,
): Annotation | string {
  const of = (name: string, side: number): number => (numberOf(field(value, name)) * side) / 100;
  const [x, y] = [of('x', size.width), of('y', size.height)];
  const given = numberOf(field(value, 'rotation') ?? 0);
  const angle = Number.isFinite(given) ? given : 0;
  switch (kind) {
    case 'rectangle': {
      const [width, height] = [of('width', size.width), of('height', size.height)];
      if (angle % 360 === 0) return { ...shape, type: 'box', x, y, width, height };
      // It is turned about its upper left corner, and not about its centre.
      const turn = (angle * Math.PI) / 180;
      const centreX = x + (width / 2) * Math.cos(turn) - (height / 2) * Math.sin(turn);
      const centreY = y + (width / 2) * Math.sin(turn) + (height / 2) * Math.cos(turn);
      return { ...shape, type: 'rotated_box', centreX, centreY, width, height, angle };
    }
    case 'polygon': {
      const list = field(value, 'points');
      const points = (Array.isArray(list) ? list : []).flatMap((point: unknown) =>
        Array.isArray(point)
          ? [(numberOf(point[0]) * size.width) / 100, (numberOf(point[1]) * size.height) / 100]
          : [Number.NaN, Number.NaN],
      );
      return { ...shape, type: field(value, 'closed') === false ? 'polyline' : 'polygon', points };
    }
    case 'keypoint':
      return { ...shape, type: 'points', points: [x, y], visibility: [2] };
    case 'ellipse': {
      const [rx, ry] = [of('radiusX', size.width), of('radiusY', size.height)];
      const ellipse: Annotation = {
        ...shape,
        type: 'ellipse',
        x: x - rx,
        y: y - ry,
        width: 2 * rx,
        height: 2 * ry,
      };
      if (angle % 180 === 0 || Math.abs(rx - ry) < 1e-6) return ellipse;
      note('a turned ellipse is read as its outline');
      return { ...shape, type: 'polygon', points: turned(outlines(ellipse)[0]!, x, y, angle) };
    }
    case 'brush': {
      const bytes = field(value, 'rle');
      if (!Array.isArray(bytes)) return 'the mask has no run lengths';
      const counts = decodeBrush(bytes, size);
      return counts === null ? 'the run lengths are damaged' : { ...shape, type: 'mask', ...size, counts };
    }
  }
}

function turned(points: readonly number[], x: number, y: number, angle: number): number[] {
  const [cosine, sine] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)];
  return Array.from({ length: points.length >> 1 }, (_, at) => {
    const [dx, dy] = [points[2 * at]! - x, points[2 * at + 1]! - y];
    return [x + dx * cosine - dy * sine, y + dx * sine + dy * cosine];
  }).flat();
}

/** What a shape is, from what it has: JSON-MIN doesn't say. */
export function kindOf(value: unknown): Kind | null {
  if (!isRecord(value)) return null;
  for (const kind of kinds) if (Object.hasOwn(value, `${kind}labels`)) return kind;
  const has = (...names: readonly string[]): boolean => names.every((name) => Object.hasOwn(value, name));
  if (has('rle')) return 'brush';
  if (has('points')) return 'polygon';
  if (has('radiusX', 'radiusY')) return 'ellipse';
  if (has('x', 'y', 'width', 'height')) return 'rectangle';
  return has('x', 'y') ? 'keypoint' : null;
}

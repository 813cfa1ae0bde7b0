import { hull } from '../convert.ts';
import type { Annotation, Size } from '../model/index.ts';
import { clipped, placed } from './geometry.ts';
import { type Axis, type Bounds, type Cluster, type End, type Pair, type Part, pairsOf } from './pairing.ts';
import type { Place } from './tiles.ts';

/** A tile's annotations, in pixels of the tile. */
export interface TileParts {
  readonly place: Place;
  readonly annotations: readonly Annotation[];
}

/** Parts that are taken for one thing, from one or several tiles. */
export interface Joined {
  readonly parts: readonly Part[];
}

/** Pixels by which a part that was cut at an edge may miss it: edges are whole pixels, and shares of a side have six digits. */
const touching = 0.25;

/** How far from the edge of its tile a part may end that is cut there, in pixels. */
const reach = 2;

/** Things in a tile, or in a row of tiles. */
interface Step {
  readonly place: Place;
  readonly clusters: readonly Cluster[];
}

/**
 * Finds the parts that were one thing before it was cut into tiles, from where they lie alone: of one class, and alike
 * where their tiles overlap, or where they meet at the edge between them. First along each row of tiles, then the rows.
 */
export function joinedByPlace(tiles: readonly TileParts[]): readonly Joined[] {
  const rows = [...Map.groupBy(tiles, ({ place }) => place.top)].sort(([one], [other]) => one - other);
  return grown(
    rows.map(([, row]): Step => {
      const steps = row.map(({ place, annotations }): Step => {
        const clusters = annotations.map((annotation) => ({
          parts: [{ annotation, place }],
          key: keyOf(annotation),
        }));
        return { place, clusters };
      });
      const place = around(row.map((tile) => tile.place));
      return { place, clusters: grown(steps.sort((one, other) => one.place.left - other.place.left)) };
    }),
  );
}

/** Joins the things of each step with those of the one before, and gives all that there are. */
function grown(steps: readonly Step[]): readonly Cluster[] {
  const all: Cluster[] = [];
  let before: Step | null = null;
  for (const { place, clusters } of steps) {
    const pairs: readonly Pair[] = before === null ? [] : goingOn(before, { place, clusters });
    const goesOn = new Set(pairs.map(({ next }) => next));
    for (const { open, next } of pairs) open.parts.push(...next.parts);
    const fresh = clusters.filter((cluster) => !goesOn.has(cluster));
    all.push(...fresh);
    // What goes on is in this step, too, and may go on in the next.
    before = { place, clusters: [...pairs.map(({ open }) => open), ...fresh] };
  }
  return all;
}

/** A rotated box or an ellipse that is cut is an outline. */
const kinds: Readonly<Partial<Record<Annotation['type'], string>>> = {
  rotated_box: 'outline',
  ellipse: 'outline',
  polygon: 'outline',
};

function keyOf(annotation: Annotation): string {
  const { type, attributes } = annotation;
  return JSON.stringify([
    kinds[type] ?? type,
    'label' in annotation ? annotation.label : null,
    type === 'caption' ? annotation.text : null,
    [...attributes].sort(([one], [other]) => (one < other ? -1 : 1)),
  ]);
}

/** Finds which thing goes on as which. */
function goingOn(before: Step, step: Step): readonly Pair[] {
  const shared = sharedPlaces(before.place, step.place);
  if (shared === null) return [];
  const ends = ({ clusters }: Step, place: Place): End[] =>
    clusters.map((cluster) => ({ cluster, bounds: boundsWithin(cluster, place) }));
  return pairsOf(ends(before, shared.open), ends(step, shared.next), shared.along);
}

/** Where two neighbours are compared: in what both have, else in a strip on each side of the edge, along it. */
function sharedPlaces(
  one: Place,
  other: Place,
): { readonly open: Place; readonly next: Place; readonly along: readonly Axis[] } | null {
  const left = Math.max(one.left, other.left);
  const top = Math.max(one.top, other.top);
  const width = Math.min(one.left + one.width, other.left + other.width) - left;
  const height = Math.min(one.top + one.height, other.top + other.height) - top;
  if (width < 0 || height < 0 || (width === 0 && height === 0)) return null;
  if (width > 0 && height > 0) {
    const both = { left, top, width, height };
    return { open: both, next: both, along: width < height ? ['y', 'x'] : ['x', 'y'] };
  }
  const strip = { left, top, width: width || reach, height: height || reach };
  const before = width === 0 ? { ...strip, left: left - reach } : { ...strip, top: top - reach };
  return { open: before, next: strip, along: width === 0 ? ['y'] : ['x'] };
}

/** What of a thing lies in a place. Null for nothing. */
function boundsWithin({ parts }: Cluster, place: Place): Bounds | null {
  const found = parts.flatMap(({ annotation, place: tile }) => {
    const whole = hull(annotation);
    // What is far away is not drawn: masks take time.
    if (whole === null) return [];
    const [moveX, moveY] = [tile.left - place.left, tile.top - place.top];
    const { x, y, width, height } = { ...whole, x: whole.x + moveX, y: whole.y + moveY };
    if (x > place.width || y > place.height || x + width < 0 || y + height < 0) return [];
    const moved = placed(annotation, { scaleX: 1, scaleY: 1, moveX, moveY }, place);
    return clipped(moved, place).flatMap((part) => hull(part) ?? []);
  });
  return found.length === 0 ? null : boxOf(found);
}

function boxOf(all: readonly Bounds[]): Bounds {
  const x = Math.min(...all.map((bounds) => bounds.x));
  const y = Math.min(...all.map((bounds) => bounds.y));
  const right = Math.max(...all.map((bounds) => bounds.x + bounds.width));
  const bottom = Math.max(...all.map((bounds) => bounds.y + bounds.height));
  return { x, y, width: right - x, height: bottom - y };
}

function around(places: readonly Place[]): Place {
  const { x, y, width, height } = boxOf(
    places.map(({ left, top, ...size }) => ({ x: left, y: top, ...size })),
  );
  return { left: x, top: y, width, height };
}

/**
 * Whether a thing ends where its tile ends, while the picture goes on: a rest of it may be gone. It is not where a tile
 * that goes on there has it, too.
 *
 * @param size of the whole picture.
 */
export function isOpen({ parts }: Joined, size: Size): boolean {
  const shapes = parts.flatMap(({ annotation, place }) => {
    const bounds = annotation.type === 'points' ? null : hull(annotation);
    if (bounds === null) return [];
    return [{ ends: endsOf({ ...bounds, x: bounds.x + place.left, y: bounds.y + place.top }), place }];
  });
  if (shapes.length === 0) return false;
  const near = (one: number, other: number): boolean => Math.abs(one - other) < touching;
  return ([0, 1, 2, 3] as const).some((side) => {
    // The lower two of the ends are least, the upper two greatest.
    const end = shapes
      .map(({ ends }) => ends[side])
      .reduce((one, other) => (side < 2 ? Math.min : Math.max)(one, other));
    const reaching = shapes.filter(({ ends }) => near(ends[side], end));
    return reaching.every(({ place: { left, top, width, height }, ends }) => {
      const edge = [left, top, left + width, top + height][side]!;
      const isInside = side < 2 ? edge > 0 : edge < (side === 2 ? size.width : size.height);
      return isInside && near(ends[side], edge);
    });
  });
}

const endsOf = ({ x, y, width, height }: Bounds) => [x, y, x + width, y + height] as const;

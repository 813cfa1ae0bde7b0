/** The rectangle of least area around some points. */
export interface Rectangle {
  readonly centreX: number;
  readonly centreY: number;
  readonly width: number;
  readonly height: number;
  /** Degrees, clockwise on the screen, from 0 up to 180. */
  readonly angle: number;
}

type Point = readonly [x: number, y: number];

/**
 * Finds the least rectangle that holds all points, turned as it needs to be. One of its sides lies on a side of the
 * points' convex hull (Freeman and Shapira, 1975), so that each of these is tried. Its longer side is its width.
 *
 * @param points x0, y0, x1, y1, …
 * @returns null for fewer than two different points.
 */
export function leastRectangle(points: readonly number[]): Rectangle | null {
  const hull = convexHull(points);
  if (hull.length < 2) return null;
  let best: Rectangle | null = null;
  for (const [index, [x, y]] of hull.entries()) {
    const [nextX, nextY] = hull[(index + 1) % hull.length]!;
    const length = Math.hypot(nextX - x, nextY - y);
    if (length === 0) continue;
    const [alongX, alongY] = [(nextX - x) / length, (nextY - y) / length];
    let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
    for (const [pointX, pointY] of hull) {
      const along = pointX * alongX + pointY * alongY;
      const across = pointY * alongX - pointX * alongY;
      left = Math.min(left, along);
      right = Math.max(right, along);
      low = Math.min(low, across);
      high = Math.max(high, across);
    }
    const [width, height] = [right - left, high - low];
    if (best !== null && width * height >= best.width * best.height) continue;
    const [middle, level] = [(left + right) / 2, (low + high) / 2];
    const wide = width >= height;
    const angle = (Math.atan2(alongY, alongX) * 180) / Math.PI + (wide ? 0 : 90);
    best = {
      centreX: middle * alongX - level * alongY,
      centreY: middle * alongY + level * alongX,
      width: wide ? width : height,
      height: wide ? height : width,
      angle: ((angle % 180) + 180) % 180,
    };
  }
  return best;
}

/** Corners of the convex hull in turn, by Andrew's monotone chain (1979). */
function convexHull(points: readonly number[]): readonly Point[] {
  const sorted: Point[] = [];
  for (let at = 0; at + 1 < points.length; at += 2) sorted.push([points[at]!, points[at + 1]!]);
  sorted.sort(([x, y], [otherX, otherY]) => x - otherX || y - otherY);
  const half = (ordered: readonly Point[]): Point[] => {
    const chain: Point[] = [];
    for (const point of ordered) {
      while (chain.length >= 2 && turn(chain.at(-2)!, chain.at(-1)!, point) <= 0) chain.pop();
      chain.push(point);
    }
    chain.pop();
    return chain;
  };
  const hull = [...half(sorted), ...half(sorted.toReversed())];
  return hull.filter(([x, y], index) => index === 0 || x !== hull[0]![0] || y !== hull[0]![1]);
}

/** Above zero where the way from one point over the next to the third turns to the left. */
const turn = ([x, y]: Point, [overX, overY]: Point, [toX, toY]: Point): number =>
  (overX - x) * (toY - y) - (overY - y) * (toX - x);

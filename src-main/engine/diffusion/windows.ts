/** A rectangle of a picture that a network looks at. All windows of a picture have one size. */
export interface Window {
  readonly x: number;
  readonly y: number;
}

export interface Windows {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Window[];
  /** How much each place inside a window counts, row by row: 1 in its middle, falling over the overlap. */
  readonly weights: Float32Array;
}

/**
 * Covers a picture with windows of one size that overlap, the last ones pushed back inside.
 *
 * @param size longest side of a window, a multiple of `multiple` as the picture's sides are.
 * @param overlap at least so much is shared by neighbours.
 */
export function coverWithWindows(
  width: number,
  height: number,
  size: number,
  overlap: number,
  multiple: number,
): Windows {
  const columns = starts(width, size, overlap, multiple);
  const rows = starts(height, size, overlap, multiple);
  const windowWidth = Math.min(width, size);
  const windowHeight = Math.min(height, size);
  const across = ramp(windowWidth, columns.length > 1 ? overlap : 0);
  const down = ramp(windowHeight, rows.length > 1 ? overlap : 0);
  const weights = new Float32Array(windowWidth * windowHeight);
  for (let y = 0; y < windowHeight; y += 1) {
    for (let x = 0; x < windowWidth; x += 1) weights[y * windowWidth + x] = across[x]! * down[y]!;
  }
  return {
    width: windowWidth,
    height: windowHeight,
    places: rows.flatMap((y) => columns.map((x) => ({ x, y }))),
    weights,
  };
}

/** Where windows begin along one side: evenly spread, on multiples, the first at the start and the last at the end. */
function starts(length: number, size: number, overlap: number, multiple: number): number[] {
  if (length <= size) return [0];
  const count = Math.ceil((length - overlap) / (size - overlap));
  const last = length - size;
  return Array.from({ length: count }, (_, index) =>
    index === count - 1 ? last : Math.round((index * last) / (count - 1) / multiple) * multiple,
  );
}

/** Rises over the overlap, stays 1, and falls; never 0, so that an edge of the picture counts too. */
function ramp(length: number, overlap: number): Float32Array {
  return Float32Array.from({ length }, (_, index) => {
    const inside = Math.min(index, length - 1 - index) + 1;
    return Math.min(1, inside / (overlap + 1));
  });
}

/** How many windows of a size cover a picture; see {@link coverWithWindows}. */
export function countWindows(width: number, height: number, size: number, overlap: number): number {
  return starts(width, size, overlap, 1).length * starts(height, size, overlap, 1).length;
}

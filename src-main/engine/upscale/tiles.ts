/** A rectangle of the source: what the network sees of it, and which part of that counts. In source pixels. */
export interface Tile {
  /** Region that goes in, context included. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Region whose result is used. Regions of all tiles cover the picture once. */
  readonly inner: { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
}

interface Span {
  readonly start: number;
  readonly length: number;
  readonly innerStart: number;
  readonly innerLength: number;
}

/**
 * Cuts a line into parts that are all of one length, which a device is fastest with: each has at most `size` for itself,
 * and at least `overlap` of context on its inner sides.
 */
function spans(line: number, size: number, overlap: number): Span[] {
  const count = Math.ceil(line / size);
  const length = Math.ceil((line + (count - 1) * 2 * overlap) / count);
  if (count === 1 || length >= line) return [{ start: 0, length: line, innerStart: 0, innerLength: line }];
  const startOf = (index: number): number => Math.round((index * (line - length)) / (count - 1));
  /** Where the part before ends to count, and this one begins: in the middle of what both see. */
  const cutBefore = (index: number): number => {
    if (index === 0) return 0;
    return index === count ? line : Math.floor((startOf(index) + startOf(index - 1) + length) / 2);
  };
  return Array.from({ length: count }, (_, index) => {
    const innerStart = cutBefore(index);
    return { start: startOf(index), length, innerStart, innerLength: cutBefore(index + 1) - innerStart };
  });
}

/**
 * Cuts a picture into rows of tiles. With as much overlap as the network's receptive field asks for, the tiles
 * together are what the whole picture at once would give.
 *
 * @param size longest side of a tile's inner region, in source pixels.
 */
export function planTiles(width: number, height: number, size: number, overlap: number): Tile[][] {
  const columns = spans(width, size, overlap);
  return spans(height, size, overlap).map((row) =>
    columns.map((column) => ({
      x: column.start,
      y: row.start,
      width: column.length,
      height: row.length,
      inner: { x: column.innerStart, y: row.innerStart, width: column.innerLength, height: row.innerLength },
    })),
  );
}

/** Tiles of a network with a fixed input: each is exactly that large, the last ones pushed back into the picture. */
export function planFixedTiles(
  width: number,
  height: number,
  fixed: { width: number; height: number },
  overlap: number,
): Tile[][] {
  const cut = (length: number, size: number): Span[] => {
    if (length <= size) return [{ start: 0, length, innerStart: 0, innerLength: length }];
    const context = Math.min(overlap, Math.floor((size - 1) / 2));
    const result: Span[] = [];
    for (let innerStart = 0; innerStart < length; ) {
      const start = Math.min(Math.max(0, innerStart - context), length - size);
      const innerEnd = start + size >= length ? length : start + size - context;
      result.push({ start, length: size, innerStart, innerLength: innerEnd - innerStart });
      innerStart = innerEnd;
    }
    return result;
  };
  const columns = cut(width, fixed.width);
  return cut(height, fixed.height).map((row) =>
    columns.map((column) => ({
      x: column.start,
      y: row.start,
      width: column.length,
      height: row.length,
      inner: { x: column.innerStart, y: row.innerStart, width: column.innerLength, height: row.innerLength },
    })),
  );
}

/** Memory that the embedded networks take for each source pixel of a tile, in bytes; measured in f32. */
const bytesPerPixel = 3_600;

const smallestTile = 64;
const largestTile = 512;

/** The longest side of tiles that a memory budget allows. Above 512 nothing gets faster. */
export function tileSize(budgetBytes: number, overlap: number): number {
  const side = Math.floor(Math.sqrt(budgetBytes / bytesPerPixel)) - 2 * overlap;
  return Math.max(smallestTile, Math.min(largestTile, side));
}

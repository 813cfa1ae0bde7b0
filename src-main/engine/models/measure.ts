import type { ImageInterface } from '../../contract/models.ts';
import type { Made, Network } from '../upscale/network.ts';
import { copyRegion } from '../upscale/pixels.ts';

/** What only running a network tells of how pictures may be cut for it. */
type Context = Pick<ImageInterface, 'overlap' | 'exactTiles'>;
type Cutting = Context & { readonly multiple: number };

export interface MeasureOptions {
  /** Opened for 8 bits, in f32. */
  readonly network: Network;
  readonly kind: ImageInterface;
  /** A picture of this size, RGB. */
  readonly picture: (width: number, height: number) => Promise<Buffer>;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const multiples = [1, 2, 4, 8, 16, 32, 64];

/** Sides of the pictures that are tried, and of the parts of them that stay as they are while the rest changes. */
const stages = [
  { side: 96, core: 64 },
  { side: 192, core: 128 },
  { side: 448, core: 288 },
];

/** The most that an interface holds. */
const largestOverlap = 256;

/** One picture doesn't show all that a network does: some pixels more than it shows are always taken. */
const leastOverlap = 16;

/** Of networks that look at all of a picture: so much that nothing local is cut. */
const globalOverlap = 64;

/** How long all of it may take, in milliseconds: a person waits. What doesn't fit is not looked at. */
const patience = 30_000;

/** Differences of one step of 255 are those of rounding. */
const rounding = 1;

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;

/** Finds out which sizes a network takes, how far it sees, and whether tiles give what the whole picture does. */
export async function measureCutting(options: MeasureOptions): Promise<Cutting> {
  const { fixedSize } = options.kind;
  if (fixedSize) return { multiple: 1, ...(await contextOfFixed(options, fixedSize)) };
  const { multiple, hasTime } = await smallestMultiple(options);
  const context = await contextOf(options, multiple, hasTime);
  return context.exactTiles
    ? compareTiles(options, { multiple, ...context }, hasTime)
    : { multiple, ...context };
}

/** Whether the network will have run on so many pixels in time. */
type HasTime = (pixels: number) => boolean;

/** The smallest number whose odd multiples the network takes; 1 where it takes none of them. */
async function smallestMultiple({
  network,
  picture,
}: MeasureOptions): Promise<{ readonly multiple: number; readonly hasTime: HasTime }> {
  const until = performance.now() + patience;
  for (const multiple of multiples) {
    // Odd multiples, as the others are multiples of larger numbers, too.
    const blocks = Math.ceil(96 / multiple) | 1;
    const [width, height] = [multiple * blocks, multiple * (blocks + 2)];
    try {
      const bytes = await picture(width, height);
      const started = performance.now();
      await network.run({ bytes, width, height }, () => undefined);
      const time = (performance.now() - started) / (width * height);
      return { multiple, hasTime: (pixels) => performance.now() + pixels * time < until };
    } catch {
      // It takes no such size.
    }
  }
  return { multiple: 1, hasTime: () => false };
}

async function contextOf(options: MeasureOptions, multiple: number, hasTime: HasTime): Promise<Context> {
  let reach = 0;
  let seen = 0;
  for (const { side: least, core } of stages) {
    const side = roundUp(least, multiple);
    if (!hasTime(3 * side ** 2)) break;
    try {
      reach = await reachOf(options, { width: side, height: side }, { width: core, height: core });
    } catch {
      // There is no memory for so large a picture.
      break;
    }
    seen = core;
    if (reach <= core * 0.75) break;
  }
  return judge(reach, seen, largestOverlap);
}

/** A network of one size is looked at within that size. */
async function contextOfFixed(options: MeasureOptions, fixed: Size): Promise<Context> {
  const core = { width: Math.floor((fixed.width * 2) / 3), height: Math.floor((fixed.height * 2) / 3) };
  const reach = await reachOf(options, fixed, core);
  const most = Math.floor(Math.min(fixed.width, fixed.height) / 4);
  return judge(reach, Math.min(core.width, core.height), most);
}

/** Nobody knows how far a network sees that sees as far as could be looked. */
function judge(reach: number, core: number, most: number): Context {
  const exactTiles = reach <= most && reach < core * 0.9;
  // An eighth more, in steps of four.
  const wanted = exactTiles ? Math.max(leastOverlap, roundUp(reach * 1.125, 4)) : globalOverlap;
  return { overlap: Math.min(wanted, most), exactTiles };
}

/**
 * How far the network sees, in source pixels: a picture is changed outside of a corner, once outside of the upper left
 * and once of the lower right one, and what changes of the result within the corner tells how far that is seen.
 */
async function reachOf({ network, kind, picture }: MeasureOptions, size: Size, core: Size): Promise<number> {
  const source = await picture(size.width, size.height);
  const run = (bytes: Uint8Array): Promise<Made> => network.run({ bytes, ...size }, copied);
  const result = await run(source);
  let reach = 0;
  for (const corner of [
    { x: 0, y: 0 },
    { x: size.width - core.width, y: size.height - core.height },
  ]) {
    const changed = changedPicture(source);
    const kept = { ...corner, ...core };
    copyRegion(source, size.width, kept, changed, size.width, corner, 3);
    const other = await run(changed);
    for (let y = 0; y < core.height * kind.scale; y += 1) {
      for (let x = 0; x < core.width * kind.scale; x += 1) {
        const column = Math.floor(x / kind.scale);
        const row = Math.floor(y / kind.scale);
        const distance =
          corner.x === 0 && corner.y === 0
            ? Math.min(core.width - column, core.height - row)
            : Math.min(column + 1, row + 1);
        if (distance <= reach) continue;
        const at = ((corner.y * kind.scale + y) * result.width + corner.x * kind.scale + x) * 3;
        if (isApart(result.bytes, at, other.bytes, at, 3)) reach = distance;
      }
    }
  }
  return reach;
}

/** As different a picture as can be: the negative, with noise, the same one each time. */
function changedPicture(source: Uint8Array): Uint8Array {
  let state = 1;
  return source.map((value) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.max(0, Math.min(255, 255 - value + (state >>> 24) - 128));
  });
}

/**
 * Compares a tile with the whole. A network that pools may take any size and yet want tiles to begin where its blocks
 * do; one that sees farther than a single picture showed gets more context.
 */
async function compareTiles(options: MeasureOptions, found: Cutting, hasTime: HasTime): Promise<Cutting> {
  for (let { overlap } = found; overlap <= largestOverlap; overlap *= 2) {
    for (const multiple of multiples.filter((candidate) => candidate >= found.multiple)) {
      if (!hasTime(2 * (multiple + overlap + 48) ** 2)) {
        return { ...found, exactTiles: overlap === found.overlap && multiple === found.multiple };
      }
      if (await isLikeWhole(options, multiple, overlap)) return { multiple, overlap, exactTiles: true };
    }
  }
  return { ...found, exactTiles: false };
}

/** Whether a tile that begins at an odd multiple gives the same as the whole picture, away from where it was cut. */
async function isLikeWhole({ network, kind, picture }: MeasureOptions, start: number, overlap: number) {
  const side = roundUp(start + overlap + 48, start);
  const source = await picture(side, side);
  const length = side - start;
  const tile = new Uint8Array(length * length * 3);
  const region = { x: start, y: start, width: length, height: length };
  copyRegion(source, side, region, tile, length, { x: 0, y: 0 }, 3);
  try {
    const whole = await network.run({ bytes: source, width: side, height: side }, copied);
    const part = await network.run({ bytes: tile, width: length, height: length }, copied);
    const inner = overlap * kind.scale;
    const shift = start * kind.scale;
    for (let y = inner; y < part.height; y += 1) {
      const at = (y * part.width + inner) * 3;
      const same = ((y + shift) * whole.width + inner + shift) * 3;
      if (isApart(part.bytes, at, whole.bytes, same, (part.width - inner) * 3)) return false;
    }
    return true;
  } catch {
    // It doesn't take tiles of that size.
    return false;
  }
}

const copied = (made: Made): Made => ({ ...made, bytes: made.bytes.slice() });

/** Whether two runs of values differ by more than rounding. */
function isApart(a: Uint8Array, atA: number, b: Uint8Array, atB: number, length: number): boolean {
  for (let index = 0; index < length; index += 1) {
    if (Math.abs(a[atA + index]! - b[atB + index]!) > rounding) return true;
  }
  return false;
}

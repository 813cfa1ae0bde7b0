import { neighbours } from '../../../imaging/neighbours.ts';
import { sharp } from '../../files/sharp.ts';
import type { Dataset, ReadOnlyFormat, ReadOptions } from '../../format.ts';
import type { Item } from '../../model/index.ts';
import { readImageDir } from '../imagenet/folders.ts';

/** Pictures are compared at this size. */
const side = 64;
/** Likeness to the last frame that was kept, below which another is kept: Datumaro's default. */
const threshold = 0.3;

/**
 * The frames of a video that are unlike the last one that was kept, the first among them: by their zero-mean normalized
 * cross-correlation in grey, 64 pixels wide and high, as Datumaro tells them. Nothing looks like this format; it is named.
 */
export const videoKeyframesFormat: ReadOnlyFormat = {
  name: 'video_keyframes',
  title: 'Frames of a video that differ',
  aliases: [],
  abilities: null,
  detect: async () => null,
  read: readKeyframes,
};

async function readKeyframes(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const frames = await readImageDir(folder, options);
  return {
    ...frames,
    async *items() {
      let last: Float64Array | undefined;
      for await (const item of frames.items()) {
        options.signal?.throwIfAborted();
        const own = await greyOf(item);
        if (own === undefined) frames.problems.add(item.id, '', 'the frame can’t be read');
        else if (last === undefined || likeness(last, own) < threshold) {
          last = own;
          yield item;
        }
      }
    },
  };
}

/** A picture's brightness at that size, less its mean; undefined for what can't be read. */
async function greyOf({ media }: Item): Promise<Float64Array | undefined> {
  if (!media) return undefined;
  try {
    const picture = sharp(media.path).removeAlpha().toColourspace('srgb').raw();
    const { data, info } = await picture.toBuffer({ resolveWithObject: true });
    const { width, height, channels } = info;
    const last = channels - 1;
    const brightness = (x: number, y: number): number => {
      const at = (y * width + x) * channels;
      const [red, green, blue] = [data[at]!, data[at + Math.min(1, last)]!, data[at + last]!];
      return Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
    };
    const columns = neighbours(width, side);
    const rows = neighbours(height, side);
    const values = Float64Array.from({ length: side * side }, (_, index) => {
      const [column, row] = [index % side, Math.floor(index / side)];
      const [near, far, right] = [columns.first[column]!, columns.second[column]!, columns.part[column]!];
      const [upper, lower, down] = [rows.first[row]!, rows.second[row]!, rows.part[row]!];
      const above = brightness(near, upper) * (1 - right) + brightness(far, upper) * right;
      const below = brightness(near, lower) * (1 - right) + brightness(far, lower) * right;
      return Math.round(above * (1 - down) + below * down);
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    return values.map((value) => value - mean);
  } catch {
    return undefined;
  }
}

/** -1 to 1. */
function likeness(one: Float64Array, other: Float64Array): number {
  let [both, own, its] = [0, 0, 0];
  for (const [index, value] of one.entries()) {
    both += value * other[index]!;
    own += value ** 2;
    its += other[index]! ** 2;
  }
  return both / (Math.sqrt(own) * Math.sqrt(its) + 1e-6);
}

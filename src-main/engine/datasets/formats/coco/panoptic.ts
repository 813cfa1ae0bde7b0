import { sharp } from '../../files/sharp.ts';
import { type Annotation, fault, field, isRecord, type Mask, numberOf } from '../../model/index.ts';

/**
 * A panoptic picture: every pixel's red, green and blue are its segment's number, R + 256 G + 65536 B; 0 is none.
 *
 * @returns run lengths by segment number.
 */
export async function readPanoptic(
  path: string,
): Promise<{ readonly width: number; readonly height: number; readonly counts: Map<number, number[]> }> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const numbers = new Uint32Array(width * height);
  for (let place = 0; place < numbers.length; place += 1) {
    const at = place * channels;
    numbers[place] = channels < 3 ? data[at]! : data[at]! + 256 * data[at + 1]! + 65536 * data[at + 2]!;
  }
  return { width, height, counts: splitByNumber(numbers, width, height) };
}

/** Run lengths of every number but 0 in a picture of numbers, stored row by row. */
export function splitByNumber(
  numbers: ArrayLike<number>,
  width: number,
  height: number,
): Map<number, number[]> {
  const runs = new Map<number, { counts: number[]; end: number }>();
  for (let x = 0; x < width; x += 1) {
    for (let y = 0; y < height; y += 1) {
      const number = numbers[y * width + x]!;
      if (number === 0) continue;
      const place = x * height + y;
      let run = runs.get(number);
      if (run === undefined) {
        run = { counts: [place, 0], end: place };
        runs.set(number, run);
      } else if (run.end !== place) run.counts.push(place - run.end, 0);
      run.counts[run.counts.length - 1]! += 1;
      run.end = place + 1;
    }
  }
  const result = new Map<number, number[]>();
  for (const [number, { counts, end }] of runs) {
    if (end < width * height) counts.push(width * height - end);
    result.set(number, counts);
  }
  return result;
}

/** Masks of one entry of a panoptic file. */
export async function parsePanoptic(
  fields: Readonly<Record<string, unknown>>,
  picture: string,
  labelOf: (categoryId: unknown) => number | undefined,
): Promise<{ readonly annotations: Annotation[]; readonly problems: string[] }> {
  const { width, height, counts } = await readPanoptic(picture);
  const annotations: Annotation[] = [];
  const problems: string[] = [];
  const segments = field(fields, 'segments_info');
  for (const segment of Array.isArray(segments) ? segments : []) {
    if (!isRecord(segment)) {
      problems.push('a segment is not an object');
      continue;
    }
    const id = numberOf(field(segment, 'id'));
    const runs = counts.get(id);
    if (runs === undefined) {
      problems.push('a segment has no pixels');
      continue;
    }
    const label = labelOf(field(segment, 'category_id')) ?? null;
    const attributes = new Map([['is_crowd', field(segment, 'iscrowd') === 1]]);
    const mask: Mask = {
      type: 'mask',
      id,
      group: id,
      label,
      attributes,
      zOrder: 0,
      width,
      height,
      counts: runs,
    };
    const wrong = fault(mask);
    if (wrong === null) annotations.push(mask);
    else problems.push(wrong);
  }
  return { annotations, problems };
}

/** Draws masks into a panoptic picture, later ones over earlier ones. */
export async function writePanoptic(
  masks: readonly { readonly number: number; readonly bitmap: Uint8Array }[],
  width: number,
  height: number,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3);
  for (const { number, bitmap } of masks) {
    for (let place = 0; place < bitmap.length; place += 1) {
      if (bitmap[place] === 0) continue;
      pixels[place * 3] = number & 255;
      pixels[place * 3 + 1] = (number >> 8) & 255;
      pixels[place * 3 + 2] = (number >> 16) & 255;
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

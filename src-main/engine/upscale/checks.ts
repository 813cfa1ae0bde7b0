import sharp from 'sharp';
import type { OutputCheck } from '../../contract/upscale.ts';

/** Longest side at which two pictures are compared: enough to see a wrong one, small enough to cost nothing. */
const comparedSize = 256;

/**
 * Pixels of the source that are averaged, along each side, before the comparison. A network may change the finest
 * pattern, such as a screen of single dots, and still be right; it may not change what lies below.
 */
const averaged = 4;

export interface CheckOptions {
  readonly source: string;
  /** The result as it will be published. */
  readonly result: string;
  readonly width: number;
  readonly height: number;
  /** Longest side of the source. */
  readonly sourceSide: number;
  readonly finite: boolean;
  /** Lowest agreement in dB. */
  readonly agreement: number;
  /** Whether the colours of the source are converted (CMYK), so that the same must be done to compare. */
  readonly convertsColors: boolean;
}

interface Small {
  readonly data: Buffer;
  readonly width: number;
  readonly height: number;
}

/**
 * Looks at a result as it lies on the disk: can it be read, has it the right size, is it a picture at all, and does
 * it show what the source shows. PSNR is 10 log10(255² / mean squared difference) over RGB on white.
 */
export async function checkOutput(options: CheckOptions): Promise<OutputCheck[]> {
  const checks: OutputCheck[] = [
    {
      name: 'finite',
      passed: options.finite,
      detail: options.finite
        ? 'All values of the network were finite numbers.'
        : 'The network gave values that are not numbers.',
    },
  ];
  let small: Small;
  let original: Small;
  try {
    const { width = 0, height = 0 } = await sharp(options.result, { limitInputPixels: false }).metadata();
    checks.push({
      name: 'size',
      passed: width === options.width && height === options.height,
      detail: `${width} × ${height} pixels; ${options.width} × ${options.height} were asked for.`,
    });
    const side = Math.min(comparedSize, Math.max(8, options.sourceSide / averaged));
    const scale = Math.min(1, side / Math.max(options.width, options.height));
    const size = {
      width: Math.max(1, Math.round(options.width * scale)),
      height: Math.max(1, Math.round(options.height * scale)),
    };
    small = await shrink(options.result, size, true);
    original = await shrink(options.source, size, !options.convertsColors);
    checks.push({ name: 'readable', passed: true, detail: 'The file was read back whole.' });
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return [
      ...checks,
      { name: 'readable', passed: false, detail: `The file can't be read back: ${message}` },
    ];
  }
  const spread = deviation(small.data);
  const sourceSpread = deviation(original.data);
  checks.push({
    name: 'not-flat',
    passed: spread > 0.5 || sourceSpread < 2,
    detail: `Its values spread by ${spread.toFixed(1)}; the source's by ${sourceSpread.toFixed(1)} of 255.`,
  });
  const psnr = agreement(small.data, original.data);
  checks.push({
    name: 'agrees-with-input',
    passed: psnr >= options.agreement,
    detail: `Shrunk back it agrees with the source by ${Math.min(99, psnr).toFixed(1)} dB; at least ${options.agreement} dB is asked for.`,
  });
  return checks;
}

async function shrink(
  path: string,
  size: { width: number; height: number },
  ignoreIcc: boolean,
): Promise<Small> {
  const data = await sharp(path, { limitInputPixels: false, ignoreIcc, page: 0, failOn: 'truncated' })
    .autoOrient()
    .resize(size.width, size.height, { fit: 'fill', kernel: 'linear' })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer();
  return { data, ...size };
}

function deviation(values: Uint8Array): number {
  let sum = 0;
  let squares = 0;
  for (const value of values) {
    sum += value;
    squares += value * value;
  }
  const mean = sum / values.length;
  return Math.sqrt(Math.max(0, squares / values.length - mean * mean));
}

function agreement(a: Uint8Array, b: Uint8Array): number {
  if (a.length !== b.length) return 0;
  let squares = 0;
  for (let index = 0; index < a.length; index += 1) squares += (a[index]! - b[index]!) ** 2;
  return squares === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10((255 * 255 * a.length) / squares);
}

import sharp, { type Sharp } from 'sharp';
import { RefineryError } from '../../contract/errors.ts';
import { extensions, type FileFormat } from '../../contract/names.ts';
import type { PictureInfo, UpscaleSettings } from '../../contract/upscale.ts';
import { usualDensity } from './vips-file.ts';

export interface Target {
  readonly format: FileFormat;
  readonly extension: string;
  /** Bits a channel that the file will have. */
  readonly depth: 8 | 16;
  /** Whether its compression, where there is a choice, keeps every pixel: as asked, or as in a source of the same format. */
  readonly lossless: boolean;
  /** What this format can't hold, as sentences. */
  readonly losses: string[];
}

/** Longest side that a format can hold, in pixels. */
const longestSide: Readonly<Record<FileFormat, number>> = {
  png: 1_000_000,
  jpeg: 65_500,
  webp: 16_383,
  avif: 16_384,
  tiff: 1_000_000,
};

/** Which file will be written for a source, and what it can't hold. */
export function planTarget(info: PictureInfo, settings: UpscaleSettings, sourceExtension: string): Target {
  const losses: string[] = [];
  const format = settings.format === 'same' ? sameFormat(info, losses) : settings.format;
  const holds16 = format === 'png' || format === 'tiff';
  if (info.depth !== 8 && !holds16)
    losses.push(`${format.toUpperCase()} holds 8 bits a channel here; the source has ${info.depth}.`);
  if (info.depth === 32 && holds16) losses.push('32 bits a channel became 16.');
  if (info.alpha && format === 'jpeg') losses.push('JPEG has no transparency: it became white.');
  const own = sourceExtension.toLowerCase();
  const keepsOwn = format === 'jpeg' ? ['.jpg', '.jpeg'].includes(own) : format === 'tiff' && own === '.tiff';
  return {
    format,
    extension: keepsOwn ? own : extensions[format],
    depth: info.depth !== 8 && holds16 ? 16 : 8,
    lossless: settings.lossless || (settings.format === 'same' && !info.lossy),
    losses,
  };
}

/**
 * The profile of a grey source, where the result's format has no grey pictures and so can't hold it: then the values
 * must become sRGB's.
 */
export function unheldGreyProfile(info: PictureInfo, format: FileFormat, icc?: Buffer): Buffer | undefined {
  const isGrey = info.channels === 1 && icc?.toString('latin1', 16, 20) === 'GRAY';
  return isGrey && info.depth !== 32 && (format === 'webp' || format === 'avif') ? icc : undefined;
}

function sameFormat(info: PictureInfo, losses: string[]): FileFormat {
  switch (info.format) {
    case 'png':
    case 'jpeg':
    case 'webp':
    case 'avif':
    case 'tiff':
      return info.format;
    case 'heif':
      losses.push('HEIF is not written; the result is a JPEG.');
      return 'jpeg';
    default:
      return 'png';
  }
}

export function checkSize(format: FileFormat, width: number, height: number): void {
  const limit = longestSide[format];
  if (Math.max(width, height) <= limit) return;
  throw new RefineryError(
    'OUTPUT_NOT_WRITABLE',
    `${format.toUpperCase()} holds ${limit} pixels a side at most; the result would have ${width} × ${height}.`,
    { hint: limit < longestSide.png ? 'Choose PNG or TIFF, or a smaller scale.' : 'Choose a smaller scale.' },
  );
}

/**
 * Encodes the intermediate file.
 *
 * @param grey whether the source was grey; then one channel is written.
 */
export async function encode(
  intermediate: string,
  path: string,
  target: Target,
  settings: UpscaleSettings,
  options: {
    width: number;
    height: number;
    resample: boolean;
    grey: boolean;
    alpha: boolean;
    profileOnly: boolean;
    /** Pixels of a print inch. */
    density?: number | undefined;
  },
): Promise<void> {
  let image = sharp(intermediate, {
    limitInputPixels: false,
    ignoreIcc: true,
    sequentialRead: !options.resample,
    unlimited: true,
  });
  // Asked to keep everything, libvips also makes an EXIF block where there was none.
  image = options.profileOnly ? image.keepIccProfile() : image.keepMetadata();
  if (options.resample) {
    image = image.resize(options.width, options.height, { fit: 'fill', kernel: 'lanczos3' });
  }
  if (options.alpha && target.format === 'jpeg') image = image.flatten({ background: '#ffffff' });
  // sharp's own `greyscale` counts in 8 bits, whatever colour space is asked for.
  if (target.depth === 16) image = image.toColourspace(options.grey ? 'grey16' : 'rgb16');
  else if (options.grey) image = image.toColourspace('b-w').greyscale();
  await write(image, target, settings, options.density ?? usualDensity).toFile(path);
}

/** 0..9 in the terms of each encoder. */
function write(
  image: Sharp,
  { format, lossless }: Target,
  { quality, effort }: UpscaleSettings,
  density: number,
): Sharp {
  switch (format) {
    case 'png':
      return image.png({ compressionLevel: effort, adaptiveFiltering: effort >= 4 });
    case 'jpeg':
      return image.jpeg({
        quality,
        mozjpeg: effort >= 7,
        // Tables of their own make files a few percent smaller and writing twice as slow.
        optimiseCoding: effort >= 5,
        chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0',
      });
    case 'webp':
      return image.webp({
        quality,
        lossless,
        effort: Math.round((effort / 9) * 6),
        smartSubsample: quality >= 90,
      });
    case 'avif':
      // Beyond 7 AVIF takes minutes for a photo and saves next to nothing.
      return image.avif({
        quality,
        lossless,
        effort: Math.max(0, effort - 2),
        chromaSubsampling: quality >= 90 ? '4:4:4' : '4:2:0',
      });
    case 'tiff':
      return image.tiff({
        compression: effort === 0 ? 'none' : 'deflate',
        predictor: 'horizontal',
        bigtiff: false,
        // The others take it from the intermediate file; in millimetres, whatever the unit.
        xres: density / 25.4,
        yres: density / 25.4,
        resolutionUnit: 'inch',
      });
    default:
      throw new Error(`Unknown format ${String(format)}`);
  }
}

import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Metadata, Sharp } from 'sharp';
import { readBmp } from '../files/bitmap.ts';
import { endingOf } from '../files/paths.ts';
import { sharp } from '../files/sharp.ts';

/** A picture that is open for making another one of it. */
export interface Opened {
  readonly picture: Sharp;
  /** How its pixels are: grey stays grey, and sixteen bits stay sixteen. */
  readonly space: Space;
  readonly channels: number;
  /** What can't be taken over, as ends of sentences. */
  readonly losses: readonly string[];
  /** Writes what was made of it into a folder, in the same format where that can be written. */
  save(made: Sharp, folder: string): Promise<string>;
}

const spaces = ['b-w', 'srgb', 'grey16', 'rgb16'] as const;
export type Space = (typeof spaces)[number];

export interface Opening {
  /** Whether EXIF turns it. */
  readonly upright: boolean;
  /** Whether nothing may be lost where a format can do without. */
  readonly exact?: boolean;
  /** What becomes of its colour profile: it goes along, or the colours become sRGB's. */
  readonly profile?: 'kept' | 'converted';
}

/** @throws what sharp throws at a picture that it can't read. */
export async function openPicture(
  path: string,
  { upright, exact = false, profile = 'kept' }: Opening,
): Promise<Opened> {
  const bitmap = await readBmp(path);
  if (bitmap !== null) {
    const { width, height, channels, pixels } = bitmap;
    const picture = sharp(pixels, { raw: { width, height, channels } });
    // No library writes bitmaps, and PNG loses nothing.
    const save = (made: Sharp, folder: string) => saved(made.png(), folder, '.png');
    return { picture, space: channels === 1 ? 'b-w' : 'srgb', channels, losses: [], save };
  }
  const metadata = await sharp(path).metadata();
  const space = spaces.find((known) => known === metadata.space) ?? 'srgb';
  const stored = sharp(path).toColourspace(space);
  const read = upright ? stored.autoOrient() : stored;
  const ending = endingOf(path);
  return {
    picture: profile === 'kept' ? read.keepIccProfile() : read,
    space,
    channels: space === 'srgb' || space === 'rgb16' ? (metadata.hasAlpha ? 4 : 3) : metadata.hasAlpha ? 2 : 1,
    losses: lossesOf(metadata),
    save: (made, folder) => {
      const encoded = inFormat(made, metadata, exact);
      return saved(encoded ?? made.png(), folder, encoded === null || ending === '' ? '.png' : ending);
    },
  };
}

/** Null where the format is only read. */
function inFormat(made: Sharp, { format, compression, chromaSubsampling }: Metadata, exact: boolean) {
  switch (format) {
    case 'jpeg': {
      const full = chromaSubsampling?.startsWith('4:4:4') === true;
      return made.jpeg({ quality: 95, chromaSubsampling: full ? '4:4:4' : '4:2:0' });
    }
    case 'webp':
      return made.webp(exact ? { lossless: true } : { quality: 95 });
    case 'heif':
      return compression === 'av1' ? made.avif(exact ? { lossless: true } : { quality: 90 }) : null;
    case 'tiff':
      // What sharp takes unasked is JPEG.
      return made.tiff({ compression: 'lzw' });
    case 'gif':
      return made.gif();
    case 'png':
      return made.png();
    default:
      return null;
  }
}

function lossesOf({ space, depth, pages, format, bitsPerSample }: Metadata): string[] {
  const losses: string[] = [];
  if (pages !== undefined && pages > 1) losses.push(`of ${pages} pages or frames only the first is there`);
  if (space === 'cmyk') losses.push('its CMYK became RGB');
  const deep = format === 'heif' && (bitsPerSample ?? 8) > 8;
  if (deep || (depth !== 'uchar' && depth !== 'ushort')) losses.push('eight bits a channel are left of more');
  return losses;
}

async function saved(made: Sharp, folder: string, ending: string): Promise<string> {
  const path = join(folder, newName(ending));
  await made.toFile(path);
  return path;
}

const newName = (ending: string): string => `${randomBytes(9).toString('hex')}${ending}`;

/** The path of a picture that couldn't be made: none, as a writer tells of each. */
export const missingPicture = (folder: string, ending: string): string =>
  join(folder, `missing-${newName(ending || '.png')}`);

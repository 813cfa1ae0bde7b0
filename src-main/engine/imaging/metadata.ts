import type { Metadata } from 'sharp';
import type { MetadataPolicy } from '../../contract/upscale.ts';
import { assertNever } from '../host/assert-never.ts';
import { rewriteExif } from './exif.ts';

/** Blocks that go into a result as they are. */
export interface MetadataBlocks {
  readonly exif?: Buffer;
  readonly icc?: Buffer;
  readonly xmp?: Buffer;
  readonly iptc?: Buffer;
}

export interface MetadataPlan {
  readonly blocks: MetadataBlocks;
  readonly kept: string[];
  readonly dropped: string[];
}

/** What in an XMP or IPTC block tells where or with which camera a picture was taken. */
const privateText =
  /GPS(Latitude|Longitude|Position|Altitude)|SerialNumber|OwnerName|LocationCreated|LocationShown/;

/**
 * Decides which of a source's blocks go into the result.
 *
 * @param format of the result; libvips writes no EXIF into TIFF.
 * @param keepProfile false where the pixels were converted out of the profile's colours (CMYK).
 */
export function planMetadata(
  source: Metadata,
  policy: MetadataPolicy,
  size: { width: number; height: number },
  keepProfile: boolean,
  format: string,
): MetadataPlan {
  const kept: string[] = [];
  const dropped: string[] = [];
  const blocks: { -readonly [Key in keyof MetadataBlocks]: MetadataBlocks[Key] } = {};
  if (source.icc) {
    if (keepProfile) {
      blocks.icc = source.icc;
      kept.push('ICC profile');
    } else dropped.push('ICC profile (the colours were converted to sRGB)');
  }
  const others = { EXIF: source.exif, XMP: source.xmp, IPTC: source.iptc };
  switch (policy) {
    case 'none':
      for (const [name, block] of Object.entries(others)) if (block) dropped.push(name);
      return { blocks, kept, dropped };
    case 'all':
    case 'safe': {
      const removePrivate = policy === 'safe';
      if (source.exif && format === 'tiff') dropped.push('EXIF (it is not written into TIFF)');
      else if (source.exif) {
        const rewritten = rewriteExif(source.exif, { ...size, removePrivate });
        if (rewritten) {
          blocks.exif = rewritten.exif;
          kept.push('EXIF');
          for (const what of rewritten.removed) dropped.push(`EXIF: ${what}`);
        } else dropped.push('EXIF (the block is damaged)');
      }
      for (const name of ['xmp', 'iptc'] as const) {
        const block = source[name];
        if (!block) continue;
        const title = name.toUpperCase();
        if (removePrivate && privateText.test(block.toString('utf8'))) {
          dropped.push(`${title} (it tells position, owner or serial number)`);
        } else {
          blocks[name] = block;
          kept.push(title);
        }
      }
      return { blocks, kept, dropped };
    }
    default:
      return assertNever(policy);
  }
}

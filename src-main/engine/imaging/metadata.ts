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
 * @param keepProfile false where the pixels were converted out of the profile's colours (CMYK).
 */
export function planMetadata(
  source: Metadata,
  policy: MetadataPolicy,
  size: { width: number; height: number },
  keepProfile: boolean,
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
      if (source.exif) {
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

const titles = { icc: 'ICC profile', exif: 'EXIF', xmp: 'XMP', iptc: 'IPTC' } as const;

/** The plan as it came true: a block that the written file doesn't hold counts as dropped, whatever was planned. */
export function comparePlan(plan: MetadataPlan, written: Metadata): MetadataPlan {
  const missing = (Object.keys(titles) as (keyof typeof titles)[]).filter(
    (name) => plan.blocks[name] && !written[name],
  );
  const lost = missing.map((name) => titles[name]);
  return {
    blocks: plan.blocks,
    kept: plan.kept.filter((title) => !lost.some((name) => name === title)),
    dropped: [
      ...plan.dropped,
      ...lost.map(
        (title) => `${title} (${(written.format ?? 'the format').toUpperCase()} does not hold it here)`,
      ),
    ],
  };
}

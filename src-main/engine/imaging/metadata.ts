import type { Metadata } from 'sharp';
import type { MetadataPolicy } from '../../contract/upscale.ts';
import { assertNever } from '../host/assert-never.ts';
import { rewriteExif } from './exif.ts';
import type { Extras } from './extras.ts';
import { removeIptcPlaces } from './iptc.ts';
import { type Chunk, keywordOf, textOf } from './png-chunks.ts';
import { isPrivateName, isPrivateText } from './private-names.ts';
import { usualDensity } from './vips-file.ts';
import { rewriteXmp } from './xmp.ts';

/** Blocks that go into a result as they are. */
export interface MetadataBlocks {
  readonly exif?: Buffer;
  readonly icc?: Buffer;
  readonly xmp?: Buffer;
  readonly iptc?: Buffer;
  /** Pixels of a print inch. */
  readonly density?: number;
}

/** What sharp reports, and what it doesn't. */
export type SourceMetadata = Metadata & { readonly extras?: Extras };

export interface MetadataPlan {
  readonly blocks: MetadataBlocks;
  /** Texts that go into a PNG as they are. */
  readonly texts: readonly Chunk[];
  readonly kept: string[];
  readonly dropped: string[];
}

const titles = { icc: 'ICC profile', exif: 'EXIF', xmp: 'XMP', iptc: 'IPTC' } as const;

/**
 * Decides which of a source's blocks go into the result.
 *
 * @param format of the result.
 * @param keepProfile false where the pixels were converted out of the profile's colours (CMYK).
 */
export function planMetadata(
  source: SourceMetadata,
  policy: MetadataPolicy,
  size: { width: number; height: number },
  format: string,
  keepProfile: boolean,
): MetadataPlan {
  const kept: string[] = [];
  const dropped: string[] = [...(source.extras?.lost ?? [])];
  const texts = planTexts(source.extras?.texts ?? [], policy, format);
  kept.push(...texts.kept);
  dropped.push(...texts.dropped);
  const blocks: { -readonly [Key in keyof MetadataBlocks]: MetadataBlocks[Key] } = {};
  // The number stays, as in other programs that resample; the print grows with the picture.
  if (source.density) blocks.density = source.density;
  const holdsDensity = (format !== 'webp' && format !== 'avif') || (source.exif && policy !== 'none');
  if (source.density && source.density !== usualDensity && !holdsDensity)
    dropped.push(`the resolution of ${source.density} dpi`);
  if (source.icc) {
    if (keepProfile) {
      blocks.icc = source.icc;
      kept.push('ICC profile');
    } else dropped.push('ICC profile (the colours were converted to sRGB)');
  }
  const take = (name: 'exif' | 'xmp' | 'iptc', block: Buffer | undefined, removed: string[] = []): void => {
    const title = titles[name];
    if (block) {
      blocks[name] = block;
      kept.push(title);
      for (const what of removed) dropped.push(`${title}: ${what}`);
    } else dropped.push(`${title} (the block is damaged)`);
  };
  const others = { EXIF: source.exif, XMP: source.xmp, IPTC: source.iptc };
  switch (policy) {
    case 'none':
      for (const [name, block] of Object.entries(others)) if (block) dropped.push(name);
      return { blocks, texts: texts.chunks, kept, dropped };
    case 'all':
    case 'safe': {
      const removePrivate = policy === 'safe';
      if (source.exif) {
        const rewritten = rewriteExif(source.exif, { ...size, removePrivate });
        take('exif', rewritten?.exif, rewritten?.removed);
      }
      if (source.xmp) {
        const rewritten = rewriteXmp(source.xmp, {
          ...size,
          turned: (source.orientation ?? 1) > 1,
          removePrivate,
        });
        take('xmp', rewritten?.xmp, rewritten?.removed);
      }
      if (source.iptc) {
        const rewritten = removePrivate ? removeIptcPlaces(source.iptc) : { iptc: source.iptc, removed: [] };
        take('iptc', rewritten?.iptc, rewritten?.removed);
      }
      return { blocks, texts: texts.chunks, kept, dropped };
    }
    default:
      return assertNever(policy);
  }
}

function planTexts(
  chunks: readonly Chunk[],
  policy: MetadataPolicy,
  format: string,
): { chunks: Chunk[]; kept: string[]; dropped: string[] } {
  const goesAlong = (chunk: Chunk): boolean => {
    const keyword = keywordOf(chunk);
    if (format !== 'png' || policy === 'none' || keyword === undefined) return false;
    if (policy === 'all') return true;
    const text = textOf(chunk)?.text;
    const hidden = text === undefined || keyword.startsWith('Raw profile type');
    return !hidden && !isPrivateName(keyword) && !isPrivateText(text);
  };
  const taken = chunks.filter(goesAlong);
  const left = chunks.filter((chunk) => !taken.includes(chunk));
  const title = (some: readonly Chunk[]): string[] =>
    some.length > 0 ? [`PNG text (${some.map(keywordOf).join(', ')})`] : [];
  return { chunks: taken, kept: title(taken), dropped: title(left) };
}

/** The plan as it came true: a block that the written file doesn't hold counts as dropped, whatever was planned. */
export function comparePlan(plan: MetadataPlan, written: Metadata): MetadataPlan {
  const missing = (Object.keys(titles) as (keyof typeof titles)[]).filter(
    (name) => plan.blocks[name] && !written[name],
  );
  const lost = missing.map((name) => titles[name]);
  return {
    ...plan,
    kept: plan.kept.filter((title) => !lost.some((name) => name === title)),
    dropped: [
      ...plan.dropped,
      ...lost.map(
        (title) => `${title} (${(written.format ?? 'the format').toUpperCase()} does not hold it here)`,
      ),
    ],
  };
}

import { fillTokens, type NameParts, safeStem } from '../../contract/names.ts';

/** Longest name that common file systems take, in bytes. */
const longestName = 255;

/** Room for " (99)" and for a receipt's ending behind the name. */
const reserve = 24;

/**
 * Fills a pattern such as `{name}_x{scale}`. Of a source's name that is too long for it the end is cut off, and not what the
 * pattern puts behind it.
 */
export function fillPattern(pattern: string, parts: NameParts, extension: string): string {
  const room = longestName - reserve - Buffer.byteLength(extension);
  const bare = fillTokens(pattern, { ...parts, name: '' });
  const times = pattern.split('{name}').length - 1;
  const left = Math.floor((room - Buffer.byteLength(bare)) / Math.max(1, times));
  return fillTokens(pattern, { ...parts, name: left > 0 ? cut(parts.name, left) : parts.name });
}

/** A file name that every system takes: no separators, no reserved names, at most 255 bytes with its ending. */
export function fileName(stem: string, extension: string, counter = 1): string {
  const suffix = (counter > 1 ? ` (${counter})` : '') + extension;
  return cut(safeStem(stem.toWellFormed()), longestName - reserve - Buffer.byteLength(extension)) + suffix;
}

/** Cuts a text to a number of UTF-8 bytes, between characters as a person sees them. */
function cut(text: string, limit: number): string {
  if (Buffer.byteLength(text) <= limit) return text;
  let result = '';
  let size = 0;
  for (const { segment } of new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text)) {
    size += Buffer.byteLength(segment);
    if (size > limit) break;
    result += segment;
  }
  return result.trimEnd() || 'picture';
}

/** Longest name that common file systems take, in bytes. */
const longestName = 255;

/** Room for " (99)" and for a receipt's ending behind the name. */
const reserve = 24;

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

export interface NameParts {
  /** Name of the source, without its ending. */
  readonly name: string;
  readonly scale: number;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly date: Date;
}

/**
 * Fills a pattern such as `{name}_x{scale}`. Of a source's name that is too long for it the end is cut off, and not what the
 * pattern puts behind it.
 */
export function fillPattern(pattern: string, parts: NameParts, extension: string): string {
  const room = longestName - reserve - Buffer.byteLength(extension);
  const bare = filled(pattern, { ...parts, name: '' });
  const times = pattern.split('{name}').length - 1;
  const left = Math.floor((room - Buffer.byteLength(bare)) / Math.max(1, times));
  return filled(pattern, { ...parts, name: left > 0 ? cut(parts.name, left) : parts.name });
}

function filled(pattern: string, parts: NameParts): string {
  const values: Readonly<Record<string, string>> = {
    name: parts.name,
    scale: String(Math.round(parts.scale * 100) / 100),
    model: parts.model,
    width: String(parts.width),
    height: String(parts.height),
    date: parts.date.toISOString().slice(0, 10),
  };
  return pattern.replace(/\{(\w+)\}/g, (token, key: string) => values[key] ?? token);
}

/** A file name that every system takes: no separators, no reserved names, at most 255 bytes with its ending. */
export function fileName(stem: string, extension: string, counter = 1): string {
  const suffix = (counter > 1 ? ` (${counter})` : '') + extension;
  let safe = stem.toWellFormed().replace(/[<>:"/\\|?*\p{Cc}]/gu, '_');
  safe = safe.replace(/^[.\s]+|[.\s]+$/g, '');
  if (safe === '') safe = 'picture';
  if (reserved.test(safe)) safe = `_${safe}`;
  return cut(safe, longestName - reserve - Buffer.byteLength(extension)) + suffix;
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

import type { OutputFormat } from './upscale.ts';

/** A format that results are written in. */
export type FileFormat = Exclude<OutputFormat, 'same'>;

/** Endings of names, by format. */
export const extensions: Readonly<Record<FileFormat, string>> = {
  png: '.png',
  jpeg: '.jpg',
  webp: '.webp',
  avif: '.avif',
  tiff: '.tif',
};

/** Names that Windows keeps for devices. */
const reserved = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/i;

/** What a pattern such as `{name}_x{scale}` can say. */
export interface NameParts {
  /** Name of the source, without its ending. */
  readonly name: string;
  readonly scale: number;
  readonly model: string;
  readonly width: number;
  readonly height: number;
  readonly date: Date;
}

/** @param unknown is told of tokens that mean nothing, such as `{foo}`; they stay as they are. */
export function fillTokens(
  pattern: string,
  parts: NameParts,
  unknown: (token: string) => void = () => undefined,
): string {
  const values = new Map([
    ['name', parts.name],
    ['scale', String(Math.round(parts.scale * 100) / 100)],
    ['model', parts.model],
    ['width', String(parts.width)],
    ['height', String(parts.height)],
    ['date', parts.date.toISOString().slice(0, 10)],
  ]);
  return pattern.replace(/\{(\w*)\}/g, (token, key: string) => {
    const value = values.get(key);
    if (value === undefined) unknown(token);
    return value ?? token;
  });
}

/** Tokens of a pattern that mean nothing. */
export function unknownTokens(pattern: string): string[] {
  const found: string[] = [];
  fillTokens(pattern, anyParts, (token) => found.push(token));
  return found;
}

const anyParts: NameParts = { name: '', scale: 1, model: '', width: 1, height: 1, date: new Date(0) };

/** With `_` for each character that some system takes in no name. */
export const withoutForbidden = (text: string): string => text.replace(/[<>:"/\\|?*\p{Cc}]/gu, '_');

/** A name without its ending that every system takes, but for its length. */
export function safeStem(stem: string): string {
  const safe = withoutForbidden(stem).replace(/^[.\s]+|[.\s]+$/g, '') || 'picture';
  return reserved.test(safe) ? `_${safe}` : safe;
}

import type { AttributeValue } from '../../model/index.ts';
import { oneLine } from '../common/lines.ts';

const number = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/;

/**
 * `name=value, name=value`. A backslash takes the meaning from a comma, an equals sign and a quote; a value in quotes is
 * text, others are numbers or booleans where they look so. A name alone is true. Datumaro reads and writes it so.
 */
export function parseAttributes(text: string): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const piece of text.match(/(?:[^\\,]|\\[\s\S])+/g) ?? []) {
    const [, name = '', given] = /^((?:[^\\=]|\\[\s\S])*)(?:=([\s\S]*))?$/.exec(piece.trim()) ?? [];
    if (name !== '') attributes.set(plain(name), given === undefined ? true : readValue(given));
  }
  return attributes;
}

function readValue(text: string): AttributeValue {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  if (text.length > 1 && text.startsWith('"') && text.endsWith('"')) return plain(text.slice(1, -1));
  return number.test(text) ? Number(text) : plain(text);
}

const plain = (text: string): string => text.replace(/\\([\s\S])/g, '$1');
const escaped = (text: string): string => oneLine(text).replace(/[\\=",]/g, '\\$&');

/** The inverse of {@link parseAttributes}. */
export function attributesText(attributes: Iterable<readonly [string, AttributeValue]>): string {
  const pieces: string[] = [];
  for (const [name, value] of attributes) {
    let text: string;
    if (typeof value === 'boolean') text = value ? 'True' : 'False';
    else if (typeof value === 'string') {
      const ambiguous = number.test(value) || /^(true|false)$/i.test(value) || value.trim() !== value;
      text = ambiguous ? `"${escaped(value)}"` : escaped(value);
    } else if (typeof value === 'number') text = String(value);
    else text = escaped(JSON.stringify(value));
    pieces.push(`${escaped(name)}=${text}`);
  }
  return pieces.join(', ');
}

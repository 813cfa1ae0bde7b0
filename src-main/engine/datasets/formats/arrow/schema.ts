import { Binary, Bool, Field, FixedSizeList, List, Schema, Struct, Uint8, Uint16, Utf8 } from 'apache-arrow';
import { isRecord } from '../../model/index.ts';

export const signature = 'signature:datumaro_arrow';
export const version = '2.0';

const field = <Type extends ConstructorParameters<typeof Field>[1]>(name: string, type: Type) =>
  new Field(name, type, true);

const picture = new Struct([
  field('has_bytes', new Bool()),
  field('bytes', new Binary()),
  field('path', new Utf8()),
  field('size', new FixedSizeList(2, field('item', new Uint16()))),
]);

const cloud = new Struct([
  field('has_bytes', new Bool()),
  field('bytes', new Binary()),
  field('path', new Utf8()),
  field('extra_images', new List(field('image', picture))),
]);

const media = new Struct([field('type', new Uint8()), field('image', picture), field('point_cloud', cloud)]);

/** Datumaro's columns: it reads a file only where they are these, and in this order. */
export const columns = [
  field('id', new Utf8()),
  field('subset', new Utf8()),
  field('media', media),
  field('annotations', new Binary()),
  field('attributes', new Binary()),
];

/**
 * What stands beside the columns. Datumaro packs an object as JSON behind four bytes of length; but these values are text
 * for every other library, and so the JSON is filled up with spaces until no byte of its length is beyond ASCII.
 */
export function schemaOf(
  infos: Readonly<Record<string, unknown>>,
  categories: Readonly<Record<string, unknown>>,
  mediaType: number,
): Schema {
  const packed = (value: Readonly<Record<string, unknown>>): string => {
    const text = Object.keys(value).length === 0 ? '' : JSON.stringify(value);
    let length = Buffer.byteLength(text);
    while (bytesOf(length).some((byte) => byte > 127)) length += 1;
    return String.fromCharCode(...bytesOf(length)) + text + ' '.repeat(length - Buffer.byteLength(text));
  };
  return new Schema(
    columns,
    new Map([
      ['signature', signature],
      ['version', version],
      ['infos', packed(infos)],
      ['categories', packed(categories)],
      ['media_type', String.fromCharCode(...bytesOf(mediaType))],
    ]),
  );
}

const bytesOf = (value: number): number[] => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255);

/**
 * The object in such a value. Its length is not looked at: it may have come out as no text, and one to four characters
 * of it may be brackets.
 */
export function unpacked(value: string | undefined): Readonly<Record<string, unknown>> {
  const text = value ?? '';
  for (let start = 1; start <= 4; start += 1) {
    if (text[start] !== '{') continue;
    try {
      const parsed: unknown = JSON.parse(text.slice(start));
      if (isRecord(parsed)) return parsed;
    } catch {
      // It was a part of the length.
    }
  }
  return {};
}

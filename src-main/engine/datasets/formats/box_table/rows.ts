import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  type CategoryBuilder,
  noAttributes,
  numberOf,
  type Size,
} from '../../model/index.ts';
import { plainShape, take } from '../common/read.ts';
import type { Columns } from './columns.ts';
import type { Table } from './places.ts';

/** A row of a table. */
export interface Row {
  readonly columns: Columns;
  readonly fields: readonly string[];
  readonly line: number;
}

/** What the rows of a picture say. */
export interface Pictured {
  readonly annotations: Annotation[];
  readonly size: Size | null;
  /** The first that names it. */
  readonly table: Table;
}

/** The class of boxes in a table without a column for it. */
const onlyClass = 'object';

/** A row's class; empty where it says none. */
export const classIn = ({ columns: { label }, fields }: Row): string =>
  label < 0 ? onlyClass : (fields[label] ?? '');

/** The four numbers of a row's box as they stand, NaN for what is none; null where the row has no box. */
export function numbersIn({ columns: { geometry }, fields }: Row): readonly number[] | null {
  const texts = geometry.places.map((place) => fields[place] ?? '');
  const parts = geometry.kind === 'list' ? listed(texts[0]!) : texts;
  if (parts.every((part) => part === '')) return null;
  return parts.length === 4 ? parts.map(decimal) : [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
}

/** A number, in countries that write 1,5 as well. */
const decimal = (text: string): number => numberOf(/^-?\d+,\d+$/.test(text) ? text.replace(',', '.') : text);

/** The parts of `[834.0, 222.0, 56.0, 36.0]`, with commas or blanks between them. */
const listed = (text: string): string[] =>
  text
    .replace(/^[[(]|[\])]$/g, '')
    .trim()
    .split(/\s*,\s*|\s+/);

/** Adds a row to what is known of its picture. */
export function addRow(
  known: Pictured,
  row: Row,
  builder: CategoryBuilder,
  complain: (reason: string) => void,
): Pictured {
  const { columns, fields } = row;
  if (fields.length > columns.names.length) complain('the row has more fields than the head');
  const numbers = numbersIn(row);
  if (numbers !== null) take(toBox(row, numbers, builder), known.annotations, complain);
  else if (columns.label >= 0 && classIn(row) !== '') complain('the row has a class and no box');
  return known.size === null ? { ...known, size: sizeIn(row) } : known;
}

function toBox(row: Row, [x, y, a, b]: readonly number[], builder: CategoryBuilder): Annotation {
  const label = builder.find(classIn(row)) ?? null;
  const { kind } = row.columns.geometry;
  const [width, height] = kind === 'corners' ? [a! - x!, b! - y!] : [a!, b!];
  const [left, top] = kind === 'centre' ? [x! - width / 2, y! - height / 2] : [x!, y!];
  return { ...plainShape(label, attributesIn(row)), type: 'box', x: left, y: top, width, height };
}

/** Columns without a meaning of their own. One without a name is the row's number, as pandas writes it. */
function attributesIn({ columns, fields }: Row): Attributes {
  const { names, picture, label, score, geometry, size } = columns;
  const taken = [picture, label, ...geometry.places, ...size];
  const attributes = new Map<string, AttributeValue>();
  for (const [place, name] of names.entries()) {
    const text = fields[place] ?? '';
    if (text === '' || name === '' || taken.includes(place)) continue;
    if (place === score && Number.isFinite(numberOf(text))) attributes.set('score', numberOf(text));
    else attributes.set(name, valueIn(text));
  }
  return attributes.size === 0 ? noAttributes : attributes;
}

/** Numbers and yes or no as what they are; what would not be written in the same way stays text. */
function valueIn(text: string): AttributeValue {
  if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true';
  return String(Number(text)) === text && Number.isFinite(Number(text)) ? Number(text) : text;
}

function sizeIn({ columns: { size }, fields }: Row): Size | null {
  const [width = 0, height = 0] = size.map((place) => numberOf(fields[place]));
  const isSize = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  return isSize ? { width, height } : null;
}

/** Tells whether the numbers of all boxes lie between 0 and 1 without being all 0 or 1. What is no number is passed over. */
export function allShares(): { add(numbers: readonly number[]): void; result(): boolean } {
  let [areShares, hasFraction] = [true, false];
  return {
    add(numbers) {
      areShares &&= !numbers.some((number) => number < 0 || number > 1);
      hasFraction ||= numbers.some((number) => Number.isFinite(number) && !Number.isInteger(number));
    },
    result: () => areShares && hasFraction,
  };
}

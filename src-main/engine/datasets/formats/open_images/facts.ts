import {
  type Attributes,
  type AttributeValue,
  attributesIn,
  type LabelCategory,
  noAttributes,
  numberOf,
  toRecord,
} from '../../model/index.ts';
import { type CsvRow, csvText } from '../common/csv.ts';
import { imageColumns } from './files.ts';

/** What the table of pictures says of each: its columns but for its name and subset. */
const factColumns = imageColumns.slice(2);

/** Columns of numbers; the others are text. */
const numeric = new Set(['OriginalSize', 'Rotation']);

/** Our own table of what else is known of a picture, as JSON. */
export const attributeColumns = ['ImageID', 'Attributes'];

/** Our own table of what else is known of a class, as JSON. */
export const classFactsFile = 'class-facts.csv';
const classFactColumns = ['LabelName', 'Facts'];

/** The facts of a class that it is not called by: its code (`/m/0199g`), or its name where names are not unique. */
export const codeFact = 'LabelName';
export const displayFact = 'DisplayName';

/** What the classes are called in the tables: by their codes, where all of them are told apart so. */
export function codesOf(labels: readonly LabelCategory[]): readonly string[] {
  const names = labels.map(({ name }) => name);
  const codes = labels.map(({ name, facts }) => textOf(facts ?? noAttributes, codeFact).trim() || name);
  const different = (texts: readonly string[]): boolean => new Set(texts).size === texts.length;
  return different(names) && different(codes) ? codes : names;
}

/** Our own table of classes, or null where there is nothing for it. */
export function classFactsText(labels: readonly LabelCategory[], codes: readonly string[]): string | null {
  const rows = labels.flatMap(({ facts }, index) => {
    const rest = new Map(facts ?? noAttributes);
    if (rest.get(codeFact) === codes[index]) rest.delete(codeFact);
    return rest.size === 0 ? [] : [[codes[index]!, JSON.stringify(toRecord(rest))]];
  });
  return rows.length === 0 ? null : csvText([classFactColumns, ...rows]);
}

/** What a row of the table of pictures says, by the columns' names. A picture that is not turned says nothing by it. */
export function pictureFacts(row: CsvRow): Map<string, AttributeValue> {
  const facts = new Map<string, AttributeValue>();
  for (const column of factColumns) {
    const text = row.get(column);
    if (text === '') continue;
    const number = numeric.has(column) ? numberOf(text) : Number.NaN;
    if (column === 'Rotation' && number === 0) continue;
    facts.set(column, Number.isFinite(number) ? number : text);
  }
  return facts;
}

/** Adds what our own table says of a picture. */
export function addAttributes(facts: Map<string, AttributeValue>, text: string): string | null {
  const own = attributesIn(text);
  if (own === null) return 'the attributes are no JSON';
  for (const [name, value] of own) facts.set(name, value);
  return null;
}

/** A picture's attributes for its row in the table of pictures, and the rest as JSON for ours. */
export function factsRow(attributes: Attributes): {
  readonly row: readonly (string | number)[];
  readonly rest: string | null;
} {
  const rest = new Map(attributes);
  const row = factColumns.map((column) => {
    const value = rest.get(column);
    const kind = numeric.has(column) ? 'number' : 'string';
    if (typeof value !== kind || !isPlain(value as string | number)) return '';
    rest.delete(column);
    return value as string | number;
  });
  return { row, rest: rest.size === 0 ? null : JSON.stringify(toRecord(rest)) };
}

/** Whether it is the same after reading, which takes blanks off the ends. */
const isPlain = (value: string | number): boolean =>
  typeof value === 'number' ? Number.isFinite(value) : value !== '' && value.trim() === value;

/** Adds the field of a row that is text. */
export function addText(
  row: CsvRow,
  column: string,
  attributes: Map<string, AttributeValue>,
  name: string,
): void {
  const text = row.get(column);
  if (text !== '') attributes.set(name, text);
}

/** An attribute for a field of text. */
export const textOf = (attributes: Attributes, name: string): string => {
  const value = attributes.get(name);
  return typeof value === 'string' ? value : '';
};

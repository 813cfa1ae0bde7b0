import { pipeline, Readable } from 'node:stream';
import type { CsvError } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { emptyFile, noteFile } from '../../files/notes.ts';
import { reasonOf } from '../../files/reasons.ts';
import { utf8Chunks } from '../../files/text.ts';

/** A row of a table with a header. */
export interface CsvRow {
  readonly line: number;
  /** The field of a column; empty where the row or the table has none. */
  get(column: string): string;
  readonly fields: readonly string[];
}

const mostInRow = 16 * 1024 * 1024;

/** What separates the fields of a table: in countries that write 1,5 a spreadsheet's tables have semicolons. */
export type Delimiter = ',' | ';' | '\t';

const delimiters: readonly Delimiter[] = [',', ';', '\t'];

/** How a table begins. */
export interface TableHead {
  /** The fields of the first row. */
  readonly fields: readonly string[];
  /** Rows behind it. */
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: Delimiter;
}

/** The head of a file that begins with this text. */
export async function tableHead(text: string): Promise<TableHead> {
  const { parse } = await import('csv-parse/sync');
  const parsed = (part: string, delimiter: Delimiter): readonly (readonly string[])[] =>
    parse(part, { ...lenient, delimiter });
  const line = text.split(/\r\n|\r|\n/).find((part) => part.trim() !== '') ?? '';
  const [delimiter] = delimiters.toSorted(
    (a, b) => (parsed(line, b)[0]?.length ?? 0) - (parsed(line, a)[0]?.length ?? 0),
  );
  // The last line may be cut in two.
  const whole = text.slice(0, Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r')) + 1) || text;
  const [fields = [], ...rows] = parsed(whole, delimiter!);
  return { fields, rows, delimiter: delimiter! };
}

const lenient = {
  bom: true,
  trim: true,
  relax_column_count: true,
  relax_quotes: true,
  skip_empty_lines: true,
  skip_records_with_error: true,
} as const;

/**
 * Reads a CSV file row by row. A row that is damaged is told and left out; where nothing behind it can be read any more,
 * that is told, too, and the reading ends.
 *
 * @param columns names of the columns, for a file without a header.
 */
export async function* csvRows(
  path: string,
  complain: (line: number, reason: string) => void,
  columns?: readonly string[],
  delimiter: Delimiter = ',',
): AsyncGenerator<CsvRow> {
  const { parse } = await import('csv-parse');
  let isEmpty = true;
  const parser = parse({
    ...lenient,
    delimiter,
    info: true,
    max_record_size: mostInRow,
    on_skip: (thrown: CsvError | undefined) => {
      isEmpty = false;
      complain(Number(thrown?.['lines'] ?? 0), 'the row is no CSV');
    },
  });
  // What goes wrong with the file ends the parser, too, and is thrown where its rows are asked for.
  pipeline(Readable.from(utf8Chunks(path), { objectMode: false }), parser, () => undefined);
  let header = columns === undefined ? undefined : indexOf(columns);
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      isEmpty = false;
      if (header === undefined) {
        header = indexOf(record);
        continue;
      }
      const places = header;
      const get = (column: string): string => record[places.get(column) ?? -1] ?? '';
      yield { line: info.lines, get, fields: record };
    }
    if (isEmpty) noteFile(path, emptyFile);
  } catch (thrown) {
    complain(parser.info.lines, `the file can't be read as CSV: ${reasonOf(thrown)}`);
  }
}

const indexOf = (names: readonly string[]): Map<string, number> =>
  new Map(names.map((name, index) => [name, index] as const).toReversed());

/** Names of classes as a table has them, in their order: numbers by their size. */
export function sortedNames(names: ReadonlySet<string>): string[] {
  const areNumbers = [...names].every((name) => /^-?\d+$/.test(name));
  const before = (a: string, b: string): number => (areNumbers ? Number(a) - Number(b) : a < b ? -1 : 1);
  return [...names].sort(before);
}

/** Rows as CSV text. */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(rows as (string | number)[][]);

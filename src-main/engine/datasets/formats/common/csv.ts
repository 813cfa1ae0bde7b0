import { createReadStream } from 'node:fs';
import type { CsvError } from 'csv-parse';
import { stringify } from 'csv-stringify/sync';
import { toErrorValue } from '../../../../contract/errors.ts';

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

/** The fields of the first row of a file that begins with this text, none where it begins with none, and what separates them. */
export async function firstRow(
  text: string,
): Promise<{ readonly fields: readonly string[]; readonly delimiter: Delimiter }> {
  const { parse } = await import('csv-parse/sync');
  const line = text.split(/\r\n|\r|\n/).find((part) => part.trim() !== '') ?? '';
  let best: { fields: readonly string[]; delimiter: Delimiter } = { fields: [], delimiter: ',' };
  for (const delimiter of delimiters) {
    const options = { bom: true, trim: true, relax_quotes: true, skip_records_with_error: true } as const;
    const fields: readonly string[] = parse(line, { ...options, delimiter })[0] ?? [];
    if (fields.length > best.fields.length) best = { fields, delimiter };
  }
  return best;
}

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
  const parser = parse({
    delimiter,
    bom: true,
    trim: true,
    info: true,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    max_record_size: mostInRow,
    on_skip: (thrown: CsvError | undefined) => {
      complain(Number(thrown?.['lines'] ?? 0), 'the row is no CSV');
    },
  });
  createReadStream(path)
    .on('error', (thrown) => parser.destroy(thrown))
    .pipe(parser);
  let header = columns === undefined ? undefined : indexOf(columns);
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: string[];
      info: { lines: number };
    }>) {
      if (header === undefined) {
        header = indexOf(record);
        continue;
      }
      const places = header;
      const get = (column: string): string => record[places.get(column) ?? -1] ?? '';
      yield { line: info.lines, get, fields: record };
    }
  } catch (thrown) {
    complain(parser.info.lines, `the file can't be read as CSV: ${toErrorValue(thrown).message}`);
  }
}

const indexOf = (names: readonly string[]): Map<string, number> =>
  new Map(names.map((name, index) => [name, index] as const).toReversed());

/** Rows as CSV text. */
export const csvText = (rows: readonly (readonly (string | number)[])[]): string =>
  stringify(rows as (string | number)[][]);

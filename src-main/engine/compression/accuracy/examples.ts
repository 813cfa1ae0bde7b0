import { readFile, stat } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import { RefineryError } from '../../../contract/errors.ts';

/** One row of a data set for classification. */
export interface Example {
  readonly text: string;
  readonly pair?: string;
  /** As it stands in the file: a number, or the name of a class. */
  readonly label: string;
}

export interface Examples {
  readonly list: readonly Example[];
  /** Rows that can't be used, with their line in the file from 1. */
  readonly leftOut: ReadonlyArray<{ readonly line: number; readonly reason: string }>;
}

/** Larger than any evaluation set, and small enough to be read as one. */
const largest = 256 << 20;
/** Names of columns in GLUE and its kin, the first that is there counts. */
const textColumns = ['text', 'sentence', 'sentence1', 'premise', 'question1', 'question', 'text_a'];
const pairColumns = ['text_pair', 'sentence2', 'hypothesis', 'question2', 'text_b'];
const labelColumns = ['label', 'labels', 'gold_label', 'class', 'target'];

/**
 * Reads a set of labelled texts: TSV as GLUE has it (a line each, quotes are text), CSV, or JSON lines. The first line of
 * TSV and CSV names the columns: a text, maybe a second one, and a label.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_TOO_LARGE`, `INPUT_UNSUPPORTED`, `INPUT_CORRUPT`, `INPUT_EMPTY`.
 */
export async function readExamples(path: string): Promise<Examples> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile())
    throw new RefineryError('INPUT_NOT_FOUND', 'The data set isn’t there.', { details: path });
  if (found.size > largest) {
    throw new RefineryError('INPUT_TOO_LARGE', 'The data set is larger than 256 MB.', {
      hint: 'A few thousand examples are enough to measure an accuracy.',
    });
  }
  const source = await readFile(path, 'utf8');
  const examples = /\.(?:jsonl|ndjson|json)$/i.test(path)
    ? fromJsonLines(source)
    : fromColumns(source, /\.tsv$/i.test(path));
  if (examples.list.length > 0) return examples;
  const [first] = examples.leftOut;
  throw new RefineryError('INPUT_EMPTY', 'The data set has no labelled texts.', {
    hint: 'Evaluate on a set with labels, such as dev.tsv; test sets of GLUE have none.',
    ...(first ? { details: `line ${first.line}: ${first.reason}` } : {}),
  });
}

function fromColumns(source: string, tabs: boolean): Examples {
  let records: Array<{ record: string[]; info: { lines: number } }>;
  try {
    records = parse(source, {
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      ...(tabs ? { delimiter: '\t', quote: false } : {}),
    }) as unknown as typeof records;
  } catch (cause) {
    throw new RefineryError('INPUT_CORRUPT', 'The data set’s table can’t be read.', {
      hint: 'Columns of a .csv are parted by commas and quoted by ", those of a .tsv parted by tabs and never quoted.',
      cause,
    });
  }
  const [head, ...rows] = records;
  const names = (head?.record ?? []).map((name) => name.trim().toLowerCase());
  const at = (wanted: readonly string[]): number =>
    names.indexOf(wanted.find((name) => names.includes(name)) ?? '');
  const [text, pair, label] = [at(textColumns), at(pairColumns), at(labelColumns)];
  if (text < 0 || label < 0) {
    throw new RefineryError('INPUT_UNSUPPORTED', 'The data set has no columns for text and label.', {
      hint: 'Name the columns in the first line: text, text_pair if there is one, and label.',
      details: names.join(', '),
    });
  }
  return sorted(
    rows.map(({ record, info }) => ({
      line: info.lines,
      text: record[text],
      pair: record[pair],
      label: record[label],
    })),
  );
}

function fromJsonLines(source: string): Examples {
  const field = (row: object, names: readonly string[]): unknown => {
    const name = names.find((key) => Object.hasOwn(row, key));
    return name === undefined ? undefined : (row as Record<string, unknown>)[name];
  };
  const rows = source.split('\n').flatMap((text, index): Row[] => {
    if (text.trim() === '') return [];
    const line = index + 1;
    try {
      const row: unknown = JSON.parse(text);
      if (typeof row !== 'object' || row === null) return [{ line }];
      return [
        {
          line,
          text: field(row, textColumns),
          pair: field(row, pairColumns),
          label: field(row, labelColumns),
        },
      ];
    } catch {
      return [{ line, damaged: true }];
    }
  });
  return sorted(rows);
}

interface Row {
  readonly line: number;
  readonly text?: unknown;
  readonly pair?: unknown;
  readonly label?: unknown;
  readonly damaged?: true;
}

function sorted(rows: readonly Row[]): Examples {
  const list: Example[] = [];
  const leftOut: Array<{ line: number; reason: string }> = [];
  for (const { line, text, pair, label, damaged } of rows) {
    const name = typeof label === 'number' ? String(label) : typeof label === 'string' ? label.trim() : '';
    if (damaged) leftOut.push({ line, reason: 'This line isn’t JSON.' });
    else if (typeof text !== 'string') leftOut.push({ line, reason: 'There is no text.' });
    else if (name === '' || name === '-' || name === '-1')
      leftOut.push({ line, reason: 'There is no label.' });
    else list.push({ text, label: name, ...(typeof pair === 'string' ? { pair } : {}) });
  }
  return { list, leftOut };
}

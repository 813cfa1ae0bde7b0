import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { emptyFile, noteFile } from '../../files/notes.ts';
import { fileNameOf, folderOf, inside, isPicture, safeRelative } from '../../files/paths.ts';
import { utf8Chunks } from '../../files/text.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, isRecord, ProblemLog } from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';
import { readMeta } from '../common/meta.ts';
import { below, imageItem, splitSubset, UniqueIds } from '../common/read.ts';
import { annotationsIn, attributesIn, classesIn, type Row } from '../common/rows.ts';

export const isMetadata = (name: string): boolean => /^metadata\.(jsonl|csv)$/.test(name);

/** The names of classes are in the rows themselves. */
const unnamed = new Map<string, readonly string[]>();

type Complain = (file: string, line: number, reason: string) => void;

/** Reads `[<subset>/]metadata.jsonl` or `metadata.csv`, which name pictures beside them under `file_name`. */
export async function readImagefolder(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files: string[] = [];
  for await (const file of filesUnder(folder)) if (isMetadata(fileNameOf(file))) files.push(file);
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no metadata.jsonl or metadata.csv in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  const found = new Set<string>();
  for (const file of files) {
    // What is wrong with a row is told when it is read again.
    for await (const { row } of rowsIn(folder, file, () => undefined))
      for (const name of classesIn(row, unnamed)) found.add(name);
  }
  for (const name of [...found].sort()) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      const seen = new Set<string>();
      for (const file of files) {
        const start = folderOf(file);
        const complain: Complain = (path, line, reason) => problems.add(path, `line ${line}`, reason);
        for await (const { row, line } of rowsIn(folder, file, complain)) {
          options.signal?.throwIfAborted();
          const [column, given] = nameIn(row);
          const name = safeRelative(given);
          if (name === null) {
            complain(file, line, "the picture's name is missing or leaves the set's folder");
            continue;
          }
          const path = below(start, name);
          if (seen.has(path)) {
            complain(file, line, 'the picture has a row already');
            continue;
          }
          seen.add(path);
          const { subset, rest } = splitSubset(path);
          const annotations = annotationsIn(row, unnamed, builder, (reason) => complain(file, line, reason));
          const item = { id: ids.of(subset, rest), subset, annotations };
          yield await imageItem(folder, path, item, null, attributesIn(row, [column]));
        }
      }
      for await (const path of filesUnder(folder)) {
        if (!isPicture(path) || seen.has(path)) continue;
        const { subset, rest } = splitSubset(path);
        problems.add(path, '', 'the picture has no row');
        yield await imageItem(folder, path, { id: ids.of(subset, rest), subset, annotations: [] });
      }
    },
  };
}

/** The column that names the picture; others such as `mask_file_name` stay attributes. */
function nameIn(row: Row): readonly [column: string, name: string] {
  const columns = [
    'file_name',
    'image_file_name',
    ...Object.keys(row).filter((name) => name.endsWith('_file_name')),
  ];
  const column = columns.find((name) => Object.hasOwn(row, name) && typeof row[name] === 'string') ?? '';
  return [column, column === '' ? '' : (row[column] as string)];
}

async function* rowsIn(
  folder: string,
  file: string,
  complain: Complain,
): AsyncGenerator<{ readonly row: Row; readonly line: number }> {
  const path = inside(folder, file);
  if (file.endsWith('.csv')) {
    let header: readonly string[] | undefined;
    for await (const { fields, line } of csvRows(path, (at, reason) => complain(file, at, reason), [])) {
      if (header === undefined) {
        header = fields;
        continue;
      }
      const cells = header.map((name, index) => [name, cellOf(fields[index] ?? '')] as const);
      yield { row: Object.fromEntries(cells.filter(([name]) => name !== '__proto__')), line };
    }
    return;
  }
  let line = 0;
  let isEmpty = true;
  for await (const text of createInterface({
    input: Readable.from(utf8Chunks(path), { objectMode: false }),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    line += 1;
    if (text.trim() === '') continue;
    isEmpty = false;
    try {
      const row = parseLenient(text.replace(/^\uFEFF/, ''));
      if (isRecord(row)) yield { row, line };
      else complain(file, line, 'the line is no JSON object');
    } catch {
      complain(file, line, 'the line is no JSON object');
    }
  }
  if (isEmpty) noteFile(path, emptyFile);
}

/** Lists and objects stand in CSV as JSON. Everything else stays text. */
function cellOf(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return text === '' ? null : text;
  try {
    return parseLenient(text);
  } catch {
    return text;
  }
}

import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import {
  asyncBufferFromFile,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetReadObjects,
} from 'hyparquet';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, pictureSize, refuseEmpty } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import {
  endingOf,
  fileNameOf,
  folderOf,
  inside,
  isPicture,
  safeRelative,
  stemOf,
} from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, field, type Item, isRecord, ProblemLog } from '../../model/index.ts';
import { brokenFile } from '../common/broken.ts';
import { readMeta } from '../common/meta.ts';
import { endingFor, InnerPictures } from '../common/pictures.ts';
import { isSubsetName } from '../common/read.ts';
import { annotationsIn, attributesIn, classesIn, type NamedClasses, type Row } from '../common/rows.ts';

/** Rows that are in memory at once, with their pictures. */
const atOnce = 64;

/** What Node can unpack, in addition to what the reader does itself. */
const compressors: Compressors = {
  GZIP: (bytes) => gunzipSync(bytes),
  BROTLI: (bytes) => brotliDecompressSync(bytes),
  ZSTD: (bytes) => zstdDecompressSync(bytes),
};

/** A file of Parquet begins and ends with it. */
const mark = 'PAR1';

type ParquetFile = Awaited<ReturnType<typeof asyncBufferFromFile>>;

interface Table {
  readonly folder: string;
  readonly file: string;
  readonly buffer: ParquetFile;
  readonly metadata: FileMetaData;
  readonly rows: number;
  /** The column with pictures; empty where there is none. */
  readonly picture: string;
  readonly columns: readonly string[];
  readonly names: NamedClasses;
}

/** Reads tables whose column `image` holds a picture's bytes: `{bytes, path}`, or the bytes themselves. */
export async function readParquet(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const tables: Table[] = [];
  for await (const file of filesUnder(folder)) {
    if (!file.endsWith('.parquet')) continue;
    try {
      tables.push(await openTable(folder, file));
    } catch (thrown) {
      problems.add(file, '', reasonOf(thrown));
    }
  }
  if (tables.length === 0 && problems.total === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no table of Parquet in ${folder}.`);
  }
  const builder = new CategoryBuilder();
  for (const name of (await readMeta(folder)) ?? []) builder.named(name);
  for (const { names } of tables)
    for (const list of names.values()) for (const name of list) builder.named(name);
  const found = new Set<string>();
  for (const table of tables) {
    const columns = table.columns.filter((name) => name !== table.picture);
    try {
      for await (const [, row] of rowsOf(table, columns, 4096))
        for (const name of classesIn(row, table.names)) found.add(name);
    } catch {
      // What can't be read is told when the items are read.
    }
  }
  for (const name of [...found].sort()) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const taken = new Set<string>();
      for (const table of tables) {
        const pictures = new InnerPictures(inside(folder, table.file));
        try {
          for await (const [index, row] of rowsOf(table, table.columns, atOnce)) {
            options.signal?.throwIfAborted();
            const complain = (reason: string): void => problems.add(table.file, `row ${index}`, reason);
            yield await itemOf(table, row, index, pictures, builder, taken, complain);
          }
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(table.file, '', reasonOf(await brokenFile(inside(folder, table.file), mark, thrown)));
        }
      }
    },
  };
}

async function openTable(folder: string, file: string): Promise<Table> {
  const path = inside(folder, file);
  const [buffer, metadata] = await openParquet(path).catch(async (thrown: unknown) => {
    throw await brokenFile(path, mark, thrown);
  });
  const [root] = metadata.schema;
  // The schema is a tree written depth first; the root's children are the columns.
  const columns: string[] = [];
  let at = 1;
  const skip = (): void => {
    const children = metadata.schema[at]?.num_children ?? 0;
    at += 1;
    for (let child = 0; child < children; child += 1) skip();
  };
  for (let child = 0; child < (root?.num_children ?? 0); child += 1) {
    columns.push(metadata.schema[at]?.name ?? '');
    skip();
  }
  const { names, picture } = featuresOf(metadata);
  const usual = ['image', 'img', 'picture', 'pixel_values'].find((name) => columns.includes(name)) ?? '';
  return {
    folder,
    file,
    buffer,
    metadata,
    rows: Number(metadata.num_rows),
    picture: picture !== '' && columns.includes(picture) ? picture : usual,
    columns,
    names,
  };
}

async function openParquet(path: string): Promise<readonly [ParquetFile, FileMetaData]> {
  refuseEmpty(path);
  const buffer = await asyncBufferFromFile(path);
  return [buffer, await parquetMetadataAsync(buffer)];
}

/** What Hugging Face notes of the columns: which is a picture, and the names of classes that are numbers. */
function featuresOf({ key_value_metadata: noted }: FileMetaData): {
  names: Map<string, string[]>;
  picture: string;
} {
  const names = new Map<string, string[]>();
  let picture = '';
  const visit = (name: string, value: unknown, depth: number): void => {
    if (depth > 6) return;
    if (Array.isArray(value)) for (const entry of value) visit(name, entry, depth + 1);
    if (!isRecord(value)) return;
    const type = field(value, '_type');
    const listed = field(value, 'names');
    if (type === 'ClassLabel' && Array.isArray(listed)) names.set(name, listed.map(String));
    else if (type === 'Image' && depth === 1) picture ||= name;
    else {
      for (const [key, entry] of Object.entries(value)) {
        const inner = key === 'feature' || depth === 0;
        visit(depth === 0 ? key : inner ? name : `${name}.${key}`, entry, depth + 1);
      }
    }
  };
  try {
    const text = noted?.find(({ key }) => key === 'huggingface')?.value;
    const parsed = text === undefined ? undefined : parseLenient(text);
    const info = isRecord(parsed) ? field(parsed, 'info') : undefined;
    if (isRecord(info)) visit('', field(info, 'features'), 0);
  } catch {
    // Without the notes, classes are named by their numbers.
  }
  return { names, picture };
}

async function* rowsOf(
  { buffer, metadata, rows }: Table,
  columns: readonly string[],
  step: number,
): AsyncGenerator<readonly [index: number, row: Row]> {
  if (columns.length === 0) return;
  for (let rowStart = 0; rowStart < rows; rowStart += step) {
    const part = await parquetReadObjects({
      file: buffer,
      metadata,
      columns: [...columns],
      rowStart,
      rowEnd: Math.min(rows, rowStart + step),
      compressors,
      utf8: false,
      useOffsetIndex: true,
    });
    for (const [index, row] of part.entries()) yield [rowStart + index, plain(row) as Row];
  }
}

/** Whole numbers of 64 bits as numbers: no class or pixel needs them all. */
function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return value;
  if (ArrayBuffer.isView(value)) return Array.from(value as unknown as ArrayLike<unknown>, plain);
  if (Array.isArray(value)) return value.map(plain);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]));
}

/** `data/train-00000-of-00002.parquet`, `train.parquet`, or `default/train/0000.parquet`. */
function subsetOf(file: string): string {
  const name = stemOf(fileNameOf(file)).replace(/[-_.]\d{4,}.*$/, '');
  const above = fileNameOf(folderOf(file));
  return isSubsetName(name) ? name : isSubsetName(above) ? above : 'default';
}

async function itemOf(
  table: Table,
  row: Row,
  index: number,
  pictures: InnerPictures,
  builder: CategoryBuilder,
  taken: Set<string>,
  complain: (reason: string) => void,
): Promise<Item> {
  const subset = subsetOf(table.file);
  const cell = field(row, table.picture);
  const given = isRecord(cell) && !(cell instanceof Uint8Array) ? field(cell, 'bytes') : cell;
  const bytes = given instanceof Uint8Array ? given : null;
  const path = isRecord(cell) ? field(cell, 'path') : undefined;
  const named = typeof path === 'string' ? safeRelative(path) : null;
  let id = named === null ? `${stemOf(fileNameOf(table.file))}_${index}` : stemOf(named);
  if (taken.has(`${subset}/${id}`)) id = `${id}_${index}`;
  taken.add(`${subset}/${id}`);
  let media: Item['media'] = null;
  if (bytes === null) {
    if (named === null) complain('there is no picture in the row');
    else {
      const place = inside(table.folder, named);
      media = { kind: 'image', path: place, size: await pictureSize(place) };
    }
  } else {
    const ending = named !== null && isPicture(named) ? endingOf(named) : endingFor(bytes);
    const file = await pictures.at(`${subset}/${id}${ending}`, () => bytes);
    media = { kind: 'image', path: file, size: await pictureSize(file) };
  }
  const annotations = annotationsIn(row, table.names, builder, complain);
  return { id, subset, media, attributes: attributesIn(row, [table.picture]), annotations };
}

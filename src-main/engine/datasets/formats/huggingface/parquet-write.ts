import { readFile } from 'node:fs/promises';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, parquetWrite } from 'hyparquet-writer';
import type { OutputFolder } from '../../files/output.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Attributes, AttributeValue, LabelCategory } from '../../model/index.ts';
import { isSubsetName } from '../common/read.ts';
import { isReserved, rowOf } from '../common/rows.ts';
import { type Work, writeSet } from '../common/write.ts';

/** Bytes at which a table is full. It is in memory until then. */
const fullAt = 64 * 1024 * 1024;
const mostRows = 2000;

/** Rows of a table, and bytes of them, that are encoded in one go: nothing else runs in the engine meanwhile. */
const rowsInGroup = 100;
const bytesInGroup = 4 * 1024 * 1024;

/** A table in the making, which lets others work between two of its row groups. */
class PausingWriter extends ByteWriter {
  flush(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve));
  }
}

/** How many rows each group has. */
function groupsOf(rows: readonly Row[]): number[] {
  const groups: number[] = [];
  let [count, bytes] = [0, 0];
  for (const { image } of rows) {
    const own = image.bytes?.length ?? 0;
    if (count > 0 && (count >= rowsInGroup || bytes + own > bytesInGroup)) {
      groups.push(count);
      [count, bytes] = [0, 0];
    }
    count += 1;
    bytes += own;
  }
  return [...groups, count];
}

type Kind = 'DOUBLE' | 'BOOLEAN' | 'STRING';

interface Row {
  readonly image: { readonly bytes: Uint8Array | null; readonly path: string };
  readonly label: number | null;
  readonly text: string | null;
  readonly objects: {
    readonly bbox: readonly (readonly number[])[];
    readonly category: readonly (number | null)[];
  };
  readonly attributes: Attributes;
}

/** The columns that a set needs, besides the picture. */
interface Columns {
  readonly label: boolean;
  readonly text: boolean;
  readonly objects: boolean;
  readonly attributes: ReadonlyMap<string, Kind>;
}

/** Looks the set through once: a table's columns are known before its first row. */
async function columnsOf(dataset: Dataset): Promise<Columns> {
  const found = { label: false, text: false, objects: false };
  const attributes = new Map<string, Kind>();
  for await (const item of dataset.items()) {
    for (const { type } of item.annotations) {
      if (type === 'label') found.label = true;
      else if (type === 'caption') found.text = true;
      else found.objects = true;
    }
    for (const [name, value] of item.attributes) {
      if (value === null || isReserved(name)) continue;
      const kind = kindOf(value);
      const known = attributes.get(name);
      attributes.set(name, known === undefined || known === kind ? kind : 'STRING');
    }
  }
  return { ...found, attributes };
}

const kindOf = (value: AttributeValue): Kind =>
  typeof value === 'number' ? 'DOUBLE' : typeof value === 'boolean' ? 'BOOLEAN' : 'STRING';

/** Writes `data/<subset>-00000.parquet` with the pictures in it, and says beside it what its columns are. */
export async function writeParquet(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const columns = await columnsOf(dataset);
  const { labels } = dataset.categories;
  const tables = new Map<string, Table>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { item, output, note } = work;
      const table = tables.get(item.subset) ?? new Table(item.subset, columns, labels, output);
      tables.set(item.subset, table);
      if (item.subset !== 'default' && !isSubsetName(item.subset))
        note(`the subset ${item.subset} becomes a part of the names`);
      let bytes: Buffer | null = null;
      if (options.media === 'copy' && item.media !== null) {
        bytes = await readFile(item.media.path).catch(() => null);
        if (bytes === null) note('the picture is not there to be copied');
      }
      await table.add(rowFrom(work, labels, bytes), bytes?.length ?? 0);
    },
    async finish() {
      for (const table of tables.values()) await table.close();
    },
  });
}

function rowFrom(work: Work, labels: readonly LabelCategory[], bytes: Uint8Array | null): Row {
  // What has no place in a row is told there.
  const row = rowOf(work, labels);
  const own = work.annotations.find((part) => part.type === 'label');
  const boxes = work.annotations.filter((part) => part.type === 'box');
  return {
    image: { bytes, path: work.name },
    label: own?.label ?? null,
    text: typeof row['text'] === 'string' ? row['text'] : null,
    objects: {
      bbox: boxes.map(({ x, y, width, height }) => [x, y, width, height]),
      category: boxes.map(({ label }) => label),
    },
    attributes: new Map([...work.item.attributes].filter(([name]) => !isReserved(name))),
  };
}

/** Tables of one subset. */
class Table {
  readonly #subset: string;
  readonly #columns: Columns;
  readonly #labels: readonly LabelCategory[];
  readonly #output: OutputFolder;
  #rows: Row[] = [];
  #bytes = 0;
  #count = 0;

  constructor(subset: string, columns: Columns, labels: readonly LabelCategory[], output: OutputFolder) {
    this.#subset = subset;
    this.#columns = columns;
    this.#labels = labels;
    this.#output = output;
  }

  async add(row: Row, bytes: number): Promise<void> {
    this.#rows.push(row);
    this.#bytes += bytes;
    if (this.#bytes >= fullAt || this.#rows.length >= mostRows) await this.close();
  }

  async close(): Promise<void> {
    const rows = this.#rows;
    if (rows.length === 0) return;
    const { label, text, objects, attributes } = this.#columns;
    const columnData: { name: string; data: unknown[] }[] = [
      { name: 'image', data: rows.map(({ image }) => image) },
    ];
    const take = (name: string, value: (row: Row) => unknown): void => {
      columnData.push({ name, data: rows.map(value) });
    };
    if (label) take('label', (row) => (row.label === null ? null : BigInt(row.label)));
    if (text) take('text', (row) => row.text);
    if (objects) {
      take('objects', (row) => ({
        ...row.objects,
        category: row.objects.category.map((number) => (number === null ? null : BigInt(number))),
      }));
    }
    for (const [name, kind] of attributes) {
      take(name, (row) => cellOf(row.attributes.get(name), kind));
    }
    const writer = new PausingWriter();
    await parquetWrite({
      writer,
      columnData: columnData as never,
      schema: schemaOf(this.#columns),
      rowGroupSize: groupsOf(rows),
      kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: this.#features() } }) }],
    });
    const number = String(this.#count).padStart(5, '0');
    await this.#output.bytes(`data/${this.#subset}-${number}.parquet`, writer.getBytes());
    this.#count += 1;
    this.#rows = [];
    this.#bytes = 0;
  }

  /** What Hugging Face's `datasets` reads of the columns' meaning. */
  #features(): Record<string, unknown> {
    const classes = { names: this.#labels.map(({ name }) => name), _type: 'ClassLabel' };
    const { label, text, objects, attributes } = this.#columns;
    const types: Readonly<Record<Kind, string>> = { DOUBLE: 'float64', BOOLEAN: 'bool', STRING: 'string' };
    // As a list of each: what a list of objects is, differs from version to version of `datasets`.
    const list = (feature: unknown): object => ({ feature, _type: 'Sequence' });
    const boxes = list(list({ dtype: 'float32', _type: 'Value' }));
    return {
      image: { _type: 'Image' },
      ...(label ? { label: classes } : {}),
      ...(text ? { text: { dtype: 'string', _type: 'Value' } } : {}),
      ...(objects ? { objects: { bbox: boxes, category: list(classes) } } : {}),
      ...Object.fromEntries(
        [...attributes].map(([name, kind]) => [name, { dtype: types[kind], _type: 'Value' }]),
      ),
    };
  }
}

/** A value for a column; what doesn't fit a column of text is written as JSON. */
function cellOf(value: AttributeValue | undefined, kind: Kind): unknown {
  if (value === undefined || value === null) return null;
  if (kind !== 'STRING' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8' } as const;

function schemaOf({ label, text: hasText, objects, attributes }: Columns): SchemaElement[] {
  const optional = (element: Omit<SchemaElement, 'repetition_type'>): SchemaElement => ({
    ...element,
    repetition_type: 'OPTIONAL',
  });
  const list = (name: string, inner: readonly SchemaElement[]): SchemaElement[] => [
    optional({ name, num_children: 1, converted_type: 'LIST' }),
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    ...inner,
  ];
  const columns: SchemaElement[][] = [
    [
      optional({ name: 'image', num_children: 2 }),
      optional({ name: 'bytes', type: 'BYTE_ARRAY' }),
      optional({ name: 'path', ...text }),
    ],
  ];
  if (label) columns.push([optional({ name: 'label', type: 'INT64' })]);
  if (hasText) columns.push([optional({ name: 'text', ...text })]);
  if (objects) {
    columns.push([
      optional({ name: 'objects', num_children: 2 }),
      ...list('bbox', list('element', [optional({ name: 'element', type: 'FLOAT' })])),
      ...list('category', [optional({ name: 'element', type: 'INT64' })]),
    ]);
  }
  for (const [name, kind] of attributes) {
    columns.push([optional(kind === 'STRING' ? { name, ...text } : { name, type: kind })]);
  }
  return [{ name: 'schema', num_children: columns.length }, ...columns.flat()];
}

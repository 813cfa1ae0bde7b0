import { readFile } from 'node:fs/promises';
import { RecordBatch, RecordBatchFileWriter, type Schema, Struct, vectorFromArray } from 'apache-arrow';
import type { OutputFolder } from '../../files/output.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Media, noInfos, toRecord } from '../../model/index.ts';
import { type Work, writeSet } from '../common/write.ts';
import { categoryFields } from '../datumaro/categories.ts';
import { pointClouds } from '../datumaro/parse.ts';
import { writeAnnotations } from '../datumaro_binary/annotations.ts';
import { ByteWriter } from '../datumaro_binary/bytes.ts';
import { imageMedia } from '../datumaro_binary/read.ts';
import { columns, schemaOf } from './schema.ts';

/** Bytes and rows at which a file is full. It is in memory until then. */
const fullAt = 64 * 1024 * 1024;
const mostRows = 1000;

/** Files with rows of all subsets. */
class Shards {
  readonly #schema: Schema;
  readonly #output: OutputFolder;
  #rows: object[] = [];
  #bytes = 0;
  #count = 0;

  constructor(schema: Schema, output: OutputFolder) {
    this.#schema = schema;
    this.#output = output;
  }

  async add(row: object, bytes: number): Promise<void> {
    this.#rows.push(row);
    this.#bytes += bytes;
    if (this.#bytes >= fullAt || this.#rows.length >= mostRows) await this.close();
  }

  async close(): Promise<void> {
    if (this.#rows.length === 0) return;
    const { data } = vectorFromArray(this.#rows, new Struct(columns));
    const writer = new RecordBatchFileWriter();
    writer.reset(undefined, this.#schema);
    for (const piece of data) writer.write(new RecordBatch(this.#schema, piece as never));
    writer.finish();
    const name = `datum-${String(this.#count).padStart(5, '0')}.arrow`;
    await this.#output.bytes(name, await writer.toUint8Array());
    this.#count += 1;
    this.#rows = [];
    this.#bytes = 0;
  }
}

/** Writes files of up to 1000 rows or some 64 MiB, with the pictures in them as they are. */
export function writeArrow(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const type = dataset.media === 'point_cloud' ? pointClouds : imageMedia;
  const schema = schemaOf(toRecord(dataset.infos ?? noInfos), categoryFields(dataset.categories), type);
  let shards: Shards | undefined;
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { item, annotations, output } = work;
      shards ??= new Shards(schema, output);
      const packed = new ByteWriter();
      writeAnnotations(packed, annotations);
      const attributes = new ByteWriter();
      attributes.fields(toRecord(item.attributes));
      const { media, bytes } = await mediaOf(work, options.media === 'copy');
      const row = {
        id: item.id,
        subset: item.subset,
        media,
        annotations: packed.bytes,
        attributes: attributes.bytes,
      };
      await shards.add(row, bytes + packed.bytes.length);
    },
    async finish(output) {
      shards ??= new Shards(schema, output);
      await shards.close();
    },
  });
}

async function mediaOf(
  { item, name, note }: Work,
  copies: boolean,
): Promise<{ readonly media: object; readonly bytes: number }> {
  const { media } = item;
  if (media === null) return { media: { type: 0, image: null, point_cloud: null }, bytes: 0 };
  let total = 0;
  const file = async (path: string, fallback: string, size: Media['size'] | undefined): Promise<object> => {
    const bytes = copies ? await readFile(path).catch(() => null) : null;
    if (copies && bytes === null) note('the picture is not there to be copied');
    total += bytes?.length ?? 0;
    const about = { has_bytes: bytes !== null, bytes, path: bytes === null ? fallback : null };
    if (size === undefined) return about;
    return { ...about, size: size === null ? null : [size.height, size.width] };
  };
  if (media.kind !== 'point_cloud') {
    const image = await file(media.path, name, media.size);
    return { media: { type: imageMedia, image, point_cloud: null }, bytes: total };
  }
  const extra_images: object[] = [];
  for (const path of media.related ?? []) extra_images.push(await file(path, name, null));
  const point_cloud = { ...(await file(media.path, name, undefined)), extra_images };
  return { media: { type: pointClouds, image: null, point_cloud }, bytes: total };
}

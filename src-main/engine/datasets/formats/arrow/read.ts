import { open } from 'node:fs/promises';
import { type RecordBatch, RecordBatchReader, type Schema } from 'apache-arrow';
import { RefineryError } from '../../../../contract/errors.ts';
import { namesIn, pictureSize, refuseEmpty } from '../../files/folder.ts';
import { endingOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  attributesOf,
  CategoryBuilder,
  InfosBuilder,
  type Item,
  type Media,
  ProblemLog,
} from '../../model/index.ts';
import { brokenFile } from '../common/broken.ts';
import { endingFor, InnerPictures } from '../common/pictures.ts';
import { addCategories, addInfos } from '../datumaro/categories.ts';
import { pointClouds } from '../datumaro/parse.ts';
import { readAnnotations } from '../datumaro_binary/annotations.ts';
import { ByteReader } from '../datumaro_binary/bytes.ts';
import { imageMedia } from '../datumaro_binary/read.ts';
import { signature, unpacked } from './schema.ts';

interface Shard {
  readonly file: string;
  readonly labels: readonly number[];
}

interface Row {
  readonly id: unknown;
  readonly subset: unknown;
  readonly media: unknown;
  readonly annotations: unknown;
  readonly attributes: unknown;
}

/** Reads `<name>.arrow`, each with some of the items, their pictures, and all the classes. */
export async function readArrow(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const names = (await namesIn(folder)).filter((name) => name.endsWith('.arrow'));
  if (names.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file ….arrow in ${folder}.`);
  const infos = new InfosBuilder();
  const shards: Shard[] = [];
  let media: Media['kind'] = 'image';
  for (const file of names) {
    try {
      for await (const { schema } of batchesOf(inside(folder, file), true)) {
        const { metadata } = schema;
        if (metadata.get('signature') !== signature)
          throw new RefineryError('INPUT_UNSUPPORTED', "it does not say that it is Datumaro's");
        if (metadata.get('media_type')?.codePointAt(0) === pointClouds) media = 'point_cloud';
        addInfos(unpacked(metadata.get('infos')), infos, stemOf(file), (place, reason) =>
          problems.add(file, place, reason),
        );
        shards.push({ file, labels: addCategories(unpacked(metadata.get('categories')), builder) });
      }
    } catch (thrown) {
      problems.add(file, '', reasonOf(thrown));
    }
  }
  return {
    categories: builder.build(),
    media,
    infos: infos.build(),
    problems,
    async *items() {
      for (const { file, labels } of shards) {
        const inner = new InnerPictures(inside(folder, file));
        let index = 0;
        try {
          for await (const { batch } of batchesOf(inside(folder, file), false)) {
            for (const row of batch!) {
              options.signal?.throwIfAborted();
              const place = `row ${index}`;
              index += 1;
              const complain = (where: string, reason: string): void =>
                problems.add(file, where === '' ? place : `${place}, ${where}`, reason);
              const item = await itemOf(row as unknown as Row, folder, inner, labels, complain);
              if (item !== null) yield item;
            }
          }
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(file, '', reasonOf(thrown));
        }
      }
    },
  };
}

/** A file's schema and, unless that is all, its pieces one by one. */
async function* batchesOf(
  path: string,
  schemaOnly: boolean,
): AsyncGenerator<{ readonly schema: Schema; readonly batch: RecordBatch | null }> {
  refuseEmpty(path);
  const file = await open(path, 'r');
  try {
    const reader = await RecordBatchReader.from(file);
    await reader.open();
    // Of a file that was cut off in its head, it is not there, and nothing is thrown.
    const schema = reader.schema as Schema | undefined;
    if (schema === undefined) throw new RangeError('there is no schema');
    if (schemaOnly) yield { schema, batch: null };
    else for await (const batch of reader) yield { schema, batch };
  } catch (thrown) {
    throw await brokenFile(path, 'ARROW1', thrown);
  } finally {
    // The reader may have closed it.
    await file.close().catch(() => undefined);
  }
}

async function itemOf(
  row: Row,
  folder: string,
  inner: InnerPictures,
  labels: readonly number[],
  complain: (place: string, reason: string) => void,
): Promise<Item | null> {
  const id = typeof row.id === 'string' ? safeRelative(row.id) : null;
  const subset = typeof row.subset === 'string' && row.subset !== '' ? row.subset : 'default';
  if (id === null || safeRelative(subset) !== subset || subset.includes('/')) {
    complain('', 'the item has no name, or one that leaves the folder');
    return null;
  }
  try {
    const bytes = (value: unknown): ByteReader =>
      new ByteReader(value instanceof Uint8Array ? value : new Uint8Array(4));
    return {
      id,
      subset,
      media: await mediaOf(row.media, `${subset}/${id}`, folder, inner, complain),
      attributes: attributesOf(bytes(row.attributes).fields()),
      annotations: readAnnotations(bytes(row.annotations), labels, complain),
    };
  } catch (thrown) {
    complain('', reasonOf(thrown));
    return null;
  }
}

const part = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

async function mediaOf(
  media: unknown,
  name: string,
  folder: string,
  inner: InnerPictures,
  complain: (place: string, reason: string) => void,
): Promise<Media | null> {
  const type = part(media, 'type');
  if (type === imageMedia) {
    const image = part(media, 'image');
    const path = await fileOf(image, name, folder, inner, complain);
    if (path === null) return null;
    const [height, width] = [...((part(image, 'size') ?? []) as Iterable<number>)].map(Number);
    const size = width! > 0 && height! > 0 ? { width: width!, height: height! } : await pictureSize(path);
    return { kind: 'image', path, size };
  }
  if (type !== pointClouds) return null;
  const cloud = part(media, 'point_cloud');
  const path = await fileOf(cloud, name, folder, inner, complain, '.pcd');
  if (path === null) return null;
  const related: string[] = [];
  for (const image of (part(cloud, 'extra_images') ?? []) as Iterable<unknown>) {
    const other = await fileOf(image, `${name}/extra_image_${related.length}`, folder, inner, complain);
    if (other !== null) related.push(other);
  }
  return { kind: 'point_cloud', path, size: null, related };
}

/** The bytes inside, or the file that the row names. */
async function fileOf(
  value: unknown,
  name: string,
  folder: string,
  inner: InnerPictures,
  complain: (place: string, reason: string) => void,
  ending?: string,
): Promise<string | null> {
  const bytes = part(value, 'bytes');
  if (bytes instanceof Uint8Array) return inner.at(`${name}${ending ?? endingFor(bytes)}`, () => bytes);
  const given = part(value, 'path');
  const path = typeof given === 'string' ? safeRelative(given.replace(/^[\\/]+/, '')) : null;
  if (path === null) complain('media', 'there is no picture in the row');
  return path === null ? null : inside(folder, endingOf(path) === '' ? `${path}${ending ?? '.jpg'}` : path);
}

/** Whether a file is one of Datumaro's: its head is asked for at the end, where Arrow has it. */
export async function isDatumaroArrow(path: string): Promise<boolean> {
  try {
    for await (const { schema } of batchesOf(path, true))
      return schema.metadata.get('signature') === signature;
  } catch {
    // It is none that can be read.
  }
  return false;
}

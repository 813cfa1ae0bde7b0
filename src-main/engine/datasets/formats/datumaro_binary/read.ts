import { type FileHandle, open } from 'node:fs/promises';
import { RefineryError } from '../../../../contract/errors.ts';
import { namesIn, pictureSize, refuseEmpty } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  attributesOf,
  CategoryBuilder,
  field,
  InfosBuilder,
  type Item,
  type Media,
  ProblemLog,
} from '../../model/index.ts';
import { addCategories, addInfos } from '../datumaro/categories.ts';
import { pointClouds } from '../datumaro/parse.ts';
import { readAnnotations } from './annotations.ts';
import { ByteReader } from './bytes.ts';

export const signature = 'signature:datumaro_binary';
export const imageMedia = 2;
const noMedia = 0;

/** A picture's height and width where they are not known. */
export const noSize = [-1583, -1597] as const;

/** Most bytes of one piece of a file: Datumaro makes them of one mebibyte, or of one item that has more. */
const mostBytes = 512 * 1024 * 1024;

interface Part {
  readonly path: string;
  readonly subset: string;
  readonly labels: readonly number[];
  /** Where the items start, and how many bytes each piece of them has. */
  readonly start: number;
  readonly pieces: readonly number[];
}

/** Reads `annotations/<subset>.datum`, with files in `images/<subset>/` and `point_clouds/<subset>/`. */
export async function readBinary(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const names = (await namesIn(inside(folder, 'annotations'))).filter((name) => name.endsWith('.datum'));
  if (names.length === 0) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file annotations/….datum in ${folder}.`);
  }
  const infos = new InfosBuilder();
  const parts: Part[] = [];
  let media: Media['kind'] = 'image';
  for (const name of names) {
    const path = `annotations/${name}`;
    try {
      const head = await readHead(inside(folder, path));
      if (head.media === pointClouds) media = 'point_cloud';
      const labels = addCategories(head.categories, builder);
      const subset = name.slice(0, -'.datum'.length);
      addInfos(head.infos, infos, subset, (place, reason) => problems.add(path, place, reason));
      parts.push({ path, subset, labels, start: head.start, pieces: head.pieces });
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
    }
  }
  return {
    categories: builder.build(),
    media,
    infos: infos.build(),
    problems,
    async *items() {
      for (const part of parts) {
        const file = await open(inside(folder, part.path), 'r');
        try {
          let at = part.start;
          for (const length of part.pieces) {
            options.signal?.throwIfAborted();
            const reader = new ByteReader(await bytesOf(file, at, length));
            at += length;
            while (!reader.atEnd) {
              const item = await readItem(reader, folder, part, problems);
              if (item !== null) yield item;
            }
          }
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(part.path, '', `what follows can't be read: ${reasonOf(thrown)}`);
        } finally {
          await file.close();
        }
      }
    },
  };
}

async function bytesOf(file: FileHandle, at: number, length: number): Promise<Buffer> {
  if (length > mostBytes) throw new RefineryError('INPUT_CORRUPT', 'a piece of the file is too large');
  const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw new RefineryError('INPUT_CORRUPT', 'the file ends early');
  return buffer;
}

/** The parts in front of the items: each is behind its length, and an object again behind its own. */
async function readHead(path: string): Promise<{
  readonly infos: Readonly<Record<string, unknown>>;
  readonly categories: unknown;
  readonly media: unknown;
  readonly start: number;
  readonly pieces: readonly number[];
}> {
  refuseEmpty(path);
  const file = await open(path, 'r');
  try {
    let at = signature.length;
    if ((await bytesOf(file, 0, at)).toString('latin1') !== signature) {
      throw new RefineryError('INPUT_CORRUPT', 'it does not start as a file of datumaro_binary does');
    }
    const part = async (): Promise<Buffer> => {
      const length = (await bytesOf(file, at, 4)).readUInt32LE();
      const bytes = await bytesOf(file, at + 4, length);
      at += 4 + length;
      return bytes;
    };
    await part();
    if ((await part()).length > 0) throw new RefineryError('INPUT_CORRUPT', 'it is encrypted');
    const infos = new ByteReader(await part()).fields();
    const categories = new ByteReader(await part()).fields();
    const media = field(new ByteReader(await part()).fields(), 'media_type');
    const pieces = new ByteReader(await part()).wholes();
    if (pieces.some((length) => length < 0)) throw new RefineryError('INPUT_CORRUPT', 'a length is negative');
    return { infos, categories, media, start: at, pieces };
  } finally {
    await file.close();
  }
}

async function readItem(
  reader: ByteReader,
  folder: string,
  { path, subset, labels }: Part,
  problems: ProblemLog,
): Promise<Item | null> {
  const given = reader.text();
  reader.text();
  const complain = (place: string, reason: string): void =>
    problems.add(path, `item ${given}, ${place}`, reason);
  const media = readMedia(reader, folder, subset, (reason) => complain('media', reason));
  const attributes = attributesOf(reader.fields());
  const annotations = readAnnotations(reader, labels, complain);
  const id = safeRelative(given);
  if (id === null) {
    problems.add(path, `item ${given}`, 'the item has no name, or one that leaves the folder');
    return null;
  }
  const size = media?.kind === 'image' ? (media.size ?? (await pictureSize(media.path))) : null;
  return { id, subset, media: media === null ? null : { ...media, size }, attributes, annotations };
}

function readMedia(
  reader: ByteReader,
  folder: string,
  subset: string,
  complain: (reason: string) => void,
): Media | null {
  const kind = reader.unsigned();
  if (kind === noMedia) return null;
  const given = reader.text();
  const below = kind === pointClouds ? 'point_clouds' : 'images';
  const name = safeRelative(given);
  if (name === null) complain("the path of its file leaves the set's folder");
  const path = inside(folder, `${below}/${subset}/${name ?? 'unknown'}`);
  if (kind === imageMedia) {
    const size = readSize(reader);
    return name === null ? null : { kind: 'image', path, size };
  }
  if (kind !== pointClouds)
    throw new RefineryError('INPUT_CORRUPT', `files of the kind ${kind} are not known`);
  const related: string[] = [];
  const count = reader.unsigned();
  for (let index = 0; index < count; index += 1) {
    reader.unsigned();
    const other = safeRelative(reader.text());
    readSize(reader);
    if (other !== null) related.push(inside(folder, `images/${subset}/${other}`));
  }
  return name === null ? null : { kind: 'point_cloud', path, size: null, related };
}

function readSize(reader: ByteReader): Media['size'] {
  const [height, width] = [reader.whole(), reader.whole()];
  return height > 0 && width > 0 ? { width, height } : null;
}

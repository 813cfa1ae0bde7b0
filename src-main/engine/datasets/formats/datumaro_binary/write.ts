import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Media, noInfos, toRecord } from '../../model/index.ts';
import { type Work, writeSet } from '../common/write.ts';
import { categoryFields } from '../datumaro/categories.ts';
import { pointClouds } from '../datumaro/parse.ts';
import { relatedName } from '../datumaro/write.ts';
import { writeAnnotations } from './annotations.ts';
import { ByteWriter } from './bytes.ts';
import { imageMedia, noSize, signature } from './read.ts';

/** Bytes of items after which a new piece begins, as in Datumaro. */
const pieceSize = 2 ** 20;

/** Items of a subset on their way into its file, whose head has the lengths of all pieces. */
interface Subset {
  readonly pieces: Buffer[];
  held: Buffer[];
  length: number;
}

/** Writes `annotations/<subset>.datum`. The annotations of a subset are in memory until it is whole. */
export function writeBinary(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const subsets = new Map<string, Subset>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) =>
      `${item.media?.kind === 'point_cloud' ? 'point_clouds' : 'images'}/${item.subset}/${name}`,
    async each(work) {
      const { item, output } = work;
      const known = subsets.get(item.subset) ?? { pieces: [], held: [], length: 0 };
      subsets.set(item.subset, known);
      const bytes = itemBytes(work);
      known.held.push(bytes);
      known.length += bytes.length;
      if (known.length > pieceSize) closePiece(known);
      if (options.media !== 'copy') return;
      for (const [index, path] of (item.media?.related ?? []).entries()) {
        await output.copy(path, `images/${item.subset}/${relatedName(item, index, path)}`);
      }
    },
    async finish(output) {
      const head = headBytes(dataset);
      for (const [subset, known] of subsets) {
        closePiece(known);
        const lengths = new ByteWriter();
        lengths.wholes(known.pieces.map(({ length }) => length));
        const writer = new ByteWriter();
        writer.raw(head);
        writer.unsigned(lengths.bytes.length);
        writer.raw(lengths.bytes);
        await output.bytes(`annotations/${subset}.datum`, Buffer.concat([writer.bytes, ...known.pieces]));
      }
    },
  });
}

function closePiece(subset: Subset): void {
  if (subset.held.length > 0) subset.pieces.push(Buffer.concat(subset.held));
  subset.held = [];
  subset.length = 0;
}

function headBytes({ categories, media, infos = noInfos }: Dataset): Buffer {
  const writer = new ByteWriter();
  writer.raw(Buffer.from(signature));
  const part = (value: Record<string, unknown>): void => {
    const inner = new ByteWriter();
    inner.fields(value);
    writer.unsigned(inner.bytes.length);
    writer.raw(inner.bytes);
  };
  part({ dm_format_version: '1.0', media_encryption: false });
  // Nothing is encrypted.
  writer.unsigned(0);
  part(toRecord(infos));
  part(categoryFields(categories));
  part({ media_type: media === 'point_cloud' ? pointClouds : imageMedia });
  return writer.bytes;
}

function itemBytes({ item, name, annotations }: Work): Buffer {
  const writer = new ByteWriter();
  writer.text(item.id);
  writer.text(item.subset);
  const { media } = item;
  if (media === null) writer.unsigned(0);
  else if (media.kind === 'point_cloud') {
    writer.unsigned(pointClouds);
    writer.text(name);
    writer.unsigned(media.related?.length ?? 0);
    for (const [index, path] of (media.related ?? []).entries()) {
      writeImage(writer, relatedName(item, index, path), null);
    }
  } else writeImage(writer, `${item.id}${endingOf(media.path) || '.jpg'}`, media.size);
  writer.fields(toRecord(item.attributes));
  writeAnnotations(writer, annotations);
  return writer.bytes;
}

function writeImage(writer: ByteWriter, name: string, size: Media['size']): void {
  writer.unsigned(imageMedia);
  writer.text(name);
  const [height, width] = size === null ? noSize : [size.height, size.width];
  writer.whole(height);
  writer.whole(width);
}

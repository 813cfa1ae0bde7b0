import { readFile } from 'node:fs/promises';
import { maskedCrc } from '../../../io/tfrecord.ts';
import type { OutputFolder } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Attributes, isCrowd } from '../../model/index.ts';
import { isSubsetName } from '../common/read.ts';
import { pictureClasses, type Work, writeSet } from '../common/write.ts';
import { exampleBytes, type Feature } from './example.ts';
import { labelMapText } from './labels.ts';
import { flags } from './read.ts';

/** Bytes at which a file of records is full. It is in memory until then. */
const fullAt = 64 * 1024 * 1024;

/** A record's frame: its length, the length's checksum, the data, and theirs. */
function framed(data: Uint8Array): Buffer[] {
  const head = Buffer.alloc(12);
  head.writeBigUInt64LE(BigInt(data.length), 0);
  head.writeUInt32LE(maskedCrc(head.subarray(0, 8)), 8);
  const tail = Buffer.alloc(4);
  tail.writeUInt32LE(maskedCrc(data), 0);
  return [head, Buffer.from(data), tail];
}

/** Records of one subset. */
class Records {
  #pieces: Buffer[] = [];
  #bytes = 0;
  #count = 0;

  async add(subset: string, data: Uint8Array, output: OutputFolder): Promise<void> {
    if (this.#bytes > 0 && this.#bytes + data.length > fullAt) await this.close(subset, output);
    this.#pieces.push(...framed(data));
    this.#bytes += data.length + 16;
  }

  async close(subset: string, output: OutputFolder): Promise<void> {
    if (this.#bytes === 0) return;
    await output.bytes(
      `${subset}-${String(this.#count).padStart(5, '0')}.tfrecord`,
      Buffer.concat(this.#pieces),
    );
    this.#count += 1;
    this.#pieces = [];
    this.#bytes = 0;
  }
}

/** Writes files of records of some 64 MiB, and `label_map.pbtxt`. */
export function writeTfrecord(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const subsets = new Map<string, Records>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { subset } = work.item;
      if (subset !== 'default' && !isSubsetName(subset))
        work.note(`the subset ${subset} is the records' name only`);
      const { item, output, note } = work;
      const records = subsets.get(item.subset) ?? new Records();
      subsets.set(item.subset, records);
      const features = featuresOf(work, labels);
      if (options.media === 'copy' && item.media !== null) {
        const bytes = await readFile(item.media.path).catch(() => null);
        if (bytes === null) note('the picture is not there to be copied');
        else features.set('image/encoded', { bytes: [bytes] });
      }
      await records.add(item.subset, exampleBytes(features), output);
    },
    async finish(output) {
      for (const [subset, records] of subsets) await records.close(subset, output);
      await output.text('label_map.pbtxt', labelMapText(labels));
    },
  });
}

function featuresOf(work: Work, labels: readonly { readonly name: string }[]): Map<string, Feature> {
  const { name, id, annotations, size, lose } = work;
  const text = (...values: readonly string[]): Feature => ({
    bytes: values.map((value) => Buffer.from(value)),
  });
  const features = new Map<string, Feature>([
    ['image/filename', text(name)],
    ['image/source_id', text(id)],
    ['image/format', text(/^\.png$/i.test(endingOf(name)) ? 'png' : 'jpeg')],
  ]);
  if (size !== null) {
    features.set('image/height', { integers: [size.height] });
    features.set('image/width', { integers: [size.width] });
  }
  const boxes = annotations.filter((part) => part.type === 'box');
  const placed = size === null ? [] : boxes;
  if (size === null)
    for (const _ of boxes) lose("the picture's size is not known, and boxes are parts of it");
  const own = pictureClasses(work);
  const { width, height } = size ?? { width: 1, height: 1 };
  const named = (label: number | null): string => (label === null ? '' : labels[label]!.name);
  features.set('image/object/bbox/xmin', { floats: placed.map(({ x }) => x / width) });
  features.set('image/object/bbox/xmax', { floats: placed.map((box) => (box.x + box.width) / width) });
  features.set('image/object/bbox/ymin', { floats: placed.map(({ y }) => y / height) });
  features.set('image/object/bbox/ymax', { floats: placed.map((box) => (box.y + box.height) / height) });
  features.set('image/object/class/text', text(...placed.map(({ label }) => named(label))));
  features.set('image/object/class/label', { integers: placed.map(({ label }) => (label ?? -1) + 1) });
  if (own.length > 0) {
    features.set('image/class/text', text(...own.map(named)));
    features.set('image/class/label', { integers: own.map((label) => label + 1) });
  }
  const isSet = (attributes: Attributes, attribute: string): boolean =>
    attribute === 'is_crowd' ? isCrowd(attributes) : attributes.get(attribute) === true;
  for (const [attribute, key] of flags) {
    // A feature has a value for every box, so that it is left out where no box has it.
    if (!placed.some(({ attributes }) => attributes.has(attribute))) continue;
    features.set(key, { integers: placed.map(({ attributes }) => (isSet(attributes, attribute) ? 1 : 0)) });
  }
  const poses = placed.map(({ attributes }) => attributes.get('pose'));
  if (poses.some((pose) => typeof pose === 'string')) {
    features.set('image/object/view', text(...poses.map((pose) => (typeof pose === 'string' ? pose : ''))));
  }
  return features;
}

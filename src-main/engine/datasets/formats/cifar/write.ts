import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { LabelCategory, Size } from '../../model/index.ts';
import { pixelsOf } from '../common/pictures.ts';
import { pictureClasses, type Work, writeSet } from '../common/write.ts';
import { type Pickled, pickle } from './pickle-write.ts';
import { side } from './read.ts';

/** What is gathered of a subset until its file is written. */
interface Batch {
  readonly names: string[];
  readonly labels: (number | null)[];
  readonly pictures: ((Size & { readonly bytes: Uint8Array }) | null)[];
}

/**
 * Writes a pickle for each subset, and `batches.meta`, or `meta` where classes have others above them, as in CIFAR-100.
 * A subset is in memory with its pixels until it is whole. Sizes that aren't CIFAR's go into a field of Datumaro's.
 */
export function writeCifar(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const above = [...new Set(labels.map(({ parent }) => parent).filter((name) => name !== ''))].sort();
  const batches = new Map<string, Batch>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { item, id, lose } = work;
      const batch = batches.get(item.subset) ?? { names: [], labels: [], pictures: [] };
      batches.set(item.subset, batch);
      const [label, ...more] = pictureClasses(work);
      for (const _ of more) lose('a second class of a picture: there is one number for it');
      batch.names.push(`${id}.png`);
      batch.labels.push(label ?? null);
      batch.pictures.push(options.media === 'copy' ? await planesOf(work) : null);
    },
    async finish(output, problems) {
      const names = labels.map(({ name }) => name);
      const dictionary: Readonly<Record<string, Pickled>> =
        above.length === 0 ? { label_names: names } : { fine_label_names: names, coarse_label_names: above };
      await output.bytes(above.length === 0 ? 'batches.meta' : 'meta', pickle({ dictionary }));
      for (const [subset, batch] of batches) {
        const name = subset.replace(/[.~]/g, '_').replace(/^meta$/, 'meta_');
        if (name !== subset)
          problems.add(name, '', `the subset ${subset} gets another name, as that is none of a batch`);
        await output.bytes(name, pickle({ dictionary: batchFields(batch, labels, above) }));
      }
    },
  });
}

function batchFields(
  { names, labels, pictures }: Batch,
  classes: readonly LabelCategory[],
  above: readonly string[],
): Record<string, Pickled> {
  const coarse = (label: number | null): number | null => {
    const place = above.indexOf(label === null ? '' : classes[label]!.parent);
    return place < 0 ? null : place;
  };
  const fields: Record<string, Pickled> = { filenames: names };
  if (above.length === 0) fields['labels'] = labels;
  else Object.assign(fields, { fine_labels: labels, coarse_labels: labels.map(coarse) });
  const usual = pictures.every((picture) => picture?.width === side && picture.height === side);
  if (usual) {
    const bytes = pictures.map((picture) => picture!.bytes);
    fields['data'] = { bytes, shape: [bytes.length, 3 * side * side] };
    return fields;
  }
  const array = (picture: Batch['pictures'][number]): Pickled =>
    picture === null ? null : { bytes: [picture.bytes], shape: [picture.bytes.length] };
  fields['data'] = pictures.every((picture) => picture === null) ? [] : { objects: pictures.map(array) };
  fields['image_sizes'] = pictures.map((picture) => [picture?.height ?? side, picture?.width ?? side]);
  return fields;
}

/** All reds, all greens and all blues, each row by row. */
async function planesOf({ item, note }: Work): Promise<(Size & { readonly bytes: Uint8Array }) | null> {
  if (item.media === null) return null;
  try {
    const { width, height, bytes } = await pixelsOf(item.media.path, 3);
    const pixels = width * height;
    const planes = Uint8Array.from(bytes, (_, at) => bytes[(at % pixels) * 3 + Math.floor(at / pixels)]!);
    return { width, height, bytes: planes };
  } catch {
    note("the picture is not there to be taken, or can't be read");
    return null;
  }
}

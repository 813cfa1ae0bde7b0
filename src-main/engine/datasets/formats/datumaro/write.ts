import { adapt } from '../../convert.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, type Item, type Media, noInfos, ProblemLog, toRecord } from '../../model/index.ts';
import { categoryFields } from './categories.ts';
import { pointClouds, toFields } from './parse.ts';

export const abilities: Abilities = {
  types: [
    'box',
    'polygon',
    'polyline',
    'mask',
    'points',
    'ellipse',
    'cuboid_2d',
    'cuboid_3d',
    'label',
    'caption',
  ],
  attributes: 'any',
  itemAttributes: true,
  infos: true,
  groups: true,
  zOrder: true,
  labelParents: true,
  skeletons: true,
  subsets: true,
};

export async function writeDatumaro(
  dataset: Dataset,
  folder: string,
  options: WriteOptions,
): Promise<WriteReport> {
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const sinks = new Map<string, TextSink>();
  let [items, written] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      const sink = sinks.get(item.subset);
      const open = sink ?? (await output.sink(`annotations/${item.subset}.json`));
      if (sink === undefined) {
        sinks.set(item.subset, open);
        await open.write(`${JSON.stringify(headOf(dataset)).slice(0, -1)},"items":[`);
      }
      const adapted = adapt(item.annotations, abilities.types, item.media?.size ?? null);
      for (const { type } of adapted.dropped) {
        problems.add('', `item ${item.subset}/${item.id}`, `a ${type} can't be held`);
      }
      written += item.annotations.length - adapted.dropped.length;
      const fields = itemFields(item, adapted.annotations);
      await open.write(`${sink === undefined ? '' : ','}\n${JSON.stringify(fields)}`);
      if (options.media === 'copy' && item.media !== null)
        await copyMedia(output, item, item.media, problems);
    }
    for (const sink of sinks.values()) await sink.write('\n]}\n');
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations: written, files: output.files, problems };
}

function headOf({ categories, media, infos }: Dataset): Record<string, unknown> {
  return {
    dm_format_version: '1.0',
    media_type: media === 'point_cloud' ? pointClouds : 2,
    infos: toRecord(infos ?? noInfos),
    categories: categoryFields(categories),
  };
}

export const relatedName = (item: Item, index: number, path: string): string =>
  `${item.id}/extra_image_${index}${endingOf(path)}`;

function itemFields(item: Item, annotations: readonly Annotation[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {
    id: item.id,
    annotations: annotations.map(toFields),
    attr: toRecord(item.attributes),
  };
  const { media } = item;
  if (media === null) return fields;
  const path = `${item.id}${endingOf(media.path)}`;
  if (media.kind === 'point_cloud') {
    fields['point_cloud'] = { path };
    const related = media.related ?? [];
    fields['related_images'] = related.map((other, index) => ({ path: relatedName(item, index, other) }));
  } else {
    fields['image'] = {
      path,
      ...(media.size === null ? {} : { size: [media.size.height, media.size.width] }),
    };
  }
  return fields;
}

async function copyMedia(
  output: OutputFolder,
  item: Item,
  media: Media,
  problems: ProblemLog,
): Promise<void> {
  const below = media.kind === 'point_cloud' ? 'point_clouds' : 'images';
  const name = `${item.id}${endingOf(media.path)}`;
  if (!(await output.copy(media.path, `${below}/${item.subset}/${name}`))) {
    problems.add(name, '', 'the file is not there to be copied');
  }
  for (const [index, path] of (media.related ?? []).entries()) {
    await output.copy(path, `images/${item.subset}/${relatedName(item, index, path)}`);
  }
}

import { adapt } from '../../convert.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import { escapeXml } from '../../files/xml.ts';
import {
  type Abilities,
  type Dataset,
  noAbilities,
  type WriteOptions,
  type WriteReport,
} from '../../format.ts';
import { type LabelCategory, noInfos, ProblemLog, type Size, type Skeleton } from '../../model/index.ts';
import { factLines, hasOrigin, pictureFact } from './facts.ts';
import { labelFactLines } from './inputs.ts';
import { shapeLines } from './shapes.ts';
import {
  hiddenPoints,
  hidesPoints,
  namedSkeletons,
  partLines,
  skeletonLines,
  skeletonOf,
  tellUnnamed,
} from './skeletons.ts';

export const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'rotated_box', 'polygon', 'polyline', 'mask', 'points', 'ellipse', 'cuboid_2d', 'label'],
  attributes: 'any',
  itemAttributes: true,
  groups: true,
  zOrder: true,
  skeletons: true,
  labelFacts: true,
  limits: {
    needsClass: true,
    withoutVisibility: 'outside skeletons',
    keepsFlags: true,
    textAttributes: ['occluded'],
  },
  subsets: true,
  infos: true,
};

/** Attributes by label that the set really has: CVAT only takes declared ones. */
export async function usedAttributes(dataset: Dataset): Promise<Map<number, Set<string>>> {
  const used = new Map<number, Set<string>>();
  for (const [index, { attributes }] of dataset.categories.labels.entries())
    used.set(index, new Set(attributes));
  for await (const { annotations } of dataset.items()) {
    for (const annotation of annotations) {
      if (!('label' in annotation) || annotation.label === null) continue;
      const own = hasOrigin(annotation, dataset.categories.labels[annotation.label]);
      const names = used.get(annotation.label);
      for (const name of annotation.attributes.keys()) if (!own || name !== 'source') names?.add(name);
    }
  }
  for (const names of used.values()) names.delete('occluded');
  return used;
}

/** Writes an XML file for each subset. Every attribute that the set has is declared: CVAT takes no others. */
export async function writeCvat(
  dataset: Dataset,
  folder: string,
  options: WriteOptions,
): Promise<WriteReport> {
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const sinks = new Map<string, { sink: TextSink; used: Set<number> }>();
  const used = await usedAttributes(dataset);
  const { labels } = dataset.categories;
  const skeletons = namedSkeletons(dataset.categories);
  tellUnnamed(dataset.categories, problems);
  let [items, written] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      let open = sinks.get(item.subset);
      if (open === undefined) {
        open = { sink: await output.sink(`${item.subset}.xml`), used: new Set() };
        sinks.set(item.subset, open);
        await open.sink.write(headText(item.subset, dataset, used));
      }
      const place = `item ${item.subset}/${item.id}`;
      const name = `${item.id}${endingOf(item.media?.path ?? '') || '.jpg'}`;
      const size = item.media?.size;
      const adapted = adapt(item.annotations, abilities.types, size ?? null);
      for (const { type } of adapted.dropped) problems.add('', place, `a ${type} can't be held`);
      let lost = adapted.dropped.length;
      const wanted = item.attributes.get('frame');
      let frame =
        typeof wanted === 'number' && Number.isInteger(wanted) && wanted >= 0 ? wanted : open.used.size;
      while (open.used.has(frame)) frame += 1;
      open.used.add(frame);
      const sides =
        size === null || size === undefined ? '' : ` width="${size.width}" height="${size.height}"`;
      const lines = [
        `  <image id="${frame}" name="${escapeXml(name)}"${sides}${pictureFact(item.attributes, frame)}>`,
      ];
      for (const part of adapted.annotations) {
        const label = 'label' in part && part.label !== null ? labels[part.label] : undefined;
        const skeleton = skeletonOf(part, skeletons);
        const own = label === undefined ? null : shapeLines(part, label, skeleton, false);
        if (own !== null && hidesPoints(part, skeleton)) problems.add('', place, hiddenPoints);
        if (own !== null) lines.push(...own);
        else {
          lost += 1;
          problems.addLoss(item, `a ${part.type} without a class`);
        }
      }
      written += item.annotations.length - lost;
      await open.sink.write(`${lines.join('\n')}\n  </image>\n`);
      if (options.media === 'copy' && item.media !== null) {
        // By subset: two subsets may hold a picture of the same name.
        const copied = await output.copy(item.media.path, `images/${item.subset}/${name}`);
        if (!copied) problems.add(name, '', 'the picture is not there to be copied');
      }
    }
    for (const { sink } of sinks.values()) await sink.write('</annotations>\n');
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations: written, files: output.files, problems };
}

/** @param video its frames and their size, where the file is of a video. */
export function headText(
  subset: string,
  { categories, infos = noInfos }: Dataset,
  used: ReadonlyMap<number, Set<string>>,
  video?: { readonly frames: number; readonly size: Size | null },
): string {
  const { size } = video ?? { size: null };
  const facts = factLines(infos, subset);
  const lines = [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<annotations>',
    '  <version>1.1</version>',
    '  <meta>',
    '    <task>',
    `      <name>${escapeXml(facts.name)}</name>`,
    ...facts.inside.map((line) => `      ${line}`),
    ...(video === undefined
      ? ['      <mode>annotation</mode>']
      : [
          `      <size>${video.frames}</size>`,
          '      <mode>interpolation</mode>',
          '      <start_frame>0</start_frame>',
          `      <stop_frame>${Math.max(0, video.frames - 1)}</stop_frame>`,
        ]),
    ...(size === null
      ? []
      : [
          '      <original_size>',
          `        <width>${size.width}</width>`,
          `        <height>${size.height}</height>`,
          '      </original_size>',
        ]),
    '      <z_order>True</z_order>',
    '      <labels>',
  ];
  const skeletons = namedSkeletons(categories);
  for (const [index, label] of categories.labels.entries()) {
    const own = labelLines(label, used.get(index) ?? [], skeletons.get(index) ?? null);
    lines.push(...own.map((line) => `        ${line}`));
  }
  const outside = facts.beside.map((line) => `    ${line}`);
  return `${[...lines, '      </labels>', '    </task>', ...outside, '  </meta>', ''].join('\n')}`;
}

/** Lines of a class, and of its points where it is a skeleton. */
function labelLines(
  { name, facts }: LabelCategory,
  attributes: Iterable<string>,
  skeleton: Skeleton | null,
): string[] {
  const inside = [
    `<name>${escapeXml(name)}</name>`,
    ...labelFactLines(attributes, facts),
    ...(skeleton === null ? [] : skeletonLines(skeleton)),
  ];
  const parts = skeleton === null ? [] : partLines(name, skeleton);
  return ['<label>', ...inside.map((line) => `  ${line}`), '</label>', ...parts];
}

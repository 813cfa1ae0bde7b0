import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Dataset } from '../format.ts';
import { compressCounts } from '../masks.ts';
import type { Annotation, AttributeValue, Item } from '../model/index.ts';

const shared = process.env['REFINERY_SHARED'];

/** Datumaro's own exports and what it reads back from them, beside the checkout or where `REFINERY_SHARED` says. */
export const data =
  shared === undefined
    ? fileURLToPath(new URL('../../../../../shared/datasets/', import.meta.url))
    : join(shared, 'datasets/');

export const haveData = existsSync(join(data, 'golden_import'));
export const whyNot = haveData ? '' : ` (skipped: no datasets at ${data})`;

export const corpus = (set: string): string => join(data, 'corpus', set);

/** An annotation as `golden_import/` has it. */
export interface GoldenAnnotation {
  type: string;
  id: number;
  group: number;
  label: string | null;
  attributes: Record<string, unknown>;
  z_order?: number;
  points?: number[];
  visibility?: number[];
  mask?: { size: number[]; rle: string; area: number };
  caption?: string;
  rbox?: number[];
  cuboid?: number[];
}

export interface GoldenItem {
  id: string;
  subset: string;
  attributes: Record<string, unknown>;
  media?: { type: string; path: string; size_hw: number[] | null };
  annotations: GoldenAnnotation[];
}

export interface Golden {
  labels: { name: string; parent: string; attributes: string[] }[];
  keypoints?: Record<string, { labels: string[]; joints: number[][] }>;
  colormap?: Record<string, number[]>;
  items: GoldenItem[];
}

export function readGolden(set: string): Golden {
  return JSON.parse(readFileSync(join(data, 'golden_import', `${set}.json`), 'utf8')) as Golden;
}

const goldenType: Partial<Record<Annotation['type'], string>> = { box: 'bbox', rotated_box: 'rotated_bbox' };

/** A set in the golden files' form. */
export async function toGolden(dataset: Dataset): Promise<Golden> {
  const { labels, skeletons, colours } = dataset.categories;
  const items: GoldenItem[] = [];
  for await (const item of dataset.items()) items.push(goldenItem(item, dataset));
  const golden: Golden = {
    labels: labels.map(({ name, parent, attributes }) => ({
      name,
      parent,
      attributes: [...attributes].sort(),
    })),
    items,
  };
  if (skeletons.size > 0) {
    golden.keypoints = Object.fromEntries(
      [...skeletons].map(([label, { points, joints }]) => [
        labels[label]!.name,
        { labels: [...points], joints: joints.map((joint) => [...joint]).sort(byText) },
      ]),
    );
  }
  if (colours.size > 0) {
    golden.colormap = Object.fromEntries([...colours].map(([label, colour]) => [String(label), [...colour]]));
  }
  return golden;
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

const plain = (attributes: ReadonlyMap<string, AttributeValue>): Record<string, unknown> =>
  Object.fromEntries(attributes);

function goldenItem(item: Item, dataset: Dataset): GoldenItem {
  const { media } = item;
  return {
    id: item.id,
    subset: item.subset,
    attributes: plain(item.attributes),
    ...(media === null
      ? {}
      : {
          media: {
            type: media.kind,
            path: media.path.slice(data.length).replaceAll('\\', '/'),
            size_hw: media.size === null ? null : [media.size.height, media.size.width],
          },
        }),
    annotations: item.annotations.map((annotation) => goldenAnnotation(annotation, dataset)),
  };
}

function goldenAnnotation(annotation: Annotation, { categories }: Dataset): GoldenAnnotation {
  const label = 'label' in annotation && annotation.label !== null ? annotation.label : null;
  const golden: GoldenAnnotation = {
    type: goldenType[annotation.type] ?? annotation.type,
    id: annotation.id,
    group: annotation.group,
    label: label === null ? null : categories.labels[label]!.name,
    attributes: plain(annotation.attributes),
  };
  if ('zOrder' in annotation) golden.z_order = annotation.zOrder;
  switch (annotation.type) {
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      golden.points = [x, y, x + width, y + height];
      break;
    }
    case 'rotated_box': {
      const { centreX, centreY, width, height, angle } = annotation;
      golden.rbox = [centreX, centreY, width, height, angle];
      break;
    }
    case 'mask':
      golden.mask = {
        size: [annotation.height, annotation.width],
        rle: compressCounts(annotation.counts),
        area: annotation.counts.filter((_, index) => index % 2 === 1).reduce((sum, run) => sum + run, 0),
      };
      break;
    case 'caption':
      golden.caption = annotation.text;
      break;
    case 'cuboid_3d':
      golden.cuboid = [...annotation.position, ...annotation.rotation, ...annotation.scale];
      break;
    case 'label':
      break;
    default:
      golden.points = [...annotation.points];
      if (annotation.type === 'points') golden.visibility = [...annotation.visibility];
  }
  return golden;
}

/** Equal up to 0.011 in numbers that are no whole numbers: what float32 and two decimals lose. */
function equal(ours: unknown, theirs: unknown): boolean {
  if (typeof ours === 'number' && typeof theirs === 'number') return Math.abs(ours - theirs) <= 0.011;
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    return ours.length === theirs.length && ours.every((value, index) => equal(value, theirs[index]));
  }
  if (typeof ours === 'object' && typeof theirs === 'object' && ours !== null && theirs !== null) {
    const keys = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
    return [...keys].every((key) =>
      equal((ours as Record<string, unknown>)[key], (theirs as Record<string, unknown>)[key]),
    );
  }
  return ours === theirs;
}

/** Differences between two readings, as sentences; the order of items and annotations doesn't matter. */
export function differences(ours: Golden, theirs: Golden, most = 12): string[] {
  const found: string[] = [];
  const note = (what: string, a: unknown, b: unknown): void => {
    if (!equal(a, b)) found.push(`${what}: ours ${JSON.stringify(a)}, theirs ${JSON.stringify(b)}`);
  };
  note('labels', ours.labels, theirs.labels);
  note('keypoints', ours.keypoints, theirs.keypoints);
  note('colormap', ours.colormap, theirs.colormap);
  const key = ({ subset, id }: GoldenItem): string => `${subset}/${id}`;
  const byKey = new Map(ours.items.map((item) => [key(item), item]));
  if (byKey.size !== ours.items.length) found.push('items are not unique');
  for (const item of theirs.items) {
    const own = byKey.get(key(item));
    byKey.delete(key(item));
    if (own === undefined) {
      found.push(`missing item ${key(item)}`);
      continue;
    }
    note(`${key(item)} attributes`, own.attributes, item.attributes);
    note(`${key(item)} media`, own.media, item.media);
    const rest = [...own.annotations];
    for (const annotation of item.annotations) {
      // Datumaro keeps a segment that others cover as a whole, and crashes when it writes it. We leave it out.
      if (annotation.mask?.area === 0) continue;
      const at = rest.findIndex((candidate) => equal(candidate, annotation));
      if (at >= 0) rest.splice(at, 1);
      else found.push(`${key(item)} missing ${JSON.stringify(annotation).slice(0, 400)}`);
    }
    for (const extra of rest) found.push(`${key(item)} extra ${JSON.stringify(extra).slice(0, 400)}`);
  }
  for (const extra of byKey.keys()) found.push(`extra item ${extra}`);
  return found.slice(0, most);
}

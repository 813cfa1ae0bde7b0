import { headOf } from '../../files/folder.ts';
import { jsonBatches } from '../../files/json.ts';
import { field, isRecord } from '../../model/index.ts';
import type { Task } from './layout.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an annotation file's first entries have. */
export interface Sample {
  readonly shapes: boolean;
  readonly points: boolean;
  readonly captions: boolean;
  readonly segments: boolean;
}

/** Bytes in which a COCO file names one of its lists. */
const namingBytes = 64 * 1024;

/** COCO's lists that a text has as fields; a word that is a value is none. */
export const cocoFields = (head: string): string[] =>
  ['images', 'categories', 'annotations'].filter((name) => new RegExp(`"${name}"\\s*:\\s*\\[`).test(head));

/** {@link Sample} of a text that can't be parsed, for it is cut off. */
export const sampleOfText = (head: string): Sample => ({
  shapes: /"(?:bbox|segmentation)"\s*:\s*[[{]\s*[^\]}\s]/.test(head),
  points: /"keypoints"\s*:\s*\[\s*[^\]\s]/.test(head),
  captions: /"caption"\s*:/.test(head),
  segments: /"segments_info"\s*:/.test(head),
});

/** {@link Sample} of a file. */
export async function sampleOf(path: string): Promise<Sample> {
  return sampleOfEntries(await firstOf(path, 'annotations'));
}

/** {@link Sample} of a JSON file, or null where it is of another kind. */
export async function sampleOfOther(path: string): Promise<Sample | null> {
  if (cocoFields(await headOf(path, namingBytes)).length === 0) return null;
  const annotations = await firstOf(path, 'annotations');
  const isCoco =
    annotations.some((entry) => Object.hasOwn(entry, 'image_id')) ||
    (await firstOf(path, 'images')).some((entry) => typeof field(entry, 'file_name') === 'string') ||
    (await firstOf(path, 'categories')).some(
      (entry) => Object.hasOwn(entry, 'id') && Object.hasOwn(entry, 'name'),
    );
  return isCoco ? sampleOfEntries(annotations) : null;
}

/** Whether a file's classes have key points, though its first objects have none. */
export async function classesHavePoints(path: string): Promise<boolean> {
  return (await firstOf(path, 'categories')).some((entry) => isFull(field(entry, 'keypoints')));
}

function sampleOfEntries(annotations: readonly Fields[]): Sample {
  const has = (...names: readonly string[]): boolean =>
    annotations.some((entry) => names.some((name) => isFull(field(entry, name))));
  return {
    shapes: has('bbox', 'segmentation', 'keypoints'),
    points: has('keypoints'),
    captions: annotations.some((entry) => typeof field(entry, 'caption') === 'string'),
    segments: annotations.some((entry) => Array.isArray(field(entry, 'segments_info'))),
  };
}

const isFull = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : isRecord(value));

/** The first entries of a list. What is damaged is told by those who read the whole. */
async function firstOf(path: string, key: string): Promise<readonly Fields[]> {
  try {
    for await (const { values } of jsonBatches(path, new Set([key]))) {
      const records = values.filter(isRecord);
      if (records.length > 0) return records;
    }
  } catch {
    return [];
  }
  return [];
}

/** What a file is: what its name says, unless its entries say otherwise. @param named null for a name that says nothing. */
export function taskOf(named: Task | null, { shapes, captions, segments }: Sample): Task {
  if (named === null) {
    if (shapes) return 'instances';
    return segments ? 'panoptic' : captions ? 'captions' : 'instances';
  }
  const isDoubtful =
    named === 'labels' || (named === 'captions' && !captions) || (named === 'panoptic' && !segments);
  return isDoubtful && shapes ? 'instances' : named;
}

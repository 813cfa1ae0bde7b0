import { endingOf } from '../../files/paths.ts';
import { escapeXml } from '../../files/xml.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, type LabelCategory, type Size, type Skeleton, without } from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { framesFile } from '../common/frames.ts';
import { writeSet } from '../common/write.ts';
import { hasOrigin, pictureFact } from './facts.ts';
import { shapeLines } from './shapes.ts';
import { hiddenPoints, hidesPoints, namedSkeletons, skeletonOf, tellUnnamed } from './skeletons.ts';
import { frameName } from './tracks-read.ts';
import { headText, usedAttributes } from './write.ts';

interface Track {
  readonly id: number;
  readonly label: LabelCategory;
  readonly skeleton: Skeleton | undefined;
  readonly group: number;
  /** By frame. */
  readonly shapes: Map<number, Annotation>;
}

interface Video {
  readonly tracks: Map<string, Track>;
  readonly frames: Set<number>;
  /** Lines about frames of which more is known than their number. */
  readonly facts: string[];
  size: Size | null;
}

/** What tells an annotation's place in a track, and no attribute of it in the file. */
const builtIn = ['track_id', 'keyframe', 'outside', 'frame'];

/**
 * Writes an XML file for each subset, with a track for each `track_id`, class and type. As CVAT does it, an object without
 * one gets a track of its own, and a track that ends has a shape that is `outside` in the next frame. Shapes of a subset
 * are in memory until all are there.
 */
export async function writeCvatVideo(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const videos = new Map<string, Video>();
  const { labels } = dataset.categories;
  const skeletons = namedSkeletons(dataset.categories);
  const used = await usedAttributes(dataset);
  for (const names of used.values()) for (const name of builtIn) names.delete(name);
  let place = '';
  return writeSet(dataset, folder, abilities, options, {
    picture: () => place,
    async each({ item, id, name, size, annotations, sinks, lose, change, note }) {
      const video: Video = videos.get(item.subset) ?? {
        tracks: new Map(),
        frames: new Set(),
        facts: [],
        size,
      };
      videos.set(item.subset, video);
      const frame = frameOf(item.attributes.get('frame'), id, video.frames);
      const isOther =
        size !== null && (video.size?.width !== size.width || video.size.height !== size.height);
      if (isOther) note('the frames of a video are of one size, and this picture is of another');
      const fact = pictureFact(item.attributes, frame);
      if (fact !== '') video.facts.push(`  <frame id="${frame}"${fact}/>\n`);
      const own = frameName(frame);
      if (id !== own) {
        note("the picture's file is named by its frame; its name is kept in frames.csv");
        const list = `images/${item.subset}/${framesFile}`;
        await sinks.add(list, csvText([[frame, id]]), csvText([['frame', 'name']]));
      }
      place = `images/${item.subset}/${own}${endingOf(name)}`;
      for (const part of annotations) {
        const label = 'label' in part && part.label !== null ? labels[part.label] : undefined;
        if (label === undefined) lose(`a ${part.type} without a class`);
        else {
          const skeleton = skeletonOf(part, skeletons);
          if (hidesPoints(part, skeleton)) note(hiddenPoints);
          if (isOther && part.type === 'mask') change('a mask gets the size of the video’s frames');
          addShape(video, part, label, skeleton, frame);
        }
      }
    },
    async finish(output, problems) {
      tellUnnamed(dataset.categories, problems);
      for (const [subset, { tracks, frames, facts, size }] of videos) {
        const sink = await output.sink(`${subset}.xml`);
        await sink.write(headText(subset, dataset, used, { frames: Math.max(-1, ...frames) + 1, size }));
        for (const track of tracks.values()) await sink.write(trackText(track, frames));
        for (const fact of facts) await sink.write(fact);
        await sink.write('</annotations>\n');
      }
    },
  });
}

/** The frame that an item says, or that its name ends with, where it is free; else the next. */
function frameOf(given: unknown, id: string, taken: Set<number>): number {
  const named = /(?:^|[^\d])(\d{1,9})$/.exec(id)?.[1];
  const wanted = typeof given === 'number' ? given : named === undefined ? taken.size : Number(named);
  let frame = Number.isInteger(wanted) && wanted >= 0 && wanted < 1e9 ? wanted : taken.size;
  while (taken.has(frame)) frame += 1;
  taken.add(frame);
  return frame;
}

function addShape(
  { tracks }: Video,
  part: Annotation,
  label: LabelCategory,
  skeleton: Skeleton | undefined,
  frame: number,
): void {
  const given = part.attributes.get('track_id');
  const tracked = typeof given === 'number' || (typeof given === 'string' && given !== '');
  let key = tracked ? JSON.stringify([given, label.name, part.type]) : `${tracks.size}`;
  // Two shapes of one track in one frame are two tracks.
  while (tracks.get(key)?.shapes.has(frame) === true) key += '+';
  let track = tracks.get(key);
  if (track === undefined) {
    track = { id: freeNumber(given, tracks), label, skeleton, group: part.group, shapes: new Map() };
    tracks.set(key, track);
  }
  track.shapes.set(frame, part);
}

/** The track's own number where it has one that is free. */
function freeNumber(given: unknown, tracks: ReadonlyMap<string, Track>): number {
  const taken = new Set([...tracks.values()].map(({ id }) => id));
  let number = typeof given === 'number' && Number.isInteger(given) && given >= 0 ? given : tracks.size;
  while (taken.has(number)) number += 1;
  return number;
}

function trackText({ id, label, skeleton, group, shapes }: Track, frames: ReadonlySet<number>): string {
  const of = group === 0 ? '' : ` group_id="${group}"`;
  const origin = commonOrigin([...shapes.values()], label);
  const source = escapeXml(origin ?? 'manual');
  const lines = [`  <track id="${id}" label="${escapeXml(label.name)}"${of} source="${source}">`];
  const order = [...shapes.keys()].sort((a, b) => a - b);
  for (const frame of order) {
    const shape = shapes.get(frame)!;
    const key = shape.attributes.get('keyframe') !== false;
    const said = origin === null ? builtIn : [...builtIn, 'source'];
    const part = { ...shape, group: 0, attributes: without(shape.attributes, ...said) };
    lines.push(...shapeText(part, label, skeleton, { frame, keyframe: key, outside: false }));
    // Without it CVAT would draw the object up to its next frame, or to the end.
    if (frames.has(frame + 1) && !shapes.has(frame + 1))
      lines.push(...shapeText(part, label, skeleton, { frame: frame + 1, keyframe: true, outside: true }));
  }
  return `${[...lines, '  </track>'].join('\n')}\n`;
}

/** How all shapes of a track came to be, or null where they differ or were drawn by hand. */
function commonOrigin(shapes: readonly Annotation[], label: LabelCategory): string | null {
  const origins = new Set(
    shapes.map((shape) => (hasOrigin(shape, label) ? String(shape.attributes.get('source')) : null)),
  );
  const [origin = null] = origins;
  return origins.size === 1 ? origin : null;
}

function shapeText(
  shape: Annotation,
  label: LabelCategory,
  skeleton: Skeleton | undefined,
  place: { readonly frame: number; readonly keyframe: boolean; readonly outside: boolean },
): string[] {
  const [head = '', ...rest] = shapeLines(place.outside ? gone(shape) : shape, label, skeleton, true) ?? [];
  const key = `keyframe="${place.keyframe ? 1 : 0}"`;
  const marks = `frame="${place.frame}" ${key} outside="${place.outside ? 1 : 0}"`;
  // CVAT wants to know it of each point of a skeleton.
  const parts = rest.map((line) => line.replace(/^ *<points(?= )/, (start) => `${start} ${key}`));
  return [head.replace(/^( *<\w+) ?/, (start) => `${start.trimEnd()} ${marks} `), ...parts];
}

/** Where an object is no longer there, no point of its skeleton is. */
const gone = (shape: Annotation): Annotation =>
  shape.type === 'points' ? { ...shape, visibility: shape.visibility.map(() => 0) } : shape;

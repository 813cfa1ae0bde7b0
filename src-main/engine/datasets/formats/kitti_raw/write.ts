import { endingOf } from '../../files/paths.ts';
import { escapeXml } from '../../files/xml.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Cuboid3d, flagOf, numberOf } from '../../model/index.ts';
import { type Work, writeSet } from '../common/write.ts';
import { cloudFolder, nameFile, trackFile } from './read.ts';

interface Track {
  readonly number: number;
  readonly name: string;
  readonly scale: readonly number[];
  readonly first: number;
  /** By frame; a hole is a frame in which the object isn't there. */
  readonly poses: Map<number, Cuboid3d>;
}

/** Longest hole in a track that is filled with frames in which the object is outside. */
const longestHole = 10_000;

/**
 * Writes tracks of cuboids. Objects with one `track_id`, class and scale are one track; one without a number is a track of
 * its own. Tracks are written in the order of their numbers, and are numbered from 1 when they are read.
 */
export function writeKittiRaw(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const tracks = new Map<string, Track>();
  const frames = new Map<number, string>();
  let highest = 0;
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ id, item }) => `${cloudFolder}/${id}${endingOf(item.media?.path ?? '') || '.pcd'}`,
    async each(work) {
      const { item, id, annotations, lose, note } = work;
      const wanted = numberOf(item.attributes.get('frame'));
      let frame = Number.isSafeInteger(wanted) && wanted >= 0 ? wanted : frames.size;
      if (frames.has(frame)) note('the number of the frame is taken; it gets another');
      while (frames.has(frame)) frame += 1;
      frames.set(frame, id);
      for (const part of annotations) {
        if (part.type !== 'cuboid_3d') continue;
        if (part.label === null) {
          lose('a cuboid without a class');
          continue;
        }
        const given = numberOf(part.attributes.get('track_id'));
        const numbered = Number.isSafeInteger(given) && given > 0;
        const number = numbered ? given : Number.MAX_SAFE_INTEGER;
        highest = numbered ? Math.max(highest, given) : highest;
        const parts = [number, part.label, ...part.scale, ...(numbered ? [] : [frame, tracks.size])];
        const track = tracks.get(parts.join(' ')) ?? {
          number,
          name: labels[part.label]!.name,
          scale: part.scale,
          first: frame,
          poses: new Map<number, Cuboid3d>(),
        };
        if (track.poses.has(frame)) lose('a second cuboid of a track in one frame');
        else if (Math.abs(frame - track.first) > longestHole)
          lose('a cuboid too many frames from the rest of its track');
        else track.poses.set(frame, part);
        tracks.set(parts.join(' '), track);
      }
      await copyRelated(work, options);
    },
    async finish(output, problems) {
      const ordered = [...tracks.values()]
        .filter(({ poses }) => poses.size > 0)
        .sort((a, b) => a.number - b.number);
      if (ordered.length > 0 && highest !== ordered.filter(({ number }) => number <= highest).length) {
        problems.add(trackFile, '', 'the tracks are numbered anew, from 1');
      }
      const sink = await output.sink(trackFile);
      await sink.write(
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<!DOCTYPE boost_serialization>\n' +
          '<boost_serialization version="9" signature="serialization::archive">\n' +
          '<tracklets version="0" tracking_level="0" class_id="0">\n' +
          `  <count>${ordered.length}</count>\n  <item_version>1</item_version>\n`,
      );
      for (const track of ordered) await sink.write(trackText(track));
      await sink.write('</tracklets>\n</boost_serialization>\n');
      const names = [...frames].sort(([a], [b]) => a - b).map(([frame, name]) => `${frame} ${name}\n`);
      await output.text(nameFile, names.join(''));
    },
  });
}

async function copyRelated({ item, id, output }: Work, { media }: WriteOptions): Promise<void> {
  if (media !== 'copy') return;
  for (const [index, path] of (item.media?.related ?? []).entries()) {
    await output.copy(path, `image_${String(index).padStart(2, '0')}/data/${id}${endingOf(path)}`);
  }
}

const tag = (name: string, value: string | number, depth: number): string =>
  `${' '.repeat(depth)}<${name}>${escapeXml(String(value))}</${name}>\n`;

function trackText({ name, scale, poses }: Track): string {
  const all = [...poses.keys()];
  const [first, last] = [Math.min(...all), Math.max(...all)];
  const [height, width, length] = scale as [number, number, number];
  let text = '';
  let before = poses.get(first)!;
  for (let frame = first; frame <= last; frame += 1) {
    const own = poses.get(frame);
    text += poseText(own ?? before, own === undefined);
    before = own ?? before;
  }
  return (
    '  <item>\n' +
    tag('objectType', name, 4) +
    tag('h', height, 4) +
    tag('w', width, 4) +
    tag('l', length, 4) +
    tag('first_frame', first, 4) +
    `    <poses>\n${tag('count', last - first + 1, 6)}${tag('item_version', 0, 6)}${text}    </poses>\n` +
    `${tag('finished', 1, 4)}  </item>\n`
  );
}

/** What the format says itself, and what is told by an attribute of that name. */
const builtIn = new Set(['occluded', 'track_id']);

function poseText({ position, rotation, attributes }: Cuboid3d, away: boolean): string {
  const [tx, ty, tz] = position;
  const [rx, ry, rz] = rotation;
  const fields: Readonly<Record<string, number>> = {
    tx,
    ty,
    tz,
    rx,
    ry,
    rz,
    state: 2,
    occlusion: away ? -1 : flagOf(attributes.get('occluded')) === true ? 1 : 0,
    occlusion_kf: 0,
    truncation: away ? 2 : 0,
    amt_occlusion: -1,
    amt_border_l: -1,
    amt_border_r: -1,
    amt_occlusion_kf: -1,
    amt_border_kf: -1,
  };
  const own = [...attributes].filter(([key]) => !builtIn.has(key));
  const listed = own.map(
    ([key, value]) =>
      `          <attribute>\n${tag('name', key, 12)}${tag('value', textOf(value), 12)}          </attribute>\n`,
  );
  const attributesText =
    own.length === 0 || away ? '' : `        <attributes>\n${listed.join('')}        </attributes>\n`;
  const text = Object.entries(fields).map(([key, value]) => tag(key, value, 8));
  return `      <item>\n${text.join('')}${attributesText}      </item>\n`;
}

const textOf = (value: unknown): string =>
  typeof value === 'object' ? JSON.stringify(value) : String(value);

import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile } from '../../files/folder.ts';
import { endingOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  noAttributes,
  ProblemLog,
} from '../../model/index.ts';
import { linesOf } from '../common/lines.ts';
import { foldersIn, take } from '../common/read.ts';
import { readTracklets, type Tracklet } from './tracklets.ts';

export const trackFile = 'tracklet_labels.xml';
export const nameFile = 'frame_list.txt';
export const cloudFolder = 'velodyne_points/data';

/** Truncations that say that the object is not there in this frame. */
const outside = new Set([2, 99]);

/** Text of an attribute as what it says. */
function valueIn(text: string): AttributeValue {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  return text !== '' && Number.isFinite(number) && /^-?(0|[1-9]\d*)(\.\d+)?$/.test(text) ? number : text;
}

/** Reads tracks of cuboids, point clouds, and the pictures that were taken at the same time. */
export async function readKittiRaw(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const path = inside(folder, trackFile);
  if (!(await isFile(path)))
    throw new RefineryError('INPUT_NOT_FOUND', `There is no ${trackFile} in ${folder}.`);
  const tracks = await readTracklets(path);
  const builder = new CategoryBuilder();
  builder.attribute('occluded');
  const add = builder.scope();
  const labels = new Map<string, number>();
  for (const name of [...new Set(tracks.map(({ label }) => label))].sort()) {
    if (name !== '') labels.set(name, add({ name, parent: '', attributes: declared(tracks, name) }));
  }
  const frames = new Map<number, Annotation[]>();
  for (const [index, track] of tracks.entries()) {
    const complain = (reason: string): void => problems.add(trackFile, `track ${index + 1}`, reason);
    if (!Number.isSafeInteger(track.first)) {
      complain('the track has no first frame');
      continue;
    }
    addTrack(track, index + 1, labels.get(track.label) ?? null, frames, complain);
  }
  const names = await frameNames(folder, problems);
  return {
    categories: builder.build(),
    media: 'point_cloud',
    problems,
    async *items() {
      const pictures = await picturesIn(folder);
      const clouds = new Map<string, string>();
      for await (const file of filesUnder(folder, cloudFolder)) {
        if (['.pcd', '.bin', '.txt'].includes(endingOf(file)))
          clouds.set(stemOf(file.slice(cloudFolder.length + 1)), file);
      }
      const byFrame = new Map([...frames.keys()].map((frame) => [frame, String(frame).padStart(10, '0')]));
      for (const name of clouds.keys()) {
        if (/^\d{10}$/.test(name) && ![...names.values()].includes(name)) byFrame.set(Number(name), name);
      }
      for (const [frame, name] of names) byFrame.set(frame, name);
      for (const [frame, id] of [...byFrame].sort(([a], [b]) => a - b)) {
        options.signal?.throwIfAborted();
        const cloud = clouds.get(id) ?? `${cloudFolder}/${id}.pcd`;
        const related = (pictures.get(id) ?? []).map((file) => inside(folder, file));
        yield {
          id,
          subset: 'default',
          media: {
            kind: 'point_cloud',
            path: inside(folder, cloud),
            size: null,
            ...(related.length > 0 ? { related } : {}),
          },
          attributes: new Map([['frame', frame]]),
          annotations: frames.get(frame) ?? [],
        };
      }
    },
  };
}

/** Attributes that the objects of a class have, besides those that every object has. */
function declared(tracks: readonly Tracklet[], name: string): string[] {
  const names = new Set<string>();
  for (const { label, attributes, poses } of tracks) {
    if (label !== name) continue;
    for (const key of attributes.keys()) names.add(key);
    for (const pose of poses) for (const key of pose.attributes.keys()) names.add(key);
  }
  names.delete('track_id');
  return [...names].sort();
}

function addTrack(
  track: Tracklet,
  number: number,
  label: number | null,
  frames: Map<number, Annotation[]>,
  complain: (reason: string) => void,
): void {
  let before = false;
  for (const [index, pose] of track.poses.entries()) {
    let occluded = pose.occlusion === 1 || pose.occlusion === 2;
    // Where nothing is set, it is as at the last key frame.
    if (pose.keyframe) before = occluded;
    else if (pose.occlusion === -1) occluded = before;
    if (outside.has(pose.truncation)) continue;
    const attributes = new Map<string, AttributeValue>();
    for (const [key, text] of [...track.attributes, ...pose.attributes]) attributes.set(key, valueIn(text));
    attributes.set('occluded', occluded);
    attributes.set('track_id', number);
    const annotations = frames.get(track.first + index) ?? [];
    frames.set(track.first + index, annotations);
    const { position, rotation } = pose;
    const common = { id: 0, group: 0, label, attributes: attributes.size > 0 ? attributes : noAttributes };
    take({ ...common, type: 'cuboid_3d', position, rotation, scale: track.scale }, annotations, complain);
  }
}

/** Names of frames that aren't their numbers with ten digits: `number name` on each line. */
async function frameNames(folder: string, problems: ProblemLog): Promise<Map<number, string>> {
  const names = new Map<number, string>();
  for (const [number, line] of await linesOf(folder, nameFile)) {
    if (line.startsWith('#')) continue;
    const [, frame = '', text = ''] = /^(\d+)\s+(.+)$/.exec(line) ?? [];
    const name = safeRelative(text);
    if (name === null)
      problems.add(
        nameFile,
        `line ${number}`,
        "there is no frame and name, or the name leaves the set's folder",
      );
    else names.set(Number(frame), name);
  }
  return names;
}

/** Pictures of all cameras (`image_00/data/…`) by the frame's name. */
async function picturesIn(folder: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const camera of (await foldersIn(folder)).filter((name) => /^image_/i.test(name))) {
    const start = `${camera}/data`;
    for await (const file of filesUnder(folder, start)) {
      if (!isPicture(file)) continue;
      const name = stemOf(file.slice(start.length + 1));
      found.set(name, [...(found.get(name) ?? []), file]);
    }
  }
  return found;
}

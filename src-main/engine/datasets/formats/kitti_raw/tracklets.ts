import { SaxesParser } from 'saxes';
import { RefineryError } from '../../../../contract/errors.ts';
import { xmlChunks } from '../../files/xml.ts';
import { numberOf } from '../../model/index.ts';

/** Where an object is in one frame. */
interface Pose {
  readonly position: readonly [number, number, number];
  readonly rotation: readonly [number, number, number];
  /** -1 not set, 0 visible, 1 partly, 2 fully occluded. */
  readonly occlusion: number;
  readonly keyframe: boolean;
  /** 2 is outside of the picture, 99 behind it. */
  readonly truncation: number;
  readonly attributes: ReadonlyMap<string, string>;
}

/** An object over several frames in a row. */
export interface Tracklet {
  readonly label: string;
  /** Height, width, length in metres. */
  readonly scale: readonly [number, number, number];
  readonly first: number;
  readonly poses: readonly Pose[];
  readonly attributes: ReadonlyMap<string, string>;
}

interface Open {
  readonly fields: Map<string, string>;
  readonly attributes: Map<string, string>;
}

const open = (): Open => ({ fields: new Map(), attributes: new Map() });

/** Most objects and frames of one; a drive has hundreds. */
const most = 1_000_000;

/**
 * Reads `tracklet_labels.xml`, made by Boost's serialisation: `<item>` in `<tracklets>` is an object, `<item>` in its
 * `<poses>` a frame. The file names its document type, which others must not have; it declares nothing.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the file isn't well formed or declares something.
 */
export async function readTracklets(path: string): Promise<Tracklet[]> {
  const parser = new SaxesParser({ xmlns: false });
  const tracklets: Tracklet[] = [];
  let [track, pose, name, text, count] = [
    undefined as Open | undefined,
    undefined as Open | undefined,
    '',
    '',
    0,
  ];
  let poses: Pose[] = [];
  let failure: string | undefined;
  parser.on('error', ({ message }) => {
    // The original says standalone="true", which is not among the allowed words.
    if (!/standalone/i.test(message)) failure ??= message;
  });
  parser.on('doctype', (type) => {
    if (type.trim() !== 'boost_serialization') failure ??= 'its document type declares something';
  });
  parser.on('opentag', (tag) => {
    text = '';
    if (tag.name !== 'item') return;
    count += 1;
    if (count > most) failure ??= 'it has too many entries';
    if (track === undefined) [track, poses] = [open(), []];
    else if (pose === undefined) pose = open();
    else failure ??= 'an entry is in another where none can be';
  });
  parser.on('text', (piece) => {
    text = `${text}${piece}`.slice(0, 10_000);
  });
  parser.on('closetag', (tag) => {
    const own = pose ?? track;
    if (tag.name === 'item') {
      if (pose !== undefined) {
        poses.push(poseOf(pose));
        pose = undefined;
      } else if (track !== undefined) {
        tracklets.push(trackletOf(track, poses));
        track = undefined;
      }
    } else if (tag.name === 'name') name = text.trim();
    else if (tag.name === 'value') own?.attributes.set(name, text.trim());
    else own?.fields.set(tag.name, text.trim());
    text = '';
  });
  const check = (): void => {
    if (failure === undefined) return;
    throw new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as XML: ${failure}.`);
  };
  for await (const chunk of xmlChunks(path)) {
    parser.write(chunk);
    check();
  }
  parser.close();
  check();
  return tracklets;
}

const numbers = ({ fields }: Open, names: readonly [string, string, string]): [number, number, number] =>
  names.map((name) => numberOf(fields.get(name))) as [number, number, number];

const poseOf = (made: Open): Pose => ({
  position: numbers(made, ['tx', 'ty', 'tz']),
  rotation: numbers(made, ['rx', 'ry', 'rz']),
  occlusion: numberOf(made.fields.get('occlusion') ?? '-1'),
  keyframe: made.fields.get('occlusion_kf') === '1',
  truncation: numberOf(made.fields.get('truncation') ?? '-1'),
  attributes: made.attributes,
});

const trackletOf = (made: Open, poses: readonly Pose[]): Tracklet => ({
  label: made.fields.get('objectType') ?? '',
  scale: numbers(made, ['h', 'w', 'l']),
  first: numberOf(made.fields.get('first_frame') ?? '0'),
  poses,
  attributes: made.attributes,
});

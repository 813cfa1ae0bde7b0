import { namesIn, pictureSize } from '../../files/folder.ts';
import { inside, isPicture, safeRelative } from '../../files/paths.ts';
import { child, childText, type XmlElement } from '../../files/xml.ts';
import {
  type Annotation,
  type AttributeValue,
  type Item,
  numberOf,
  type ProblemLog,
  type Size,
  wholeOf,
} from '../../model/index.ts';
import { readFrameNames } from '../common/frames.ts';
import { addPictureFacts } from './facts.ts';
import { type Labels, lossesOf, parseShape } from './shapes.ts';

/** The name that CVAT gives a video's frame. */
export const frameName = (frame: number): string => `frame_${String(frame).padStart(6, '0')}`;

/** The number of a frame in a name such as `frame_000012.PNG`. */
const frameIn = (name: string): number => wholeOf(/(?:^|_)(\d{1,9})\.[^.]+$/.exec(name)?.[1], -1);

/** Frames of one subset. */
interface Frames {
  readonly annotations: Map<number, Annotation[]>;
  /** What is said of some of them, in an element of our own. */
  readonly facts: Map<number, Map<string, AttributeValue>>;
}

/**
 * Objects of a video, which stand track by track, put in order by frames: all of a file's are in memory. A shape that is
 * `outside` says that its object is not there, and is none.
 */
export class Tracks {
  readonly #subsets = new Map<string, Frames>();
  readonly #size: Size | null;

  /**
   * @param meta the file's head, which has the video's size.
   * @param subset of a file that names no other.
   */
  constructor(meta: XmlElement | undefined, subset: string) {
    this.#size = meta === undefined ? null : originalSize(meta);
    // A video in which nothing was marked has frames all the same.
    if (meta?.children.some((part) => childText(part, 'mode') === 'interpolation')) this.#framesOf(subset);
  }

  add(track: XmlElement, fallback: string, labels: Labels, complain: (reason: string) => void): void {
    const given = track.attributes.get('subset') ?? '';
    const subset = given === '' ? fallback : given;
    if (safeRelative(subset) !== subset || subset.includes('/')) {
      complain("the subset's name can't be one of a file");
      return;
    }
    const known = this.#framesOf(subset);
    const number = wholeOf(track.attributes.get('id'), -1);
    for (const shape of track.children) {
      const frame = wholeOf(shape.attributes.get('frame'), -1);
      if (frame < 0) {
        complain('a shape has no frame');
        continue;
      }
      const inherited = new Map(track.attributes);
      const about = { ...shape, attributes: new Map([...inherited, ...shape.attributes]) };
      if (isOutside(shape)) continue;
      const made = parseShape(about, labels, this.#size);
      if (typeof made === 'string') {
        complain(`frame ${frame}: ${made}`);
        continue;
      }
      for (const loss of lossesOf(shape)) complain(`frame ${frame}: ${loss}`);
      const attributes = new Map<string, AttributeValue>(made.attributes);
      if (shape.attributes.has('keyframe'))
        attributes.set('keyframe', shape.attributes.get('keyframe') === '1');
      if (number >= 0) attributes.set('track_id', number);
      const list = known.annotations.get(frame) ?? [];
      list.push({ ...made, attributes } as Annotation);
      known.annotations.set(frame, list);
    }
  }

  addFrame(element: XmlElement, subset: string, complain: (reason: string) => void): void {
    const frame = wholeOf(element.attributes.get('id'), -1);
    const facts = new Map<string, AttributeValue>();
    const wrong = frame < 0 ? 'it has no number' : addPictureFacts(element, facts);
    if (wrong === null) this.#framesOf(subset).facts.set(frame, facts);
    else complain(wrong);
  }

  #framesOf(subset: string): Frames {
    const known = this.#subsets.get(subset) ?? { annotations: new Map(), facts: new Map() };
    this.#subsets.set(subset, known);
    return known;
  }

  /** The frames that have a picture or an object, in their order. */
  async *items(folder: string, problems: ProblemLog): AsyncGenerator<Item> {
    for (const [subset, { annotations, facts }] of this.#subsets) {
      const pictures = new Map<number, string>();
      // Below a folder of the subset's name they are its own; beside the file they are the video's.
      for (const below of [`images/${subset}`, 'images']) {
        for (const name of await namesIn(inside(folder, below))) {
          const frame = isPicture(name) ? frameIn(name) : -1;
          if (frame >= 0 && !pictures.has(frame)) pictures.set(frame, `${below}/${name}`);
        }
        if (pictures.size > 0) break;
      }
      const names = await readFrameNames(folder, `images/${subset}`, problems, true);
      const frames = [...new Set([...pictures.keys(), ...annotations.keys(), ...facts.keys()])].sort(
        (a, b) => a - b,
      );
      for (const frame of frames) {
        const path = inside(folder, pictures.get(frame) ?? `images/${frameName(frame)}.png`);
        const size = this.#size ?? (await pictureSize(path));
        yield {
          id: names.get(frame) ?? frameName(frame),
          subset,
          media: { kind: 'image', path, size },
          attributes: new Map<string, AttributeValue>([['frame', frame], ...(facts.get(frame) ?? [])]),
          annotations: annotations.get(frame) ?? [],
        };
      }
    }
  }
}

/** Whether a shape says that its object is not there: of a skeleton, no point is. */
function isOutside({ name, attributes, children }: XmlElement): boolean {
  if (attributes.get('outside') === '1') return true;
  const points = name === 'skeleton' ? children.filter((part) => part.name === 'points') : [];
  return points.length > 0 && points.every((part) => part.attributes.get('outside') === '1');
}

function originalSize(meta: XmlElement): Size | null {
  for (const holder of [meta, ...meta.children]) {
    const size = child(holder, 'original_size');
    if (size === undefined) continue;
    const [width, height] = [numberOf(childText(size, 'width')), numberOf(childText(size, 'height'))];
    if (Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0)
      return { width, height };
  }
  return null;
}

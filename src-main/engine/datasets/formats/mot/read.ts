import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, namesIn } from '../../files/folder.ts';
import { folderOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { readFrameNames } from '../common/frames.ts';
import { linesOf, namesFile } from '../common/lines.ts';
import { below, imageItem, plainShape, splitSubset, take } from '../common/read.ts';

/** The classes of MOT16 and MOT17, for sequences without a list. */
const motNames = [
  'pedestrian',
  'person on vehicle',
  'car',
  'bicycle',
  'motorbike',
  'non motorized vehicle',
  'static person',
  'distractor',
  'occluder',
  'occluder on the ground',
  'occluder full',
  'reflection',
];

interface Sequence {
  /** Relative folder, empty for the set's own. */
  readonly path: string;
  /** `gt/gt.txt` or `det/det.txt`, relative to the sequence. */
  readonly file: string;
}

async function sequencesOf(folder: string): Promise<Sequence[]> {
  const found = new Map<string, Sequence>();
  for await (const path of filesUnder(folder)) {
    const match = /^(?:(.*)\/)?(gt\/gt|det\/det)\.txt$/.exec(path);
    if (match === null) continue;
    const at = match[1] ?? '';
    // Detections are another program's guess, and only taken where there is no truth.
    if (match[2] === 'gt/gt' || !found.has(at)) found.set(at, { path: at, file: `${match[2]}.txt` });
  }
  return [...found.values()];
}

interface Info {
  readonly pictures: string;
  readonly size: Size | null;
  readonly length: number;
  readonly ending: string;
}

/** What `seqinfo.ini` says, where there is one. */
async function infoOf(folder: string, path: string): Promise<Info> {
  const fields = new Map<string, string>();
  for (const [, line] of await linesOf(folder, below(path, 'seqinfo.ini'))) {
    const match = /^(\w+)\s*=\s*(.*)$/.exec(line);
    if (match !== null) fields.set(match[1]!.toLowerCase(), match[2]!.trim());
  }
  const whole = (key: string): number => {
    const value = numberOf(fields.get(key));
    return Number.isInteger(value) && value > 0 ? Math.min(value, 1e7) : 0;
  };
  const [width, height] = [whole('imwidth'), whole('imheight')];
  return {
    pictures: below(path, safeRelative(fields.get('imdir') ?? 'img1') ?? 'img1'),
    size: width > 0 && height > 0 ? { width, height } : null,
    length: whole('seqlength'),
    ending: /^\.\w{2,5}$/.test(fields.get('imext') ?? '') ? fields.get('imext')! : '.jpg',
  };
}

/**
 * Reads sequences: `gt/gt.txt` with a line for each box, pictures in `img1/` by their frame's number. Several sequences
 * (MOT17's `train/MOT17-02`) keep their folders in the items' ids. An id is the picture's name, where Datumaro takes
 * the bare number.
 */
export async function readMotSeq(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const sequences = await sequencesOf(folder);
  if (sequences.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no gt/gt.txt in ${folder}.`);
  const builder = new CategoryBuilder();
  const labelsOf = new Map<string, readonly number[]>();
  for (const { path, file } of sequences) {
    const own = await namesFile(folder, below(path, below(folderOf(file), 'labels.txt')));
    labelsOf.set(
      path,
      (own ?? motNames).map((name) => builder.named(name)),
    );
  }
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { path, file } of sequences) {
        const list = below(path, file);
        const info = await infoOf(folder, path);
        const { subset, rest } = path === '' ? { subset: 'default', rest: '' } : splitSubset(`${path}/`);
        const prefix = rest.replace(/\/$/, '');
        const names = await readFrameNames(folder, path, problems);
        const frames = new Map<number, { name: string; annotations: Annotation[] }>();
        const named = (frame: number): string => `${String(frame).padStart(6, '0')}${info.ending}`;
        for (const name of await namesIn(inside(folder, info.pictures))) {
          const frame = numberOf(stemOf(name));
          if (isPicture(name) && Number.isInteger(frame)) frames.set(frame, { name, annotations: [] });
        }
        for (let frame = 1; frame <= info.length; frame += 1) {
          if (!frames.has(frame)) frames.set(frame, { name: named(frame), annotations: [] });
        }
        for (const [number, line] of await linesOf(folder, list)) {
          options.signal?.throwIfAborted();
          const complain = (reason: string): void => problems.add(list, `line ${number}`, reason);
          const values = line.split(/[\s,]+/).map((word) => numberOf(word));
          const frame = values[0]!;
          if (values.length < 6 || !Number.isInteger(frame)) {
            complain('the line has no frame, track and box');
            continue;
          }
          const known = frames.get(frame) ?? { name: named(frame), annotations: [] };
          frames.set(frame, known);
          take(toBox(values, file === 'gt/gt.txt', labelsOf.get(path)!), known.annotations, complain);
        }
        for (const frame of [...frames.keys()].sort((a, b) => a - b)) {
          const { name, annotations } = frames.get(frame)!;
          const item = { id: below(prefix, names.get(frame) ?? stemOf(name)), subset, annotations };
          yield await imageItem(folder, below(info.pictures, name), item, info.size);
        }
      }
    },
  };
}

/** `frame, track, x, y, width, height, flag or score, class, visibility`. */
function toBox(values: readonly number[], truth: boolean, labels: readonly number[]): Annotation | string {
  const [, track = -1, x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = values;
  const flag = values[6] ?? 1;
  const number = values[7] ?? -1;
  const visibility = values[8] ?? 1;
  const label = number === -1 ? null : labels[number - 1];
  if (label === undefined) return 'there is no class of this number';
  const attributes = new Map<string, AttributeValue>();
  if (track > 0) attributes.set('track_id', track);
  if (truth) {
    attributes.set('visibility', visibility);
    attributes.set('occluded', visibility <= 0);
    attributes.set('ignored', flag === 0);
  } else attributes.set('score', flag);
  if ([...attributes.values()].some((value) => Number.isNaN(value))) return 'a field is not a number';
  return { ...plainShape(label, attributes), type: 'box', x, y, width, height };
}

import { endingOf, fileNameOf, folderOf, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { flagOf, type Item, type Size } from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { framesFile } from '../common/frames.ts';
import { namesText } from '../common/lines.ts';
import { below, joinSubset } from '../common/read.ts';
import { plainNumber, writeSet } from '../common/write.ts';

interface Sequence {
  readonly frames: Set<number>;
  readonly tracks: Map<unknown, number>;
  last: number;
  size: Size | null;
  ending: string;
}

/** Writes a sequence for each folder of items: `gt/gt.txt`, `gt/labels.txt`, `seqinfo.ini`, `img1/`. */
export function writeMotSeq(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const sequences = new Map<string, Sequence>();
  let place = '';
  return writeSet(dataset, folder, abilities, options, {
    picture: () => place,
    async each({ item, id, name, annotations, size, sinks, note }) {
      const path = sequencePath(item, id, note);
      let sequence = sequences.get(path);
      if (sequence === undefined) {
        sequence = { frames: new Set(), tracks: new Map(), last: 0, size, ending: endingOf(name) };
        sequences.set(path, sequence);
      }
      const frame = frameOf(stemOf(fileNameOf(name)), sequence);
      const number = String(frame).padStart(6, '0');
      if (stemOf(fileNameOf(name)) !== number) {
        note("the picture's file is named by its frame; its name is kept in frames.csv");
        const row = csvText([[frame, stemOf(fileNameOf(name))]]);
        await sinks.add(below(path, framesFile), row, csvText([['frame', 'name']]));
      }
      place = below(path, `img1/${number}${endingOf(name)}`);
      const lines: string[] = [];
      for (const part of annotations) {
        if (part.type !== 'box') continue;
        const track = trackOf(part.attributes.get('track_id'), sequence);
        const hidden = flagOf(part.attributes.get('occluded')) === true;
        const visibility = part.attributes.get('visibility') ?? (hidden ? 0 : 1);
        const words = [
          frame,
          track,
          ...[part.x, part.y, part.width, part.height].map(plainNumber),
          flagOf(part.attributes.get('ignored')) === true ? 0 : 1,
          part.label === null ? -1 : part.label + 1,
          typeof visibility === 'number' ? visibility : 1,
        ];
        lines.push(`${words.join(',')}\n`);
      }
      await sinks.add(below(path, 'gt/gt.txt'), lines.join(''));
    },
    async finish(output) {
      for (const [path, sequence] of sequences) {
        await output.text(below(path, 'gt/labels.txt'), namesText(labels));
        const { width, height } = sequence.size ?? { width: 0, height: 0 };
        const info = [
          '[Sequence]',
          `name=${fileNameOf(path) || 'sequence'}`,
          'imDir=img1',
          'frameRate=30',
          `seqLength=${Math.max(0, ...sequence.frames)}`,
          `imWidth=${width}`,
          `imHeight=${height}`,
          `imExt=${sequence.ending}`,
        ];
        if (sequence.size !== null) await output.text(below(path, 'seqinfo.ini'), `${info.join('\n')}\n`);
      }
    },
  });
}

function sequencePath(item: Item, id: string, note: (reason: string) => void): string {
  const at = folderOf(id);
  const path = joinSubset(item.subset, at === '' ? 'x' : `${at}/x`, note);
  return folderOf(path);
}

/** The number in a picture's name where it is one that is free, else the next. */
function frameOf(stem: string, sequence: Sequence): number {
  const own = /^\d{1,9}$/.test(stem) ? Number(stem) : 0;
  let frame = own > 0 && !sequence.frames.has(own) ? own : sequence.last + 1;
  while (sequence.frames.has(frame)) frame += 1;
  sequence.frames.add(frame);
  sequence.last = frame;
  return frame;
}

/** Whole numbers stay; other names of tracks are numbered; -1 is a box of no track. */
function trackOf(value: unknown, sequence: Sequence): number {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  if (typeof number === 'number' && Number.isInteger(number) && number > 0) return number;
  if (value === undefined || value === null || value === -1) return -1;
  const known = sequence.tracks.get(value);
  if (known !== undefined) return known;
  const made = 1_000_000 + sequence.tracks.size;
  sequence.tracks.set(value, made);
  return made;
}

import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFolder, namesIn } from '../../files/folder.ts';
import { jsonEntries } from '../../files/json.ts';
import { fileNameOf, inside, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  noAttributes,
  numberOf,
  ProblemLog,
} from '../../model/index.ts';
import { csvRows } from '../common/csv.ts';

/** A piece of a video. */
interface Clip {
  readonly id: string;
  readonly label: string;
  readonly start: number;
  readonly end: number;
  readonly subset: string;
}

const video = /\.(mp4|mkv|webm|avi|mov|m4v|flv|mpg|mpeg|wmv)$/i;

/** Every field of an object, whatever its name. */
class AnyKey extends Set<string> {
  override has(): boolean {
    return true;
  }
}

type Complain = (file: string, place: string, reason: string) => void;

/** Reads tables with `label,youtube_id,time_start,time_end,split`, or the same as JSON, and finds the videos beside them. */
export async function readKinetics(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const names = (await namesIn(folder)).filter((name) => /\.(csv|json)$/.test(name));
  // Of a table and a list of one name, the table is read: they say the same.
  const files = names.filter((name) => name.endsWith('.csv') || !names.includes(`${stemOf(name)}.csv`));
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no table of videos in ${folder}.`);
  const builder = new CategoryBuilder();
  // What is wrong is told when the items are read.
  for (const file of files)
    for await (const { label } of clipsIn(folder, file, () => undefined)) builder.named(label);
  const complain: Complain = (file, place, reason) => problems.add(file, place, reason);
  return {
    categories: builder.build(),
    media: 'video',
    problems,
    async *items() {
      const videos = new Map<string, Map<string, string>>();
      for (const file of files) {
        for await (const clip of clipsIn(folder, file, complain)) {
          options.signal?.throwIfAborted();
          const below = (await isFolder(safe(folder, clip.subset))) ? clip.subset : '';
          let found = videos.get(below);
          if (found === undefined) {
            found = await videosIn(folder, below);
            videos.set(below, found);
          }
          yield itemOf(clip, found, folder, builder);
        }
      }
    },
  };
}

const safe = (folder: string, name: string): string => {
  try {
    return inside(folder, name);
  } catch {
    return '';
  }
};

async function videosIn(folder: string, below: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const file of filesUnder(folder, below)) {
    if (!video.test(file)) continue;
    const name = stemOf(fileNameOf(file));
    found.set(name, file);
    // Downloaders add the piece's seconds: `<id>_000010_000020`.
    const id = /^(.{11})_\d+_\d+$/.exec(name)?.[1];
    if (id !== undefined && !found.has(id)) found.set(id, file);
  }
  return found;
}

function itemOf(
  clip: Clip,
  videos: ReadonlyMap<string, string>,
  folder: string,
  builder: CategoryBuilder,
): Item {
  const path = videos.get(clip.id);
  const attributes = new Map([
    ['time_start', clip.start],
    ['time_end', clip.end],
  ]);
  return {
    id: clip.id,
    subset: clip.subset,
    media: path === undefined ? null : { kind: 'video', path: inside(folder, path), size: null },
    attributes: noAttributes,
    annotations: [{ type: 'label', id: 0, group: 0, label: builder.find(clip.label)!, attributes }],
  };
}

async function* clipsIn(folder: string, file: string, complain: Complain): AsyncGenerator<Clip> {
  const check = (clip: Clip, place: string): Clip | null => {
    if (clip.id !== '' && clip.label !== '' && Number.isFinite(clip.start) && Number.isFinite(clip.end))
      return clip;
    complain(file, place, 'a video has no name, class or piece of time');
    return null;
  };
  if (file.endsWith('.csv')) {
    const told = (line: number, reason: string): void => complain(file, `line ${line}`, reason);
    for await (const row of csvRows(inside(folder, file), told)) {
      const [start, end] = [numberOf(row.get('time_start')), numberOf(row.get('time_end'))];
      const subset = row.get('split') || stemOf(file);
      const clip = check(
        { id: row.get('youtube_id'), label: row.get('label'), start, end, subset },
        `line ${row.line}`,
      );
      if (clip !== null) yield clip;
    }
    return;
  }
  try {
    for await (const { key, value } of jsonEntries(inside(folder, file), new AnyKey())) {
      const own = isRecord(value) ? value : {};
      const annotations = field(own, 'annotations');
      const label = isRecord(annotations) ? field(annotations, 'label') : undefined;
      const segment = isRecord(annotations) ? field(annotations, 'segment') : undefined;
      const [start, end] = Array.isArray(segment) ? segment.map(numberOf) : [];
      const subset = field(own, 'subset');
      const clip = check(
        {
          id: key,
          label: typeof label === 'string' ? label : '',
          start: start ?? Number.NaN,
          end: end ?? Number.NaN,
          subset: typeof subset === 'string' && subset !== '' ? subset : stemOf(file),
        },
        key,
      );
      if (clip !== null) yield clip;
    }
  } catch (thrown) {
    complain(file, '', reasonOf(thrown));
  }
}

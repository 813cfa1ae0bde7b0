import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, isFile, isFolder, readText } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  type Colour,
  field,
  isRecord,
  ProblemLog,
} from '../../model/index.ts';
import { addClasses, type ClassRow } from '../common/colours.ts';
import { below, imageItem, type SubsetFolder, subsetFolders } from '../common/read.ts';
import type { MapillaryTask } from './index.ts';
import { objectsOf } from './objects.ts';
import { type PanopticPart, readPanopticPart } from './panoptic.ts';

/** A subset in one of the two versions, the newer where both are there. */
interface Part extends SubsetFolder {
  readonly version: 'v2.0' | 'v1.2';
}

/**
 * Reads `[<subset>/]images/` with `v2.0/instances/` (256 × class + object), or `v2.0/polygons/` for pictures that have none
 * there, or `v2.0/panoptic/`; v1.2 as well.
 */
export async function readMapillary(
  folder: string,
  task: MapillaryTask,
  options: ReadOptions = {},
): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts: Part[] = [];
  for (const version of ['v2.0', 'v1.2'] as const) {
    const found = await subsetFolders(folder, (path) => isFolder(inside(path, version)));
    for (const part of found)
      if (!parts.some(({ path }) => path === part.path)) parts.push({ ...part, version });
  }
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder v2.0 or v1.2 in ${folder}.`);
  const has = (part: Part, name: string): Promise<boolean> =>
    isFolder(inside(folder, below(part.path, `${part.version}/${name}`)));
  const panoptic =
    task === 'panoptic' ||
    (task === 'any' && !(await has(parts[0]!, 'instances')) && (await has(parts[0]!, 'panoptic')));
  const builder = new CategoryBuilder();
  if (panoptic) {
    const read: { readonly subset: string; readonly set: PanopticPart }[] = [];
    for (const part of parts) {
      const start = part.path === '' ? '' : `${part.path}/`;
      read.push({
        subset: part.subset,
        set: await readPanopticPart(folder, start, part.version, builder, problems),
      });
    }
    return {
      categories: builder.build(),
      media: 'image',
      problems,
      async *items() {
        for (const { subset, set } of read) yield* set(subset, options.signal);
      },
    };
  }
  const labels = addClasses(builder, await classesOf(folder, parts));
  const categories = builder.build();
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for (const { subset, path, version } of parts) {
        const images = below(path, 'images');
        for await (const file of filesUnder(folder, images)) {
          options.signal?.throwIfAborted();
          if (!isPicture(file)) continue;
          const id = stemOf(file.slice(images.length + 1));
          let annotations: Annotation[] = [];
          for (const own of [`instances/${id}.png`, `polygons/${id}.json`]) {
            const drawn = below(path, `${version}/${own}`);
            if (!(await isFile(inside(folder, drawn)))) continue;
            const complain = (place: string, reason: string): void => problems.add(drawn, place, reason);
            annotations = await objectsOf(inside(folder, drawn), labels, categories, complain);
            break;
          }
          yield await imageItem(folder, file, { id, subset, annotations });
        }
      }
    },
  };
}

/** `{"labels": [{"name": "animal--bird", "color": [165, 42, 42]}, …]}`, their numbers being their places. */
async function classesOf(folder: string, parts: readonly Part[]): Promise<ClassRow[]> {
  for (const { path, version } of parts) {
    for (const place of [below(path, `config_${version}.json`), `config_${version}.json`]) {
      if (!(await isFile(inside(folder, place)))) continue;
      try {
        const parsed = parseLenient(await readText(inside(folder, place)));
        const labels = isRecord(parsed) ? field(parsed, 'labels') : undefined;
        return (Array.isArray(labels) ? labels : []).map((label: unknown, index): ClassRow => {
          const name = isRecord(label) ? field(label, 'name') : undefined;
          const colour = isRecord(label) ? field(label, 'color') : undefined;
          const usable =
            Array.isArray(colour) &&
            colour.length === 3 &&
            colour.every((value) => value >= 0 && value < 256);
          return {
            name: typeof name === 'string' ? name : String(index),
            colour: usable ? (colour as unknown as Colour) : null,
          };
        });
      } catch (thrown) {
        const why = reasonOf(thrown);
        throw new RefineryError('INPUT_CORRUPT', `The list of classes ${place} can't be read: ${why}`);
      }
    }
  }
  throw new RefineryError(
    'INPUT_NOT_FOUND',
    'The file with the classes, config_v2.0.json or config_v1.2.json, is missing.',
    {
      hint: 'It comes with Mapillary Vistas; put it beside the folders of the subsets.',
    },
  );
}

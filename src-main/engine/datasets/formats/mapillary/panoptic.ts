import { RefineryError } from '../../../../contract/errors.ts';
import { isFile } from '../../files/folder.ts';
import { jsonEntries } from '../../files/json.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import {
  type CategoryBuilder,
  type Colour,
  field,
  type Item,
  isRecord,
  numberOf,
  type ProblemLog,
} from '../../model/index.ts';
import { parsePanoptic } from '../coco/panoptic.ts';
import { imageItem } from '../common/read.ts';

/** The items of one subset. */
export type PanopticPart = (subset: string, signal?: AbortSignal) => AsyncGenerator<Item>;

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * One subset of `panoptic_2020.json` (2.0) or `panoptic_2018.json` (1.2), which is COCO's panoptic file with colours.
 *
 * @param start the subset's folder with its slash, or empty.
 */
export async function readPanopticPart(
  folder: string,
  start: string,
  version: 'v2.0' | 'v1.2',
  builder: CategoryBuilder,
  problems: ProblemLog,
): Promise<PanopticPart> {
  const drawn = `${start}${version}/panoptic`;
  const file = `${drawn}/panoptic_${version === 'v2.0' ? 2020 : 2018}.json`;
  const path = inside(folder, file);
  if (!(await isFile(path))) throw new RefineryError('INPUT_NOT_FOUND', `There is no file ${path}.`);
  const labels = new Map<unknown, number>();
  const images = new Map<
    unknown,
    { readonly name: string; readonly width: number; readonly height: number }
  >();
  const add = builder.scope();
  for await (const { key, value } of jsonEntries(path, new Set(['categories', 'images']))) {
    if (!isRecord(value)) continue;
    if (key === 'images') {
      const [width, height] = [numberOf(field(value, 'width')), numberOf(field(value, 'height'))];
      images.set(field(value, 'id'), { name: text(field(value, 'file_name')), width, height });
      continue;
    }
    const label = add({
      name: text(field(value, 'name')),
      parent: text(field(value, 'supercategory')),
      attributes: [],
    });
    const colour = field(value, 'color');
    if (Array.isArray(colour) && colour.length === 3)
      builder.colour(label, colour.map(numberOf) as unknown as Colour);
    labels.set(field(value, 'id'), label);
  }
  return async function* (subset, signal) {
    for await (const { value, index } of jsonEntries(path, new Set(['annotations']))) {
      signal?.throwIfAborted();
      const place = `annotations[${index}]`;
      const image = isRecord(value) ? images.get(field(value, 'image_id')) : undefined;
      const mask = isRecord(value) ? safeRelative(text(field(value, 'file_name'))) : null;
      const name = safeRelative(image?.name ?? '');
      if (!isRecord(value) || mask === null || name === null) {
        problems.add(file, place, "there is no picture for it, or a path leaves the set's folder");
        continue;
      }
      const { width = 0, height = 0 } = image ?? {};
      const size = width > 0 && height > 0 ? { width, height } : null;
      const item = { id: String(field(value, 'image_id')), subset };
      try {
        const parsed = await parsePanoptic(value, inside(folder, `${drawn}/${mask}`), (id) => labels.get(id));
        for (const reason of parsed.problems) problems.add(file, place, reason);
        yield await imageItem(
          folder,
          `${start}images/${name}`,
          { ...item, annotations: parsed.annotations },
          size,
        );
      } catch (thrown) {
        problems.add(file, place, reasonOf(thrown));
        yield await imageItem(folder, `${start}images/${name}`, { ...item, annotations: [] }, size);
      }
    }
  };
}

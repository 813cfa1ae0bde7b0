import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, readText } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { folderOf, inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { boundsOf, expandCounts } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  attributesOf,
  fault,
  field,
  type Item,
  isRecord,
  type Mask,
  noCategories,
  numberOf,
  ProblemLog,
  wholeOf,
} from '../../model/index.ts';
import { below, boxBetween, imageItem, plainShape, take } from '../common/read.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What is said of a mask, with what it is where nothing is said. */
export const qualities: readonly (readonly [name: string, missing: AttributeValue])[] = [
  ['predicted_iou', 0],
  ['stability_score', 0],
  ['point_coords', [[]]],
  ['crop_box', []],
];

/** Reads a JSON file for each picture, which lies beside it: `{"image": {…}, "annotations": [{"segmentation": {…}}]}`. */
export async function readSegmentAnything(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  let some = false;
  for await (const file of filesUnder(folder)) {
    some = file.endsWith('.json');
    if (some) break;
  }
  if (!some) throw new RefineryError('INPUT_NOT_FOUND', `There is no JSON file in ${folder}.`);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for await (const file of filesUnder(folder)) {
        options.signal?.throwIfAborted();
        if (!file.endsWith('.json')) continue;
        const complain = (place: string, reason: string): void => problems.add(file, place, reason);
        try {
          const parsed = parseLenient(await readText(inside(folder, file)));
          const image = isRecord(parsed) ? field(parsed, 'image') : undefined;
          if (isRecord(parsed) && isRecord(image)) yield await itemOf(folder, file, image, parsed, complain);
          else complain('', 'there is no picture in it');
        } catch (thrown) {
          complain('', reasonOf(thrown));
        }
      }
    },
  };
}

function itemOf(
  folder: string,
  file: string,
  image: Fields,
  parsed: Fields,
  complain: (place: string, reason: string) => void,
): Promise<Item> {
  const given = field(image, 'file_name');
  const name = typeof given === 'string' ? safeRelative(given) : null;
  if (name === null) complain('image', "the picture's name is missing or leaves the set's folder");
  const path = below(folderOf(file), name ?? `${stemOf(file).split('/').at(-1)!}.jpg`);
  const [width, height] = [numberOf(field(image, 'width')), numberOf(field(image, 'height'))];
  const size = width > 0 && height > 0 ? { width, height } : null;
  const annotations: Annotation[] = [];
  const objects = field(parsed, 'annotations');
  for (const [index, object] of (Array.isArray(objects) ? objects : []).entries()) {
    const place = `annotations[${index}]`;
    if (isRecord(object)) {
      for (const made of partsOf(object)) take(made, annotations, (reason) => complain(place, reason));
    } else complain(place, 'it is no object');
  }
  const attributes = attributesOf(
    field(image, 'image_id') === undefined ? {} : { id: field(image, 'image_id') },
  );
  return imageItem(folder, path, { id: stemOf(path), subset: 'default', annotations }, size, attributes);
}

/** The mask of an object and the box around it, or what is wrong. */
function partsOf(object: Fields): (Annotation | string)[] {
  const id = wholeOf(field(object, 'id'), 0);
  const own = attributesOf(object);
  const attributes = new Map(qualities.map(([name, missing]) => [name, own.get(name) ?? missing]));
  const shape = plainShape(null, attributes, id, id);
  const segmentation = field(object, 'segmentation');
  const given = isRecord(segmentation) ? field(segmentation, 'counts') : undefined;
  const counts =
    typeof given === 'string' ? expandCounts(given) : Array.isArray(given) ? given.map(numberOf) : null;
  const sides = isRecord(segmentation) ? field(segmentation, 'size') : undefined;
  if (counts === null || !Array.isArray(sides)) return ['mask: the run lengths are missing or damaged'];
  const [height, width] = sides.map(numberOf);
  const mask: Mask = { ...shape, type: 'mask', width: width!, height: height!, counts };
  const wrong = fault(mask);
  if (wrong !== null) return [`mask: ${wrong}`];
  const box = field(object, 'bbox');
  const bounds = boundsOf(mask);
  if (Array.isArray(box) && box.length === 4) {
    const [x, y, across, down] = box.map(numberOf);
    return [mask, boxBetween(shape, x!, y!, x! + across!, y! + down!)];
  }
  return bounds === null ? [mask] : [mask, { ...shape, type: 'box', ...bounds }];
}

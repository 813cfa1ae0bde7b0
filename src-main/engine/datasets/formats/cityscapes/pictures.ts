import { readText } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { reasonOf } from '../../files/reasons.ts';
import {
  type Annotation,
  type Categories,
  field,
  isRecord,
  noAttributes,
  numberOf,
} from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { readGrey } from '../common/masks.ts';
import { plainShape, take } from '../common/read.ts';

/** Files with annotations of one picture, the richest first: only one of them is read, as all say the same. */
export const kinds = ['instanceIds', 'labelIds', 'labelTrainIds', 'polygons'] as const;

export type Kind = (typeof kinds)[number];

/** Numbers of objects start here: 1000 × class + object. Below, a number is a class. */
export const perClass = 1000;

type Complain = (place: string, reason: string) => void;

export async function annotationsOf(
  path: string,
  kind: Kind,
  labels: readonly number[],
  categories: Categories,
  trained: boolean,
  complain: Complain,
): Promise<Annotation[]> {
  try {
    if (kind === 'polygons') return polygonsOf(await readText(path), categories, complain);
    const { width, height, values } = await readGrey(path);
    const numbers = kind === 'labelTrainIds' && trained ? shifted(values) : values;
    const annotations: Annotation[] = [];
    const found = [...splitByNumber(numbers, width, height)].sort(([a], [b]) => a - b);
    for (const [value, counts] of found) {
      const number = trained ? value - 1 : value >= perClass ? Math.floor(value / perClass) : value;
      const label = labels[number];
      if (label === undefined) {
        complain(`class ${number}`, 'there is no class of this number');
        continue;
      }
      // A number of its own makes an object of it; a class's number is a region that may hold several.
      const attributes = value >= perClass ? new Map([['is_crowd', false]]) : noAttributes;
      const id = annotations.length + 1;
      annotations.push({ ...plainShape(label, attributes, id), type: 'mask', width, height, counts });
    }
    return annotations;
  } catch (thrown) {
    complain('', reasonOf(thrown));
    return [];
  }
}

/** Numbers of trained classes begin with 0, which is nothing elsewhere, and 255 is none of them. */
const shifted = (values: Uint8Array | Uint16Array): Uint16Array =>
  Uint16Array.from(values, (value) => (value === 255 ? 0 : value + 1));

/** `{"objects": [{"label": "car", "polygon": [[x, y], …]}]}`, from the lowest to the highest. */
function polygonsOf(text: string, categories: Categories, complain: Complain): Annotation[] {
  const parsed = parseLenient(text);
  const objects = isRecord(parsed) ? field(parsed, 'objects') : undefined;
  const annotations: Annotation[] = [];
  for (const [index, object] of (Array.isArray(objects) ? objects : []).entries()) {
    const place = `objects[${index}]`;
    const name = isRecord(object) ? field(object, 'label') : undefined;
    const ring = isRecord(object) ? field(object, 'polygon') : undefined;
    if (typeof name !== 'string' || !Array.isArray(ring)) {
      complain(place, 'an object has no class or no outline');
      continue;
    }
    // A name that ends with `group` is a region of several objects of the class.
    const group = name.endsWith('group') && !categories.labels.some((label) => label.name === name);
    const own = group ? name.slice(0, -'group'.length) : name;
    const label = categories.labels.findIndex((entry) => entry.name === own);
    if (label < 0) {
      complain(place, `there is no class ${own}`);
      continue;
    }
    const points = ring.flatMap((pair) =>
      Array.isArray(pair) ? pair.slice(0, 2).map(numberOf) : [Number.NaN],
    );
    const attributes = new Map([['is_crowd', group]]);
    const shape = { ...plainShape(label, attributes, index + 1), zOrder: index };
    take({ ...shape, type: 'polygon', points }, annotations, (reason) => complain(place, reason));
  }
  return annotations;
}

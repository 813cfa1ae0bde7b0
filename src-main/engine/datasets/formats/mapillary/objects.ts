import { readText } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { reasonOf } from '../../files/reasons.ts';
import { type Annotation, type Categories, field, isRecord, numberOf } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { readGrey } from '../common/masks.ts';
import { plainShape, take } from '../common/read.ts';

type Complain = (place: string, reason: string) => void;

/** Objects of a picture from its mask picture (256 × class + object, 0 of class 0 being one, too) or its outlines. */
export async function objectsOf(
  path: string,
  labels: readonly number[],
  categories: Categories,
  complain: Complain,
): Promise<Annotation[]> {
  try {
    return path.endsWith('.json')
      ? outlinesOf(parseLenient(await readText(path)), categories, complain)
      : await masksOf(path, labels, complain);
  } catch (thrown) {
    complain('', reasonOf(thrown));
    return [];
  }
}

async function masksOf(path: string, labels: readonly number[], complain: Complain): Promise<Annotation[]> {
  const { width, height, values } = await readGrey(path);
  const annotations: Annotation[] = [];
  const raised = Int32Array.from(values, (value) => value + 1);
  for (const [number, counts] of splitByNumber(raised, width, height)) {
    const value = number - 1;
    const label = labels[value >> 8];
    if (label === undefined) complain(`class ${value >> 8}`, 'there is no class of this number');
    else
      annotations.push({ ...plainShape(label, undefined, value & 255), type: 'mask', width, height, counts });
  }
  return annotations;
}

function outlinesOf(parsed: unknown, { labels }: Categories, complain: Complain): Annotation[] {
  const objects = isRecord(parsed) ? field(parsed, 'objects') : undefined;
  const annotations: Annotation[] = [];
  for (const [index, object] of (Array.isArray(objects) ? objects : []).entries()) {
    const place = `objects[${index}]`;
    const name = isRecord(object) ? field(object, 'label') : undefined;
    const ring = isRecord(object) ? field(object, 'polygon') : undefined;
    const label = labels.findIndex((entry) => entry.name === name);
    if (label < 0 || !Array.isArray(ring)) {
      complain(place, 'an object has no class that is known, or no outline');
      continue;
    }
    const points = ring.flatMap((pair) =>
      Array.isArray(pair) ? pair.slice(0, 2).map(numberOf) : [Number.NaN],
    );
    take({ ...plainShape(label), type: 'polygon', points }, annotations, (reason) => complain(place, reason));
  }
  return annotations;
}

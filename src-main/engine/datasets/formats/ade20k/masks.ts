import { isFile } from '../../files/folder.ts';
import { folderOf, inside, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { encodeBitmap } from '../../masks.ts';
import type { Annotation, Mask } from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { readBitmap } from '../common/masks.ts';
import { readPainted } from '../common/paint.ts';
import { below, plainShape, take } from '../common/read.ts';
import type { AdeObject } from './objects.ts';

type Complain = (file: string, place: string, reason: string) => void;

const shapeOf = ({ id, level, name, attributes }: AdeObject, labelOf: (name: string) => number) => ({
  ...plainShape(labelOf(name), attributes, id, id),
  zOrder: level,
});

/**
 * `<picture>_seg.png` for objects and `<picture>_parts_<level>.png` for their parts: the numbers of objects are the
 * places of the blue channel's values among all that are there, 0 being none.
 */
export async function masksOf2017(
  folder: string,
  picture: string,
  objects: readonly AdeObject[],
  labelOf: (name: string) => number,
  complain: Complain,
): Promise<Annotation[]> {
  const annotations: Annotation[] = [];
  for (const [level, ofLevel] of [...Map.groupBy(objects, (object) => object.level)].sort(
    ([a], [b]) => a - b,
  )) {
    const file = `${stemOf(picture)}${level === 0 ? '_seg' : `_parts_${level}`}.png`;
    try {
      const { width, height, values } = await readPainted(
        inside(folder, file),
        ([, , blue]) => blue,
        (value) => value,
      );
      const byNumber = splitByNumber(values, width, height);
      const order = [...byNumber.keys()].sort((a, b) => a - b);
      for (const object of ofLevel) {
        const counts = byNumber.get(order[object.id - 1] ?? -1);
        if (counts === undefined) complain(file, `object ${object.id}`, 'nothing of it is to be seen');
        else annotations.push({ ...shapeOf(object, labelOf), type: 'mask', width, height, counts });
      }
    } catch (thrown) {
      complain(file, '', reasonOf(thrown));
    }
  }
  return annotations;
}

/** An object's own mask picture and its outline; the pictures of classes say nothing beyond them and are not read. */
export async function masksOf2020(
  folder: string,
  picture: string,
  objects: readonly AdeObject[],
  labelOf: (name: string) => number,
  complain: Complain,
): Promise<Annotation[]> {
  const annotations: Annotation[] = [];
  for (const object of objects) {
    const shape = shapeOf(object, labelOf);
    const file = object.mask === null ? null : below(folderOf(picture), object.mask);
    let found = false;
    try {
      if (file !== null && (await isFile(inside(folder, file)))) {
        const { width, height, bitmap } = await readBitmap(inside(folder, file), null);
        const mask: Mask = {
          ...shape,
          type: 'mask',
          width,
          height,
          counts: encodeBitmap(bitmap, width, height),
        };
        annotations.push(mask);
        found = true;
      }
    } catch (thrown) {
      complain(file!, '', reasonOf(thrown));
    }
    if (object.ring.length >= 6) {
      take({ ...shape, type: 'polygon', points: object.ring }, annotations, (reason) =>
        complain(picture, `object ${object.id}`, reason),
      );
    } else if (!found) complain(picture, `object ${object.id}`, 'it has neither a mask nor an outline');
  }
  return annotations;
}

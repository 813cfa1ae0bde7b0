import { flat, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { areaOf, boundsOf, compressCounts, unionOf } from '../../masks.ts';
import { type Annotation, numberOf } from '../../model/index.ts';
import { UniqueNumbers } from '../coco/numbers.ts';
import { objectsOf } from '../coco/objects.ts';
import { type Work, writeSet } from '../common/write.ts';
import { noteClasses } from '../icdar/classes.ts';
import { qualities } from './read.ts';

/** Writes `<picture>.json` beside each picture. Folders in names become `__`, as this format has none. */
export function writeSegmentAnything(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const images = new UniqueNumbers();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ name }) => flat(name),
    async each(work) {
      const { item, id, name, size, annotations, output, note } = work;
      if (id.includes('/')) note('folders in the name become __');
      noteClasses(annotations, note);
      const used = new UniqueNumbers();
      const image = {
        image_id: images.take(numberOf(item.attributes.get('id'))),
        file_name: flat(name),
        ...(size === null ? {} : { height: size.height, width: size.width }),
      };
      const objects = objectsOf(annotations).flatMap((parts) => entriesOf(parts, used, work));
      await output.text(`${stemOf(flat(name))}.json`, `${JSON.stringify({ image, annotations: objects })}\n`);
    },
  });
}

function entriesOf(parts: readonly Annotation[], used: UniqueNumbers, { lose }: Work): object[] {
  const masks = parts.filter((part) => part.type === 'mask');
  const boxes = parts.filter((part) => part.type === 'box');
  const [first] = masks;
  if (first === undefined) {
    for (const _ of boxes) lose('a box without a mask: this format has boxes of masks only');
    return [];
  }
  const { width, height } = first;
  const same = masks.filter((mask) => mask.width === width && mask.height === height);
  for (const _ of [...masks.slice(same.length), ...boxes.slice(1)])
    lose('a part of an object that has no place');
  for (const _ of same.slice(1)) lose('a part of a mask of several parts becomes one with the rest');
  const counts = unionOf(
    same.map((mask) => mask.counts),
    width,
    height,
  );
  const box = boxes[0] ?? boundsOf({ counts, height });
  return [
    {
      id: used.take(first.group === 0 ? first.id : first.group),
      segmentation: { size: [height, width], counts: compressCounts(counts) },
      bbox: box === null ? [] : [box.x, box.y, box.width, box.height],
      area: areaOf(counts),
      ...Object.fromEntries(
        qualities.map(([name, missing]) => [name, first.attributes.get(name) ?? missing]),
      ),
    },
  ];
}

import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import type { AttributeValue, Mask } from '../../model/index.ts';
import { namesText } from '../common/lines.ts';
import { grey16Png, loseCovered } from '../common/masks.ts';
import { writeSet } from '../common/write.ts';
import { perClass } from './mots-read.ts';

/** Classes and tracks that 16 bits can hold. */
const mostClasses = Math.floor(65_535 / perClass) - 1;

/** Writes `<subset>/instances/<id>.png` and `<subset>/images/`. Higher masks cover lower ones. */
export function writeMots(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const subsets = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `${item.subset}/images/${name}`,
    async each({ item, id, annotations, output, lose }) {
      subsets.add(item.subset);
      const masks = annotations
        .filter((part) => part.type === 'mask')
        .toSorted((a, b) => a.zOrder - b.zOrder);
      const [first] = masks;
      if (first === undefined) return;
      const { width, height } = first;
      const values = new Uint16Array(width * height);
      const taken = new Set<number>();
      for (const mask of masks) {
        const number = numberFor(mask, taken);
        if (typeof number === 'string' || mask.width !== width || mask.height !== height) {
          lose(typeof number === 'string' ? number : 'a mask of another size');
          continue;
        }
        taken.add(number);
        const bitmap = decodeBitmap(mask.counts, width, height);
        for (let place = 0; place < bitmap.length; place += 1)
          if (bitmap[place] === 1) values[place] = number;
      }
      loseCovered(taken, values, lose);
      await output.bytes(`${item.subset}/instances/${id}.png`, await grey16Png(values, { width, height }));
    },
    async finish(output) {
      for (const subset of subsets) await output.text(`${subset}/instances/labels.txt`, namesText(labels));
    },
  });
}

function numberFor(mask: Mask, taken: ReadonlySet<number>): number | string {
  if (mask.label === null || mask.label >= mostClasses)
    return 'a mask without a class, or of one beyond the 64th';
  const base = (mask.label + 1) * perClass;
  const track = wholeTrack(mask.attributes.get('track_id'));
  if (track !== null && !taken.has(base + track)) return base + track;
  // The parts of one object in several masks, and masks without a track, get the next number that is free.
  for (let next = 1; next < perClass; next += 1) if (!taken.has(base + next)) return base + next;
  return 'more than 999 masks of one class';
}

function wholeTrack(value: AttributeValue | undefined): number | null {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && number > 0 && number < perClass
    ? number
    : null;
}

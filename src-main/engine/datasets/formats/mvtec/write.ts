import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import type { Annotation, Size } from '../../model/index.ts';
import { oneLine } from '../common/lines.ts';
import { grey8Png } from '../common/paint.ts';
import { type Work, writeSet } from '../common/write.ts';
import { maskFolder } from './read.ts';

/** The folder of pictures without a class; when it is read, it is one. */
const noLabel = 'no_label';

const folderName = (name: string): string => {
  const safe = oneLine(name)
    .replace(/[\\/\0]/g, '_')
    .trim();
  return safe === '' || safe.startsWith('.') || safe === maskFolder ? `_${safe}` : safe;
};

/** Writes `<subset>/<class>/` and `ground_truth/<class>/`. */
export function writeMvtec(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const names = dataset.categories.labels.map(({ name }) => folderName(name));
  const masks = new Set<string>();
  const pathOf = (work: Work): string => {
    const label = labelOf(work.annotations);
    const name = label === null ? noLabel : names[label]!;
    return work.id.startsWith(`${name}/`) ? work.id : `${name}/${work.id}`;
  };
  return writeSet(dataset, folder, abilities, options, {
    picture: (work) => `${work.item.subset}/${pathOf(work)}${endingOf(work.name)}`,
    async each(work) {
      const { annotations, output, size, lose, note } = work;
      const label = labelOf(annotations);
      if (label === null)
        note(`a picture without a class is put under ${noLabel}, which is a class when it is read`);
      const drawn: Annotation[] = [];
      let marked = false;
      for (const part of annotations) {
        if (!('label' in part)) continue;
        if (part.label !== label)
          lose('an annotation of another class than the picture: its folder says one');
        else if (part.type !== 'label') drawn.push(part);
        else if (marked) lose('a class that the picture has already');
        else marked = true;
      }
      if (marked && drawn.length > 0 && abilities.types.includes('box'))
        lose('the class of the picture, which its boxes say already');
      if (drawn.length === 0) return;
      const path = `${maskFolder}/${pathOf(work)}_mask.png`;
      if (masks.has(path)) {
        for (const _ of drawn) lose('the mask of another subset has this name: masks have no subsets');
        return;
      }
      const painted = size === null ? null : paint(drawn, size, lose);
      if (size === null) for (const _ of drawn) lose("the picture's size is not known");
      if (painted === null) return;
      masks.add(path);
      await output.bytes(path, await grey8Png(painted));
    },
  });
}

/** The class of the shapes, or that of the picture. */
function labelOf(annotations: readonly Annotation[]): number | null {
  const all = annotations.filter((part) => 'label' in part && part.label !== null);
  const own = all.find(({ type }) => type !== 'label') ?? all[0];
  return own !== undefined && 'label' in own ? own.label : null;
}

/** White for a mask, and for each further box the next darker value, so that they can be told apart. */
function paint(
  parts: readonly Annotation[],
  size: Size,
  lose: (reason: string) => void,
): (Size & { readonly values: Int32Array }) | null {
  const { width, height } = size;
  const values = new Int32Array(width * height);
  let value = 255;
  for (const [index, part] of parts.entries()) {
    if (part.type === 'mask') {
      if (part.width !== width || part.height !== height) {
        lose('a mask of another size than its picture');
        continue;
      }
      if (index > 0) lose('a mask joins another of its picture');
      const bitmap = decodeBitmap(part.counts, width, height);
      for (let place = 0; place < bitmap.length; place += 1) if (bitmap[place] === 1) values[place] = 255;
    } else if (part.type === 'box') {
      if (value === 0) {
        lose('more than 255 boxes of a picture');
        continue;
      }
      const clamp = (at: number, most: number): number => Math.min(Math.max(at, 0), most);
      const [left, right] = [clamp(Math.floor(part.x), width), clamp(Math.ceil(part.x + part.width), width)];
      const [top, bottom] = [
        clamp(Math.floor(part.y), height),
        clamp(Math.ceil(part.y + part.height), height),
      ];
      for (let y = top; y < bottom; y += 1) values.fill(value, y * width + left, y * width + right);
      value -= 1;
    }
  }
  const left = new Set(values);
  for (let own = 255; own > value; own -= 1) if (!left.has(own)) lose('a box that others cover as a whole');
  return left.size > 1 || !left.has(0) ? { ...size, values } : null;
}

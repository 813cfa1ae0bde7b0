import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import type { Annotation, Size } from '../../model/index.ts';
import { oneLine } from '../common/lines.ts';
import { loseCovered } from '../common/masks.ts';
import { grey8Png } from '../common/paint.ts';
import { type Work, writeSet } from '../common/write.ts';
import { type MvtecTask, maskFolder } from './read.ts';

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
  task: MvtecTask,
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
        if (part.label === null) lose('a shape without a class');
        else if (part.label !== label)
          lose('an annotation of another class than the picture: its folder says one');
        else if (part.type !== 'label') drawn.push(part);
        else if (marked) lose('a class that the picture has already');
        else marked = true;
      }
      if (marked && drawn.length > 0 && task !== 'all')
        lose('the class of the picture, which its shapes say already');
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

/**
 * White for a mask, and for each further box the next darker value, so that they can be told apart. Small boxes lie over
 * large ones; those of which nothing is left are told.
 */
function paint(
  parts: readonly Annotation[],
  size: Size,
  lose: (reason: string) => void,
): (Size & { readonly values: Int32Array }) | null {
  const { width, height } = size;
  const values = new Int32Array(width * height);
  const boxes = parts.filter((part) => part.type === 'box');
  boxes.sort((a, b) => b.width * b.height - a.width * a.height);
  for (const _ of boxes.slice(255)) lose('more than 255 boxes of a picture');
  for (const [index, box] of boxes.slice(0, 255).entries()) {
    const clamp = (at: number, most: number): number => Math.min(Math.max(at, 0), most);
    const [left, right] = [clamp(Math.floor(box.x), width), clamp(Math.ceil(box.x + box.width), width)];
    const [top, bottom] = [clamp(Math.floor(box.y), height), clamp(Math.ceil(box.y + box.height), height)];
    for (let y = top; y < bottom; y += 1) values.fill(255 - index, y * width + left, y * width + right);
  }
  loseCovered(
    boxes.slice(0, 255).map((_, index) => 255 - index),
    values,
    lose,
    'a box',
  );
  let drawn = 0;
  for (const mask of parts) {
    if (mask.type !== 'mask') continue;
    if (mask.width !== width || mask.height !== height) {
      lose('a mask of another size than its picture');
      continue;
    }
    if (drawn > 0) lose('a mask joins another of its picture');
    drawn += 1;
    const bitmap = decodeBitmap(mask.counts, width, height);
    for (let place = 0; place < bitmap.length; place += 1) if (bitmap[place] === 1) values[place] = 255;
  }
  return values.some((entry) => entry !== 0) ? { ...size, values } : null;
}

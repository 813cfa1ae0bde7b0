import type { OutputFolder } from '../../files/output.ts';
import { decodeBitmap } from '../../masks.ts';
import { type Annotation, type Item, isCrowd, type ProblemLog } from '../../model/index.ts';
import { UniqueNumbers } from './numbers.ts';
import { writePanoptic } from './panoptic.ts';

/** Writes an item's panoptic picture. @returns its entry in `annotations`, or null for an item without masks. */
export async function segmentsOf(
  output: OutputFolder,
  item: Item,
  image: number,
  parts: readonly Annotation[],
  categoryIds: readonly number[],
  problems: ProblemLog,
): Promise<object | null> {
  const masks = parts.filter((part) => part.type === 'mask').toSorted((a, b) => a.zOrder - b.zOrder);
  const first = masks[0];
  if (first === undefined) return null;
  const { width, height } = first;
  const numbers = new UniqueNumbers();
  const segments: { number: number; bitmap: Uint8Array; category: number; crowd: number }[] = [];
  for (const mask of masks) {
    const category = mask.label === null ? undefined : categoryIds[mask.label];
    if (mask.width !== width || mask.height !== height || category === undefined) {
      problems.addLoss(item, 'a mask has another size than the rest, or no class');
      continue;
    }
    const crowd = isCrowd(mask.attributes) ? 1 : 0;
    const bitmap = decodeBitmap(mask.counts, width, height);
    segments.push({ number: numbers.take(mask.id), bitmap, category, crowd });
  }
  const name = `${item.id}.png`;
  const file_name = name;
  await output.bytes(
    `annotations/panoptic_${item.subset}/${name}`,
    await writePanoptic(segments, width, height),
  );
  // What later ones cover is not theirs any more: area and box are of what can be seen.
  const covered = new Uint8Array(width * height);
  const infos: object[] = [];
  for (const { number, bitmap, category, crowd } of segments.toReversed()) {
    let [area, left, top, right, bottom] = [0, width, height, -1, -1];
    for (let place = 0; place < bitmap.length; place += 1) {
      if (bitmap[place] === 0 || covered[place] === 1) continue;
      covered[place] = 1;
      area += 1;
      const x = place % width;
      const y = Math.floor(place / width);
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = Math.max(bottom, y);
    }
    if (area === 0) {
      problems.addLoss(item, 'a segment is covered as a whole and left out');
      continue;
    }
    const bbox = [left, top, right - left + 1, bottom - top + 1];
    infos.unshift({ id: number, category_id: category, area, bbox, iscrowd: crowd });
  }
  return { image_id: image, file_name, segments_info: infos };
}

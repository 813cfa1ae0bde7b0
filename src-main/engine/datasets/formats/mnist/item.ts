import type { Annotation, Item, Size } from '../../model/index.ts';
import { noAttributes } from '../../model/index.ts';
import { type InnerPictures, pngOf } from '../common/pictures.ts';
import { none } from './classes.ts';

/** What is noted of a picture besides: Datumaro's addition, for names and sizes that MNIST has no place for. */
interface Noted {
  readonly id: string;
  readonly size: Size | null;
}

/** `id`, `height, width`, or `id, height, width`. */
export function notedFrom(fields: readonly string[] | undefined, index: number, usual: Size): Noted {
  const all = fields ?? [];
  const id = all.length === 1 || all.length === 3 ? all[0]! : String(index);
  if (all.length < 2) return { id, size: usual };
  const [height, width] = all.slice(-2).map(Number) as [number, number];
  const usable = Number.isInteger(width) && Number.isInteger(height) && width >= 0 && height >= 0;
  return { id, size: usable && width * height < 2 ** 28 ? { width, height } : null };
}

/** An item of a class's number and its grey pixels, which may be missing. */
export async function mnistItem(
  { id, size }: Noted,
  subset: string,
  number: number,
  classes: number,
  pixels: Uint8Array | null,
  pictures: InnerPictures,
  complain: (reason: string) => void,
): Promise<Item> {
  const annotations: Annotation[] = [];
  if (number < classes) {
    annotations.push({ type: 'label', id: 0, group: 0, label: number, attributes: noAttributes });
  } else if (number !== none) complain(`there is no class ${number}`);
  const item = { id, subset, attributes: noAttributes, annotations };
  if (pixels === null || size === null || size.width * size.height === 0) return { ...item, media: null };
  try {
    const path = await pictures.at(`${subset}/${id}.png`, () => pngOf(pixels, size, 1));
    return { ...item, media: { kind: 'image', path, size } };
  } catch {
    complain('the picture has a name that no file can have');
    return { ...item, media: null };
  }
}

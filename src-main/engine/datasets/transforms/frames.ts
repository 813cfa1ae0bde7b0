import { pictureSize } from '../files/folder.ts';
import { sharp } from '../files/sharp.ts';
import type { Dataset } from '../format.ts';
import type { Item, Size } from '../model/index.ts';
import { placed } from './geometry.ts';

/** An item whose annotations lie where they belong on its picture as it is read. */
export interface Framed {
  readonly item: Item;
  /** The picture's size as it is read. */
  readonly size: Size;
  /** Whether it is to be turned by EXIF: not where the annotations are for the picture as it is stored. */
  readonly upright: boolean;
}

/** What becomes of an item whose annotations are for another picture. */
type Fate = 'left out' | 'left as it is';

const sizeText = ({ width, height }: Size): string => `${width} × ${height}`;
const same = (one: Size, other: Size): boolean => one.width === other.width && one.height === other.height;
const swapped = ({ width, height }: Size): Size => ({ width: height, height: width });

/** Whether the sides have the same ratio, for which a pixel more or less is rounding. */
function isScaled(one: Size, other: Size): boolean {
  const apart = Math.abs(one.width * other.height - other.width * one.height);
  return apart <= Math.max(one.width, one.height, other.width, other.height);
}

/** An EXIF orientation, 1 to 8; 1 where the picture has none or can't be read. */
export async function orientationOf(path: string): Promise<number> {
  try {
    return (await sharp(path).metadata()).orientation ?? 1;
  } catch {
    return 1;
  }
}

/**
 * Compares the size that an item's annotations are for with its picture's. Tools write the size and coordinates of the
 * picture as it is stored, before EXIF turns it; others give out a picture in several sizes with the annotations of one.
 * Cut or enlarged by the size that the annotations say, such a picture would show something else than they mean.
 *
 * @param fate said of an item whose picture fits its annotations in no way.
 * @returns null where it can't be known what lies where, which is told.
 */
export async function framed(item: Item, problems: Dataset['problems'], fate: Fate): Promise<Framed | null> {
  const media = item.media!;
  const shown = await pictureSize(media.path);
  const said = media.size;
  if (shown === null && said === null) {
    problems.add(item.id, '', `${fate}: without its picture's size it can't be made anew`);
    return null;
  }
  // Without its picture, all that is known is what the annotations say.
  if (shown === null || said === null || same(shown, said)) {
    const size = (shown ?? said)!;
    return { item: { ...item, media: { ...media, size } }, size, upright: true };
  }
  const stored = (await orientationOf(media.path)) >= 5 ? swapped(shown) : null;
  if (stored !== null && same(stored, said)) return { item, size: said, upright: false };
  const sizes = [
    { size: shown, upright: true },
    ...(stored === null ? [] : [{ size: stored, upright: false }]),
  ];
  const fitting = sizes.find(({ size }) => isScaled(size, said));
  const found = `the picture is ${sizeText(shown)}, its annotations are for ${sizeText(said)}`;
  if (fitting === undefined) {
    problems.add(item.id, '', `${fate}: ${found}`);
    return null;
  }
  problems.add(item.id, '', `${found}, and are scaled`);
  const { size, upright } = fitting;
  const placement = {
    scaleX: size.width / said.width,
    scaleY: size.height / said.height,
    moveX: 0,
    moveY: 0,
  };
  const annotations = item.annotations.map((annotation) => placed(annotation, placement, size));
  return { item: { ...item, annotations, media: { ...media, size } }, size, upright };
}

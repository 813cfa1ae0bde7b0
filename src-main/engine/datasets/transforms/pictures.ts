import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Sharp } from 'sharp';
import { z } from 'zod';
import { toErrorValue } from '../../../contract/errors.ts';
import { pictureSize } from '../files/folder.ts';
import { endingOf } from '../files/paths.ts';
import { sharp } from '../files/sharp.ts';
import type { Dataset } from '../format.ts';
import type { Annotation, AttributeValue, Item, Size } from '../model/index.ts';
import { clipped, type Placement, placed } from './geometry.ts';
import { defineTransform, mapItems, type TransformContext } from './transform.ts';
import { tileNames } from './untile.ts';

const Side = z.number().int().min(1).max(65_535);

/** A picture to be made of an item's: the part that is taken, what it is enlarged to, and where it lies in the new one. */
interface Plan {
  readonly size: Size;
  readonly part: { readonly left: number; readonly top: number } & Size;
  /** The part's size in the new picture, and where it lies in it. */
  readonly inner: { readonly left: number; readonly top: number } & Size;
}

/** How a size is written back: lossless where the source's ending can be, else at high quality. */
const qualities = { jpeg: { quality: 95 }, webp: { quality: 95 }, avif: { quality: 90 } } as const;

/** The item with the planned picture, its annotations moved alike. Null where its picture's size can't be known. */
async function remade(
  item: Item,
  plan: Plan,
  context: TransformContext,
  least: number,
  problems: Dataset['problems'],
): Promise<Item> {
  const { size, part, inner } = plan;
  const scaleX = inner.width / part.width;
  const scaleY = inner.height / part.height;
  const placement: Placement = {
    scaleX,
    scaleY,
    moveX: inner.left - part.left * scaleX,
    moveY: inner.top - part.top * scaleY,
  };
  const annotations = item.annotations.map((annotation) => placed(annotation, placement, size));
  const whole = part.left === 0 && part.top === 0 && samePart(part, item.media!.size!);
  return {
    ...item,
    media: { ...item.media!, size, path: await picture(item, plan, context, problems) },
    // A whole picture has nothing cut off, and coordinates outside it are the source's.
    annotations: whole ? annotations : annotations.flatMap((annotation) => clipped(annotation, size, least)),
  };
}

const samePart = (one: Size, other: Size): boolean =>
  one.width === other.width && one.height === other.height;

async function picture(
  item: Item,
  { size, part, inner }: Plan,
  { scratch }: TransformContext,
  problems: Dataset['problems'],
): Promise<string> {
  const { path } = item.media!;
  if (scratch === null) return path;
  const name = `${randomBytes(9).toString('hex')}${endingOf(path) || '.png'}`;
  try {
    let made: Sharp = sharp(path).autoOrient().keepIccProfile();
    made = made.extract(part).resize(inner.width, inner.height, { fit: 'fill', kernel: 'lanczos3' });
    if (!samePart(size, inner)) {
      made = made.extend({
        left: inner.left,
        top: inner.top,
        right: size.width - inner.left - inner.width,
        bottom: size.height - inner.top - inner.height,
        background: grey,
      });
    }
    const { format } = await sharp(path).metadata();
    if (format === 'jpeg' || format === 'webp') made = made.toFormat(format, qualities[format]);
    await made.toFile(join(scratch, name));
    return join(scratch, name);
  } catch (thrown) {
    problems.add(item.id, '', `the picture can't be made: ${toErrorValue(thrown).message}`);
    return join(scratch, `missing-${name}`);
  }
}

/** What YOLO's loaders fill with. */
const grey = { r: 114, g: 114, b: 114 };

/** Items whose picture's size is known; the others are told and left out, as their annotations would be wrong. */
async function sized(item: Item, problems: Dataset['problems']): Promise<Item | null> {
  if (item.media === null) return item;
  const size = item.media.size ?? (await pictureSize(item.media.path));
  if (size !== null) return item.media.size === null ? { ...item, media: { ...item.media, size } } : item;
  problems.add(item.id, '', "left out: without its picture's size it can't be made anew");
  return null;
}

const at = (left: number, top: number, { width, height }: Size) => ({ left, top, width, height });

export const resize = defineTransform({
  name: 'resize',
  description: 'Makes every picture a size, and everything on it.',
  remakes: true,
  options: z.strictObject({
    width: Side.describe('pixels'),
    height: Side.describe('pixels'),
    keep_ratio: z
      .boolean()
      .default(false)
      .describe('whether the sides keep their ratio, and the rest is grey (letterbox)'),
    upscale: z.boolean().default(true).describe('whether smaller pictures are enlarged'),
  }),
  aliases: ['resize_transform'],
  apply: (dataset, { width, height, keep_ratio, upscale }, context) =>
    mapItems(dataset, async (given) => {
      const item = await sized(given, dataset.problems);
      const size = item?.media?.size;
      if (item === null || size === undefined || size === null) return item;
      let [scaleX, scaleY] = [width / size.width, height / size.height];
      if (keep_ratio) scaleX = scaleY = Math.min(scaleX, scaleY);
      if (!upscale && !keep_ratio && scaleX > 1 && scaleY > 1) return item;
      if (!upscale) [scaleX, scaleY] = [Math.min(scaleX, 1), Math.min(scaleY, 1)];
      const inner = {
        width: keep_ratio ? Math.max(1, Math.round(size.width * scaleX)) : width,
        height: keep_ratio ? Math.max(1, Math.round(size.height * scaleY)) : height,
      };
      const left = Math.floor((width - inner.width) / 2);
      const top = Math.floor((height - inner.height) / 2);
      const plan = { size: { width, height }, part: at(0, 0, size), inner: at(left, top, inner) };
      return remade(item, plan, context, 0, dataset.problems);
    }),
});

export const crop = defineTransform({
  name: 'crop',
  description: 'Cuts a rectangle out of every picture.',
  remakes: true,
  options: z.strictObject({
    x: z.number().int().min(0).default(0).describe('pixels from the left'),
    y: z.number().int().min(0).default(0).describe('pixels from the top'),
    width: Side.describe('pixels'),
    height: Side.describe('pixels'),
    least: z.number().min(0).max(1).default(0).describe('part of a shape that must be inside for it to stay'),
  }),
  apply: (dataset, { x, y, width, height, least }, context) =>
    mapItems(dataset, async (given) => {
      const item = await sized(given, dataset.problems);
      const size = item?.media?.size;
      if (item === null || size === undefined || size === null) return item;
      const inner = { width: Math.min(width, size.width - x), height: Math.min(height, size.height - y) };
      if (inner.width <= 0 || inner.height <= 0) {
        dataset.problems.add(item.id, '', 'left out: the rectangle lies outside of the picture');
        return null;
      }
      const plan = { size: inner, part: at(x, y, inner), inner: at(0, 0, inner) };
      return remade(item, plan, context, least, dataset.problems);
    }),
});

export const tile = defineTransform({
  name: 'tile',
  description: 'Cuts every picture into tiles that overlap.',
  remakes: true,
  options: z.strictObject({
    width: Side.describe('pixels of a tile'),
    height: Side.describe('pixels of a tile'),
    overlap: z.number().min(0).max(0.9).default(0).describe('part of a tile that the next one has, too'),
    least: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('part of a shape that must be in a tile for it to be there'),
  }),
  apply: (dataset, { width, height, overlap, least }, context) => ({
    ...dataset,
    async *items() {
      for await (const given of dataset.items()) {
        const known = await sized(given, dataset.problems);
        if (known === null) continue;
        const size = known.media?.size;
        if (size === undefined || size === null) {
          yield known;
          continue;
        }
        const item = { ...known, annotations: numbered(known.annotations) };
        let number = 0;
        for (const [row, top] of starts(size.height, height, overlap).entries()) {
          for (const [column, left] of starts(size.width, width, overlap).entries()) {
            const inner = { width: Math.min(width, size.width), height: Math.min(height, size.height) };
            const plan = { size: inner, part: at(left, top, inner), inner: at(0, 0, inner) };
            const made = await remade(item, plan, context, least, dataset.problems);
            const place = [left, top, inner.width, inner.height];
            const about: readonly (readonly [string, AttributeValue])[] = [
              [tileNames.source, item.id],
              [tileNames.number, number],
              [tileNames.place, place],
            ];
            number += 1;
            const attributes = new Map([...item.attributes, ...about]);
            yield { ...made, id: `${item.id}_r${row}_c${column}`, attributes };
          }
        }
      }
    },
  }),
});

/** With a number of its own for each of a type, so that what is cut into several tiles can be found again. */
function numbered(annotations: readonly Annotation[]): readonly Annotation[] {
  let next = Math.max(0, ...annotations.map(({ id }) => id)) + 1;
  const taken = new Set<string>();
  return annotations.map((part) => {
    const key = `${part.type} ${part.id}`;
    const own = part.id !== 0 && !taken.has(key);
    taken.add(key);
    return own ? part : { ...part, id: next++ };
  });
}

/** Where tiles begin along a side: evenly, the last at the end. */
function starts(side: number, length: number, overlap: number): number[] {
  if (side <= length) return [0];
  const count = Math.ceil((side - length) / Math.max(1, length * (1 - overlap))) + 1;
  return Array.from({ length: count }, (_, index) => Math.round((index * (side - length)) / (count - 1)));
}

export const clipToPicture = defineTransform({
  name: 'clip',
  aliases: ['clip_to_image'],
  description: 'Cuts off what lies outside of the picture, and takes out what is outside as a whole.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapItems(dataset, (item) => {
      const size = item.media?.size;
      if (size === null || size === undefined) return item;
      return { ...item, annotations: item.annotations.flatMap((annotation) => clipped(annotation, size)) };
    }),
});

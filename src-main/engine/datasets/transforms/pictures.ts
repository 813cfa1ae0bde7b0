import { z } from 'zod';
import { toErrorValue } from '../../../contract/errors.ts';
import { endingOf } from '../files/paths.ts';
import type { Dataset } from '../format.ts';
import type { Annotation, AttributeValue, Item, Size } from '../model/index.ts';
import { type Framed, framed } from './frames.ts';
import { clipped, type Placement, placed } from './geometry.ts';
import { missingPicture, openPicture } from './painting.ts';
import { type Place, partOf, tileId, tileNames } from './tiles.ts';
import { defineTransform, mapItems, type TransformContext } from './transform.ts';

const Side = z.number().int().min(1).max(65_535);

/** A picture to be made of an item's: the part that is taken, what it is enlarged to, and where it lies in the new one. */
interface Plan {
  readonly size: Size;
  readonly part: Place;
  /** The part's size in the new picture, and where it lies in it. */
  readonly inner: Place;
}

/** The item with the planned picture, its annotations moved alike. */
async function remade(
  frame: Framed,
  plan: Plan,
  context: TransformContext,
  least: number,
  problems: Dataset['problems'],
): Promise<Item> {
  const { item } = frame;
  return {
    ...item,
    media: { ...item.media!, size: plan.size, path: await picture(frame, plan, context, problems) },
    annotations: item.annotations.flatMap((annotation) => within(annotation, frame, plan, least)),
  };
}

/** What of an annotation is in the planned picture. */
function within(
  annotation: Annotation,
  frame: Framed,
  { size, part, inner }: Plan,
  least: number,
): readonly Annotation[] {
  const scaleX = inner.width / part.width;
  const scaleY = inner.height / part.height;
  const placement: Placement = {
    scaleX,
    scaleY,
    moveX: inner.left - part.left * scaleX,
    moveY: inner.top - part.top * scaleY,
  };
  const moved = placed(annotation, placement, size);
  // A whole picture has nothing cut off, and coordinates outside it are the source's.
  const whole = part.left === 0 && part.top === 0 && samePart(part, frame.size);
  return whole ? [moved] : clipped(moved, size, least);
}

const samePart = (one: Size, other: Size): boolean =>
  one.width === other.width && one.height === other.height;

/** @param problems null where they are told already: of another tile. */
async function picture(
  { item, upright }: Framed,
  { size, part, inner }: Plan,
  { scratch }: TransformContext,
  problems: Dataset['problems'] | null,
): Promise<string> {
  const { path } = item.media!;
  if (scratch === null) return path;
  try {
    const opened = await openPicture(path, { upright });
    for (const loss of opened.losses) problems?.add(item.id, '', `the picture made of it: ${loss}`);
    let made = opened.picture
      .extract(part)
      .resize(inner.width, inner.height, { fit: 'fill', kernel: 'lanczos3' });
    if (!samePart(size, inner)) {
      made = made.extend({
        left: inner.left,
        top: inner.top,
        right: size.width - inner.left - inner.width,
        bottom: size.height - inner.top - inner.height,
        background: grey,
      });
    }
    return await opened.save(made, scratch);
  } catch (thrown) {
    problems?.add(item.id, '', `the picture can't be made: ${toErrorValue(thrown).message}`);
    return missingPicture(scratch, endingOf(path));
  }
}

/** What YOLO's loaders fill with. */
const grey = { r: 114, g: 114, b: 114 };

const at = (left: number, top: number, { width, height }: Size): Place => ({ left, top, width, height });

/** A view of a set in which each picture is changed that there is; items without one stay. */
const mapPictures = (
  dataset: Dataset,
  change: (frame: Framed) => Item | null | Promise<Item | null>,
): Dataset =>
  mapItems(dataset, async (item) => {
    if (item.media === null) return item;
    const frame = await framed(item, dataset.problems, 'left out');
    return frame === null ? null : change(frame);
  });

export const resize = defineTransform({
  name: 'resize',
  about: 'pictures',
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
    mapPictures(dataset, (frame) => {
      const { item, size } = frame;
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
      return remade(frame, plan, context, 0, dataset.problems);
    }),
});

export const crop = defineTransform({
  name: 'crop',
  about: 'pictures',
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
    mapPictures(dataset, (frame) => {
      const { item, size } = frame;
      const inner = { width: Math.min(width, size.width - x), height: Math.min(height, size.height - y) };
      if (inner.width <= 0 || inner.height <= 0) {
        dataset.problems.add(item.id, '', 'left out: the rectangle lies outside of the picture');
        return null;
      }
      const plan = { size: inner, part: at(x, y, inner), inner: at(0, 0, inner) };
      return remade(frame, plan, context, least, dataset.problems);
    }),
});

export const tile = defineTransform({
  name: 'tile',
  about: 'pictures',
  description: 'Cuts every picture into tiles.',
  remakes: true,
  options: z.strictObject({
    width: Side.describe('pixels of a tile'),
    height: Side.describe('pixels of a tile'),
    overlap: z.number().min(0).max(0.9).default(0).describe('part of a tile that the next one has, too'),
    last: z
      .enum(['smaller', 'moved'])
      .default('smaller')
      .describe('the last of a row or column: it ends with the picture, or is as large and overlaps more'),
    least: z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe('part of a shape that must be in a tile for it to be there'),
  }),
  apply: (dataset, { width, height, overlap, last, least }, context) => ({
    ...dataset,
    async *items() {
      for await (const given of dataset.items()) {
        const frame = given.media === null ? null : await framed(given, dataset.problems, 'left out');
        if (frame === null) {
          if (given.media === null) yield given;
          continue;
        }
        const { item, size } = frame;
        const numbers = numbersOf(item.annotations);
        const found = new Set<number>();
        const rows = spans(size.height, height, overlap, last);
        const columns = spans(size.width, width, overlap, last);
        let number = 0;
        for (const [top, tall] of rows) {
          for (const [left, wide] of columns) {
            const place = at(left, top, { width: wide, height: tall });
            const plan = {
              size: { width: wide, height: tall },
              part: place,
              inner: { ...place, left: 0, top: 0 },
            };
            const annotations = item.annotations.flatMap((annotation, index) => {
              const parts = within({ ...annotation, id: numbers[index]! }, frame, plan, least);
              if (parts.length > 0) found.add(index);
              return parts.map((part) => partOf(part, { annotation, index }));
            });
            const about: readonly (readonly [string, AttributeValue])[] = [
              [tileNames.source, item.id],
              [tileNames.number, number],
              [tileNames.place, [left, top, wide, tall]],
            ];
            const path = await picture(frame, plan, context, number === 0 ? dataset.problems : null);
            yield {
              ...item,
              id: tileId(item.id, place),
              media: { ...item.media!, size: plan.size, path },
              attributes: new Map([...item.attributes, ...about]),
              annotations,
            };
            number += 1;
          }
        }
        for (const index of item.annotations.keys()) {
          if (found.has(index)) continue;
          dataset.problems.add(item.id, `annotations[${index}]`, 'left out: too little of it is in any tile');
        }
      }
    },
  }),
});

/** A number of its own for each of a type, so that what is cut into several tiles can be found again. */
function numbersOf(annotations: readonly Annotation[]): readonly number[] {
  let next = annotations.reduce((most, { id }) => Math.max(most, id), 0) + 1;
  const taken = new Set<string>();
  return annotations.map(({ type, id }) => {
    const key = `${type} ${id}`;
    const own = id !== 0 && !taken.has(key);
    taken.add(key);
    return own ? id : next++;
  });
}

/** Where tiles begin along a side, and how long they are. */
function spans(
  side: number,
  length: number,
  overlap: number,
  last: 'smaller' | 'moved',
): readonly (readonly [start: number, length: number])[] {
  if (side <= length) return [[0, side]];
  const step = Math.max(1, Math.round(length * (1 - overlap)));
  const count = Math.ceil((side - length) / step) + 1;
  return Array.from({ length: count }, (_, index) => {
    const start = index * step;
    if (start + length <= side) return [start, length];
    return last === 'moved' ? [side - length, length] : [start, side - start];
  });
}

export const clipToPicture = defineTransform({
  name: 'clip',
  about: 'annotations',
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

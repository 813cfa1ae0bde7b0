import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { toErrorValue } from '../../../contract/errors.ts';
import { boxAround } from '../convert.ts';
import { endingOf } from '../files/paths.ts';
import { sharp } from '../files/sharp.ts';
import type { Dataset } from '../format.ts';
import { unionOf } from '../masks.ts';
import {
  type Annotation,
  type Box,
  type Item,
  type Mask,
  type Points,
  type Size,
  type Visibility,
  without,
} from '../model/index.ts';
import { placed } from './geometry.ts';
import { defineTransform, type TransformContext } from './transform.ts';

/** What a tile says of its place, in Datumaro's names. */
export const tileNames = { source: 'tile_id', number: 'tile_idx', place: 'roi' } as const;

interface Tile {
  readonly item: Item;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export const untile = defineTransform({
  name: 'untile',
  aliases: ['merge_tile'],
  description: 'Puts the tiles that `tile` made together again, and what was cut into several of them.',
  remakes: true,
  options: z.strictObject({}),
  apply: (dataset, _, context) => ({
    ...dataset,
    async *items() {
      // Tiles of a picture need not come in a row; all are in memory, without their pictures.
      const pictures = new Map<string, Tile[]>();
      for await (const item of dataset.items()) {
        const tile = tileOf(item);
        if (tile === null) {
          yield item;
          continue;
        }
        const key = JSON.stringify([item.subset, item.attributes.get(tileNames.source)]);
        pictures.set(key, [...(pictures.get(key) ?? []), tile]);
      }
      for (const tiles of pictures.values()) yield await together(tiles, context, dataset.problems);
    },
  }),
});

/** Null for an item that does not say that it is a tile, and where. */
function tileOf(item: Item): Tile | null {
  const source = item.attributes.get(tileNames.source);
  const place = item.attributes.get(tileNames.place);
  if (typeof source !== 'string' || !Array.isArray(place) || place.length !== 4) return null;
  const [left = -1, top = -1, width = 0, height = 0] = place.map(Number);
  const sane = [left, top, width, height].every(
    (value) => Number.isInteger(value) && value >= 0 && value < 1e6,
  );
  return sane && width > 0 && height > 0 ? { item, left, top, width, height } : null;
}

async function together(
  tiles: readonly Tile[],
  context: TransformContext,
  problems: Dataset['problems'],
): Promise<Item> {
  const [first] = tiles;
  const size: Size = {
    width: Math.max(...tiles.map(({ left, width }) => left + width)),
    height: Math.max(...tiles.map(({ top, height }) => top + height)),
  };
  const { item } = first!;
  const moved = tiles.flatMap(({ item: { annotations }, left, top }) =>
    annotations.map((part) => placed(part, { scaleX: 1, scaleY: 1, moveX: left, moveY: top }, size)),
  );
  const id = String(item.attributes.get(tileNames.source));
  const media =
    item.media === null
      ? null
      : { ...item.media, size, path: await picture(id, tiles, size, context, problems) };
  const attributes = without(item.attributes, ...Object.values(tileNames));
  return { ...item, id, media, attributes, annotations: joined(moved, size) };
}

/** Parts of one annotation have its number, class and type. Those without a number are told apart by what they are. */
function joined(parts: readonly Annotation[], size: Size): readonly Annotation[] {
  const objects = new Map<string, Annotation[]>();
  for (const part of parts) {
    const label = 'label' in part ? part.label : part.type === 'caption' ? part.text : null;
    const alone = part.id === 0 && part.type !== 'label' && part.type !== 'caption';
    const key = JSON.stringify([part.type, label, part.id, alone ? part : null]);
    objects.set(key, [...(objects.get(key) ?? []), part]);
  }
  return [...objects.values()].flatMap((of) => (of.length === 1 ? of : whole(of, size)));
}

function whole(parts: readonly Annotation[], { width, height }: Size): readonly Annotation[] {
  const [first] = parts;
  switch (first!.type) {
    case 'box':
      return [{ ...first!, ...boxAround(parts as readonly Box[])! }];
    case 'mask': {
      const all = (parts as readonly Mask[]).map(({ counts }) => counts);
      return [{ ...first!, counts: unionOf(all, width, height) }];
    }
    case 'points': {
      // A point that is outside of a tile is not labelled there.
      const all = parts as readonly Points[];
      const visibility = (first as Points).visibility.map((_, at): Visibility => {
        const most = Math.max(...all.map((part) => part.visibility[at]!));
        return most === 2 ? 2 : most === 1 ? 1 : 0;
      });
      return [{ ...(first as Points), visibility }];
    }
    case 'polygon':
    case 'polyline': {
      // Pieces stay pieces of one object: their union is the object, pixel by pixel.
      const group = first!.group === 0 ? first!.id : first!.group;
      const once = new Map(parts.map((part) => [JSON.stringify('points' in part ? part.points : []), part]));
      return [...once.values()].map((part) => ({ ...part, group: once.size === 1 ? part.group : group }));
    }
    default:
      return [first!];
  }
}

async function picture(
  id: string,
  tiles: readonly Tile[],
  { width, height }: Size,
  { scratch }: TransformContext,
  problems: Dataset['problems'],
): Promise<string> {
  const path = tiles[0]!.item.media!.path;
  if (scratch === null) return path;
  const name = `${randomBytes(9).toString('hex')}${endingOf(path) || '.png'}`;
  try {
    const parts = tiles.flatMap(({ item, left, top }) =>
      item.media === null ? [] : [{ input: item.media.path, left, top }],
    );
    const canvas = sharp({ create: { width, height, channels: 3, background: '#000' } }).composite(parts);
    const { format } = await sharp(path).metadata();
    const made = format === 'jpeg' || format === 'webp' ? canvas.toFormat(format, { quality: 95 }) : canvas;
    await made.toFile(join(scratch, name));
  } catch (thrown) {
    problems.add(id, '', `the picture can't be made: ${toErrorValue(thrown).message}`);
  }
  return join(scratch, name);
}

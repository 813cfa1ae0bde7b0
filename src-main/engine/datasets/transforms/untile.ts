import { z } from 'zod';
import { toErrorValue } from '../../../contract/errors.ts';
import { boxAround } from '../convert.ts';
import { pictureSize } from '../files/folder.ts';
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
import { isOpen, type Joined, joinedByPlace } from './joining.ts';
import { missingPicture, type Opened, openPicture } from './painting.ts';
import type { Part } from './pairing.ts';
import { type Place, tileNames, tileSource, wholeOf } from './tiles.ts';
import { defineTransform, type TransformContext } from './transform.ts';

interface Tile {
  readonly item: Item;
  readonly place: Place;
  /** Whether its attributes say what it is, and not its name alone. */
  readonly says: boolean;
}

export const untile = defineTransform({
  name: 'untile',
  about: 'pictures',
  aliases: ['merge_tile'],
  description: 'Puts tiles together again, and what was cut into several of them.',
  remakes: true,
  options: z.strictObject({}),
  apply: (dataset, _, context) => ({
    ...dataset,
    async *items() {
      // Tiles of a picture need not come in a row; all are in memory, without their pictures.
      const pictures = new Map<string, { readonly id: string; readonly tiles: Tile[] }>();
      for await (const item of dataset.items()) {
        const source = tileSource(item);
        const place = source === null ? null : await placeOf(item, source, dataset.problems);
        if (source === null) {
          const reason = 'left as it is: neither its name nor its attributes say that it is a tile';
          dataset.problems.add(item.id, '', reason);
        }
        if (source === null || place === null) {
          yield item;
          continue;
        }
        const key = JSON.stringify([item.subset, source.id]);
        const of = pictures.get(key) ?? { id: source.id, tiles: [] };
        of.tiles.push({ item, place, says: source.size !== undefined });
        pictures.set(key, of);
      }
      for (const { id, tiles } of pictures.values())
        yield await together(id, tiles, context, dataset.problems);
    },
  }),
});

/** A tile's place; null, which is told, where its size isn't known or isn't what its place says. */
async function placeOf(
  { id, media }: Item,
  { left, top, size }: NonNullable<ReturnType<typeof tileSource>>,
  problems: Dataset['problems'],
): Promise<Place | null> {
  const found = media === null ? null : (media.size ?? (await pictureSize(media.path)));
  const real = found ?? size;
  if (real === undefined) {
    problems.add(id, '', 'left as it is: the size of the tile is not known');
    return null;
  }
  if (size !== undefined && (size.width !== real.width || size.height !== real.height)) {
    problems.add(id, '', 'left as it is: the tile has another size than when it was cut');
    return null;
  }
  return { left, top, width: real.width, height: real.height };
}

async function together(
  id: string,
  tiles: readonly Tile[],
  context: TransformContext,
  problems: Dataset['problems'],
): Promise<Item> {
  const { item } = tiles[0]!;
  const size: Size = {
    width: Math.max(...tiles.map(({ place }) => place.left + place.width)),
    height: Math.max(...tiles.map(({ place }) => place.top + place.height)),
  };
  if (hasGaps(tiles, size)) problems.add(id, '', 'tiles of it are missing: it is black there');
  const annotations = annotationsOf(tiles, size, () =>
    problems.add(
      id,
      '',
      'an annotation ends where a tile ends: what `tile` left out beyond it, if anything, is not known',
    ),
  );
  const media =
    item.media === null
      ? null
      : { ...item.media, size, path: await picture(id, tiles, size, context, problems) };
  return {
    ...item,
    id,
    media,
    attributes: without(item.attributes, ...Object.values(tileNames)),
    annotations,
  };
}

/** Whether there is a part of the picture that is in no tile. Between the edges of all tiles, it is in one or not. */
function hasGaps(tiles: readonly Tile[], size: Size): boolean {
  const edges = (start: 'left' | 'top', length: 'width' | 'height'): number[] => {
    const all = tiles.flatMap(({ place }) => [place[start], place[start] + place[length]]);
    return [...new Set([0, ...all])].filter((edge) => edge < size[length]);
  };
  const [columns, rows] = [edges('left', 'width'), edges('top', 'height')];
  return rows.some((y) =>
    columns.some(
      (x) =>
        !tiles.some(
          ({ place: { left, top, width, height } }) =>
            x >= left && x < left + width && y >= top && y < top + height,
        ),
    ),
  );
}

/**
 * What was cut, from the surest that is known of it: the thing itself where it was cut in the same run; the numbers that
 * `tile` gave, where the tiles still say what they are and the numbers fit; else where the parts lie.
 */
function annotationsOf(tiles: readonly Tile[], size: Size, tellOpen: () => void): readonly Annotation[] {
  const known = new Map<Annotation, number>();
  const rest: { place: Place; annotations: Annotation[] }[] = [];
  for (const { item, place } of tiles) {
    const annotations: Annotation[] = [];
    for (const part of item.annotations) {
      const whole = wholeOf(part);
      if (whole === undefined) annotations.push(part);
      else known.set(whole.annotation, whole.index);
    }
    rest.push({ place, annotations });
  }
  const wholes = [...known].sort(([, one], [, other]) => one - other).map(([annotation]) => annotation);
  if (rest.every(({ annotations }) => annotations.length === 0)) return wholes;
  const parts = rest.flatMap(({ place, annotations }) =>
    annotations.map((annotation): Part => ({ annotation, place })),
  );
  const byNumber = tiles.every(({ says }) => says) ? joinedByNumber(parts) : null;
  const joined = byNumber ?? joinedByPoints(joinedByPlace(rest));
  if (joined.some((thing) => isOpen(thing, size))) tellOpen();
  const groups = byNumber === null ? groupsOf(joined) : null;
  return [...wholes, ...joined.flatMap((thing) => wholeThing(thing, size, groups?.get(thing)))];
}

/**
 * Parts by the numbers that `tile` gave them. Null where these are not those: a format that numbers its annotations anew
 * gives none twice, or the same number to things that have nothing to do with each other.
 */
function joinedByNumber(parts: readonly Part[]): readonly Joined[] | null {
  const things = new Map<string, Part[]>();
  for (const part of parts) {
    const { annotation } = part;
    const label =
      'label' in annotation ? annotation.label : annotation.type === 'caption' ? annotation.text : null;
    if (annotation.id === 0) return null;
    const key = JSON.stringify([annotation.type, label, annotation.id]);
    const known = things.get(key);
    if (known === undefined) things.set(key, [part]);
    else known.push(part);
  }
  const several = [...things.values()].filter((thing) => thing.length > 1 && isArea(thing[0]!.annotation));
  if (several.length === 0) return null;
  // Where they are those, all parts of a thing lie together, but for what was cut away.
  const fitting = several.filter((thing) => joinedByPlace(tilesOf(thing)).length === 1);
  return fitting.length * 2 > several.length ? [...things.values()].map((of) => ({ parts: of })) : null;
}

const isArea = ({ type }: Annotation): boolean => ['box', 'mask', 'polygon'].includes(type);

const tilesOf = (parts: readonly Part[]) =>
  [...Map.groupBy(parts, ({ place }) => place)].map(([place, of]) => ({
    place,
    annotations: of.map(({ annotation }) => annotation),
  }));

/** Points of an object whose box or outline was found go together as these do. */
function joinedByPoints(joined: readonly Joined[]): readonly Joined[] {
  const groups = groupsOf(joined.filter(({ parts }) => parts[0]!.annotation.type !== 'points'));
  const objects = new Map<string, number>();
  for (const [{ parts }, group] of groups) {
    for (const part of parts) if (part.annotation.group !== 0) objects.set(groupKey(part), group);
  }
  const made: Joined[] = [];
  const byObject = new Map<string, Part[]>();
  for (const thing of joined) {
    const own = thing.parts.filter((part) => {
      const object = part.annotation.type === 'points' ? objects.get(groupKey(part)) : undefined;
      if (object === undefined || part.annotation.type !== 'points') return true;
      const key = JSON.stringify([object, part.annotation.label, part.annotation.visibility.length]);
      byObject.set(key, [...(byObject.get(key) ?? []), part]);
      return false;
    });
    if (own.length > 0) made.push({ parts: own });
  }
  return [...made, ...[...byObject.values()].map((parts) => ({ parts }))];
}

/** A group is one of its tile only: a format may number those of each picture from 1. */
const groupKey = ({ annotation, place }: Part): string =>
  JSON.stringify([place.left, place.top, annotation.group]);

/** Numbers of the groups of what was joined: things whose parts were in one group are in one. */
function groupsOf(joined: readonly Joined[]): ReadonlyMap<Joined, number> {
  const first = new Map<string, Joined>();
  const leader = new Map<Joined, Joined>(joined.map((thing) => [thing, thing]));
  const leaderOf = (thing: Joined): Joined => {
    let at = thing;
    for (let next = leader.get(at)!; next !== at; next = leader.get(at)!) at = next;
    leader.set(thing, at);
    return at;
  };
  for (const thing of joined) {
    for (const part of thing.parts) {
      if (part.annotation.group === 0) continue;
      const key = groupKey(part);
      const other = first.get(key);
      if (other === undefined) first.set(key, thing);
      else leader.set(leaderOf(thing), leaderOf(other));
    }
  }
  const numbers = new Map<Joined, number>();
  const groups = new Map<Joined, number>();
  for (const thing of joined) {
    const at = leaderOf(thing);
    const number = numbers.get(at) ?? numbers.size + 1;
    numbers.set(at, number);
    groups.set(thing, number);
  }
  return groups;
}

/** @param group its number among the picture's, where the numbers of the tiles' groups mean nothing. */
function wholeThing({ parts }: Joined, size: Size, group?: number): readonly Annotation[] {
  const moved = uncut(parts, size).map(({ annotation, place: { left, top } }) =>
    placed(annotation, { scaleX: 1, scaleY: 1, moveX: left, moveY: top }, size),
  );
  const made = moved.length === 1 ? moved : whole(moved, size, group);
  if (group === undefined) return made;
  const isGrouped = made.length > 1 || parts.some(({ annotation }) => annotation.group !== 0);
  return made.map((annotation) => ({ ...annotation, group: isGrouped ? group : 0 }));
}

/** Only the part that is whole, where there is one: outlines are pieces, but for those that no edge has cut. */
function uncut(parts: readonly Part[], size: Size): readonly Part[] {
  const shapes = ['polygon', 'polyline', 'rotated_box', 'ellipse', 'cuboid_2d'];
  if (parts.length === 1 || !shapes.includes(parts[0]!.annotation.type)) return parts;
  const found = parts.find((part) => !isOpen({ parts: [part] }, size));
  return found === undefined ? parts : [found];
}

function whole(parts: readonly Annotation[], { width, height }: Size, group?: number): readonly Annotation[] {
  const [first] = parts;
  switch (first!.type) {
    case 'box':
      return [{ ...first!, ...boxAround(parts as readonly Box[])! }];
    case 'mask': {
      const all = (parts as readonly Mask[]).map(({ counts }) => counts);
      return [{ ...first!, counts: unionOf(all, width, height) }];
    }
    case 'points':
      return [joinedPoints(parts as readonly Points[])];
    case 'polygon':
    case 'polyline':
    case 'rotated_box':
    case 'ellipse': {
      // Pieces stay pieces of one object: their union is the object, pixel by pixel.
      const number = group ?? (first!.group === 0 ? first!.id : first!.group);
      const once = new Map(parts.map((part) => [JSON.stringify({ ...part, id: 0, group: 0 }), part]));
      return [...once.values()].map((part) => ({ ...part, group: once.size === 1 ? part.group : number }));
    }
    default:
      return [first!];
  }
}

/** Each point from the tile in which it can be seen best. One that is outside of a tile is not labelled there. */
function joinedPoints(parts: readonly Points[]): Points {
  const [first] = parts;
  const points: number[] = [];
  const visibility: Visibility[] = [];
  for (const at of first!.visibility.keys()) {
    const best = parts.reduce((most, part) => (part.visibility[at]! > most.visibility[at]! ? part : most));
    points.push(best.points[at * 2]!, best.points[at * 2 + 1]!);
    visibility.push(best.visibility[at]!);
  }
  return { ...first!, points, visibility };
}

async function picture(
  id: string,
  tiles: readonly Tile[],
  size: Size,
  { scratch }: TransformContext,
  problems: Dataset['problems'],
): Promise<string> {
  const path = tiles[0]!.item.media!.path;
  if (scratch === null) return path;
  try {
    const first = await openPicture(path, { upright: true, profile: 'converted' });
    for (const loss of first.losses) problems.add(id, '', `the picture made of it: ${loss}`);
    return await first.save(await canvas(tiles, size, first), scratch);
  } catch (thrown) {
    problems.add(id, '', `the picture can't be made: ${toErrorValue(thrown).message}`);
    return missingPicture(scratch, endingOf(path));
  }
}

/** The tiles in one picture, as grey or coloured and as deep as the first: what sharp composes has eight bits and colours. */
async function canvas(tiles: readonly Tile[], { width, height }: Size, { space, channels }: Opened) {
  const depth = space === 'rgb16' || space === 'grey16' ? 'ushort' : 'uchar';
  const each = channels * (depth === 'ushort' ? 2 : 1);
  const pixels = Buffer.alloc(width * height * each);
  for (const { item, place } of tiles) {
    if (item.media === null) continue;
    const { picture: tile } = await openPicture(item.media.path, { upright: true, profile: 'converted' });
    const shaped = channels === 2 || channels === 4 ? tile.ensureAlpha() : tile.removeAlpha();
    const { data, info } = await shaped
      .toColourspace(space)
      .raw({ depth })
      .toBuffer({ resolveWithObject: true });
    if (info.channels !== channels || info.width !== place.width || info.height !== place.height) {
      throw new Error(`the tile ${item.id} is no picture like the others`);
    }
    const row = place.width * each;
    for (let y = 0; y < place.height; y += 1) {
      data.copy(pixels, ((place.top + y) * width + place.left) * each, y * row, (y + 1) * row);
    }
  }
  const values =
    depth === 'ushort' ? new Uint16Array(pixels.buffer, pixels.byteOffset, pixels.length / 2) : pixels;
  return sharp(values, { raw: { width, height, channels: channels as 1 | 2 | 3 | 4 } }).toColourspace(space);
}

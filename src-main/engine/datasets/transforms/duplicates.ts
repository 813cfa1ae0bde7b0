import { z } from 'zod';
import { hashFile } from '../../io/hash.ts';
import { isFile } from '../files/folder.ts';
import type { Dataset } from '../format.ts';
import { openPicture } from './painting.ts';
import { defineTransform, mapItems } from './transform.ts';

/** Sides of the grid of grey values that a picture is reduced to: eight differences in each of eight rows. */
const columns = 9;
const rows = 8;

/** Bits of the hash that may differ in pictures that count as alike. */
export const usualDistance = 4;

/**
 * A picture's difference hash: 64 bits that say, on a grid of 9 × 8 grey values, whether each is darker than the one to
 * its right. Pictures that look alike differ in few bits. Null for what can't be read.
 *
 * Source: Krawetz, "Kind of like that", 2013.
 */
export async function differenceHash(path: string): Promise<bigint | null> {
  try {
    const { picture } = await openPicture(path, { upright: true });
    const flat = picture.flatten({ background: '#fff' }).toColourspace('b-w').greyscale();
    const grey = await flat.resize(columns, rows, { fit: 'fill' }).raw().toBuffer();
    let bits = 0n;
    for (let y = 0; y < rows; y += 1) {
      for (let x = 0; x + 1 < columns; x += 1) {
        bits = (bits << 1n) | (grey[y * columns + x]! < grey[y * columns + x + 1]! ? 1n : 0n);
      }
    }
    return bits;
  } catch {
    return null;
  }
}

/** In how many bits two hashes differ, 0 to 64. */
export function bitsApart(one: bigint, other: bigint): number {
  let [rest, count] = [one ^ other, 0];
  for (; rest !== 0n; rest &= rest - 1n) count += 1;
  return count;
}

export const removeDuplicates = defineTransform({
  name: 'remove_duplicates',
  about: 'choice',
  aliases: ['ndr'],
  description: 'Takes out items whose picture an earlier item has, or one that looks like it.',
  options: z.strictObject({
    near: z.boolean().default(false).describe('whether pictures that look alike count as the same'),
    distance: z
      .number()
      .int()
      .min(0)
      .max(16)
      .default(usualDistance)
      .describe('of 64 bits, how many may differ in pictures alike'),
  }),
  apply: (dataset, { near, distance }) => (near ? withoutNear(dataset, distance) : withoutExact(dataset)),
});

function withoutExact(dataset: Dataset): Dataset {
  const seen = new Map<string, string>();
  return mapItems(dataset, async (item, index) => {
    if (index === 0) seen.clear();
    if (item.media === null || !(await isFile(item.media.path))) return item;
    const hash = await hashFile(item.media.path);
    const first = seen.get(hash);
    if (first === undefined) seen.set(hash, `${item.subset}/${item.id}`);
    else dataset.problems.add(item.id, '', `left out: the same picture as ${first}`);
    return first === undefined ? item : null;
  });
}

function withoutNear(dataset: Dataset, distance: number): Dataset {
  let tree = new HashTree();
  return mapItems(dataset, async (item, index) => {
    if (index === 0) tree = new HashTree();
    const hash = item.media === null ? null : await differenceHash(item.media.path);
    if (hash === null) {
      if (item.media !== null) dataset.problems.add(item.id, '', unseen);
      return item;
    }
    const like = tree.near(hash, distance);
    if (like === null) tree.add(hash, `${item.subset}/${item.id}`);
    else dataset.problems.add(item.id, '', `left out: its picture looks like that of ${like}`);
    return like === null ? item : null;
  });
}

const unseen = 'its picture can’t be read, and is not compared with others';

/**
 * Finds pictures that look alike, each like the first of its group.
 *
 * @returns the group of each item in turn: the place of its first one. Items whose picture can't be read are alone, which is
 * told.
 */
export async function alike(dataset: Dataset, distance: number, signal?: AbortSignal): Promise<number[]> {
  const tree = new HashTree();
  const groups: number[] = [];
  for await (const { id, media } of dataset.items()) {
    signal?.throwIfAborted();
    const place = groups.length;
    const hash = media === null ? null : await differenceHash(media.path);
    if (hash === null && media !== null) dataset.problems.add(id, '', unseen);
    const like = hash === null ? null : tree.near(hash, distance);
    if (hash !== null && like === null) tree.add(hash, String(place));
    groups.push(like === null ? place : Number(like));
  }
  return groups;
}

interface Node {
  readonly hash: bigint;
  readonly name: string;
  readonly children: Map<number, Node>;
}

/** Finds hashes within a distance without looking at all of them: a tree after Burkhard and Keller, 1973. */
class HashTree {
  #root: Node | null = null;

  add(hash: bigint, name: string): void {
    const made: Node = { hash, name, children: new Map() };
    if (this.#root === null) {
      this.#root = made;
      return;
    }
    let node = this.#root;
    for (;;) {
      const apart = bitsApart(hash, node.hash);
      const child = node.children.get(apart);
      if (child === undefined) {
        node.children.set(apart, made);
        return;
      }
      node = child;
    }
  }

  /** Name of a hash within the distance, or null. */
  near(hash: bigint, distance: number): string | null {
    const waiting = this.#root === null ? [] : [this.#root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      const apart = bitsApart(hash, node.hash);
      if (apart <= distance) return node.name;
      for (const [edge, child] of node.children) {
        if (Math.abs(edge - apart) <= distance) waiting.push(child);
      }
    }
    return null;
  }
}

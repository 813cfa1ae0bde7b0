import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { format, scratch, setOf, shape } from '../formats/common/testing.ts';
import { encodeBitmap } from '../masks.ts';
import type { Annotation, Box, Item } from '../model/index.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms, parseStep } from './index.ts';
import { tileNames } from './tiles.ts';

const { fresh } = scratch();
const size = { width: 60, height: 50 };

const applied = (set: Dataset, steps: readonly string[], folder: string | null = null): Promise<Dataset> =>
  applyTransforms(set, steps.map(parseStep), { scratch: folder });
const run = async (set: Dataset, ...steps: readonly string[]): Promise<Item[]> =>
  itemsOf(await applied(set, steps));
const box = (x: number, y: number, width: number, height: number, label = 0): Box => ({
  ...shape,
  type: 'box',
  label,
  x,
  y,
  width,
  height,
});
const placesOf = (items: readonly Item[]): unknown[] =>
  items.map(({ attributes }) => attributes.get(tileNames.place));
const reasons = ({ problems }: Dataset): string[] => problems.list.map(({ reason }) => reason);

/** Without what formats number anew. */
const plain = (set: Dataset, annotations: readonly Annotation[]): string[] =>
  annotations
    .map((part) => {
      if (part.type !== 'box') throw new Error(part.type);
      const corners = [part.x, part.y, part.width, part.height].map((value) => value.toFixed(2));
      return `${set.categories.labels[part.label!]!.name} ${corners.join(' ')}`;
    })
    .sort();

async function pictured(folder: string, annotations: readonly Annotation[], id = 'x'): Promise<Dataset> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${id}.png`);
  await sharp({ create: { ...size, channels: 3, background: '#345' } })
    .png()
    .toFile(path);
  return setOf(['cat', 'dog', 'bird'], [{ id, annotations, media: { kind: 'image', path, size } }]);
}

/** Cuts a set into tiles, writes them in a format, reads that and puts the tiles together. */
async function through(name: string, set: Dataset, step: string): Promise<{ back: Item[]; set: Dataset }> {
  const folder = fresh();
  await mkdir(join(folder, 'made'), { recursive: true });
  const tiles = await applied(set, [step], join(folder, 'made'));
  await format(name).write(tiles, join(folder, 'written'), { media: 'copy' });
  const again = await applied(await format(name).read(join(folder, 'written')), ['untile']);
  return { back: await itemsOf(again), set: again };
}

describe('tiles', () => {
  test('do not overlap unless asked to; the last is smaller, or moved', async () => {
    const set = setOf(['a'], [{ id: 'x', annotations: [box(41, 1, 6, 6)] }], { width: 128, height: 50 });
    const small = await run(set, 'tile:width=50,height=50');
    expect(placesOf(small)).toEqual([
      [0, 0, 50, 50],
      [50, 0, 50, 50],
      [100, 0, 28, 50],
    ]);
    expect(small.map(({ id, media }) => [id, media!.size!.width])).toEqual([
      ['x_x0_y0', 50],
      ['x_x50_y0', 50],
      ['x_x100_y0', 28],
    ]);
    expect(small.flatMap(({ annotations }) => annotations)).toHaveLength(1);
    expect(placesOf(await run(set, 'tile:width=50,height=50,last=moved'))).toEqual([
      [0, 0, 50, 50],
      [50, 0, 50, 50],
      [78, 0, 50, 50],
    ]);
    expect(placesOf(await run(set, 'tile:width=50,height=50,overlap=0.2'))).toEqual([
      [0, 0, 50, 50],
      [40, 0, 50, 50],
      [80, 0, 48, 50],
    ]);
  });

  test('cover every pixel, without overlap once', async () => {
    const side = fc.integer({ min: 1, max: 90 });
    await fc.assert(
      fc.asyncProperty(
        side,
        side,
        fc.constantFrom(0, 0.3, 0.9),
        fc.constantFrom('smaller', 'moved'),
        async (width, length, overlap, last) => {
          const set = setOf(['a'], [{ id: 'x' }], { width, height: 7 });
          const step = `tile:width=${length},height=9,overlap=${overlap},last=${last}`;
          const seen = new Uint8Array(width);
          for (const { media, attributes } of await run(set, step)) {
            const [left, top, wide, tall] = attributes.get(tileNames.place) as number[];
            expect([top, tall, media!.size]).toEqual([0, 7, { width: wide, height: tall }]);
            for (let x = left!; x < left! + wide!; x += 1) seen[x]! += 1;
          }
          expect(seen.every((times) => times > 0)).toBe(true);
          if (overlap === 0 && last === 'smaller') expect(seen.every((times) => times === 1)).toBe(true);
        },
      ),
    );
  });

  test('that have too little of a thing leave it out, which is told where all do', async () => {
    const set = setOf(['a'], [{ id: 'x', annotations: [box(5, 5, 4, 4), box(25, 20, 10, 10)] }], size);
    const tiles = await run(set, 'tile:width=30,height=25,least=0.5');
    expect(tiles.flatMap(({ annotations }) => annotations)).toHaveLength(1);
    expect(set.problems.list).toEqual([
      { file: 'x', place: 'annotations[1]', reason: 'left out: too little of it is in any tile' },
    ]);
  });

  test('give back anything as it was in the run that cut them, whatever the tiles', async () => {
    const side = fc.integer({ min: 1, max: 20 });
    const boxes = fc.record({ x: side, y: side, width: side, height: side });
    await fc.assert(
      fc.asyncProperty(
        fc.array(boxes, { minLength: 1, maxLength: 5 }),
        fc.uint8Array({ minLength: 1600, maxLength: 1600, max: 1 }),
        fc.integer({ min: 16, max: 45 }),
        fc.constantFrom(0, 0.2, 0.5),
        async (made, bits, length, overlap) => {
          const counts = encodeBitmap(bits.fill(1, 0, 3), 40, 40);
          const annotations: Annotation[] = [
            ...made.map(({ x, y, width, height }) => box(x, y, width, height)),
            { ...shape, type: 'mask', width: 40, height: 40, counts },
            { ...shape, type: 'points', points: [1, 1, 20, 39, 39, 20], visibility: [2, 1, 2] },
            { ...shape, type: 'polygon', points: [2, 2, 38, 4, 30, 38, 2, 18] },
            {
              ...shape,
              type: 'rotated_box',
              centreX: 20,
              centreY: 19,
              width: 30,
              height: 5,
              angle: 30,
              id: 3,
            },
            { type: 'label', id: 0, group: 0, label: 0, attributes: new Map() },
          ];
          const about = new Map([['weather', 'fog']]);
          const item = { id: 'x', annotations, attributes: about };
          const set = setOf(['a'], [item], { width: 40, height: 40 });
          // What is left out of a tile for being little, too; in none there is nothing.
          const step = `tile:width=${length},height=${length},overlap=${overlap}`;
          const [back, ...more] = await run(set, step, 'untile');
          expect(more).toEqual([]);
          expect(back).toMatchObject({ id: 'x', media: { size: { width: 40, height: 40 } } });
          expect([...back!.attributes]).toEqual([...about]);
          expect(back!.annotations).toEqual(annotations);
        },
      ),
      { numRuns: 25 },
    );
  });

  test('are found by their numbers where another change came in between', async () => {
    const annotations = [box(10, 10, 30, 30), box(10, 10, 30, 30), box(1, 1, 3, 3, 1)];
    const steps = ['tile:width=25,height=25', 'remap_labels:cat=lion', 'untile'];
    const [back] = await run(setOf(['cat', 'dog'], [{ id: 'x', annotations }], size), ...steps);
    expect(back!.annotations).toHaveLength(3);
    expect(back!.annotations).toMatchObject(
      [box(10, 10, 30, 30), box(10, 10, 30, 30), box(1, 1, 3, 3, 1)].map(({ x, width }) => ({ x, width })),
    );
  });

  describe.each(['coco', 'voc', 'yolo_ultralytics', 'datumaro'])('written as %s', (name) => {
    test('give back any boxes', async () => {
      // Edges are never where tiles have theirs, and what has one class is apart: else nothing tells two from one.
      const half = (max: number) => fc.integer({ min: 0, max }).map((value) => value + 0.5);
      const side = fc.integer({ min: 1, max: 21 });
      const any = fc.tuple(half(38), half(28), side, side, fc.integer({ min: 0, max: 2 }));
      const apart = (all: readonly Box[]): boolean =>
        all.every((one, at) =>
          all.slice(at + 1).every((other) => {
            const gapX = Math.max(one.x - other.x - other.width, other.x - one.x - one.width);
            const gapY = Math.max(one.y - other.y - other.height, other.y - one.y - one.height);
            return one.label !== other.label || Math.max(gapX, gapY) >= 5;
          }),
        );
      const boxes = fc
        .array(any, { minLength: 1, maxLength: 6 })
        .map((all) => all.map(([x, y, width, height, label]) => box(x, y, width, height, label)))
        .filter(apart);
      await fc.assert(
        fc.asyncProperty(
          boxes,
          fc.integer({ min: 20, max: 40 }),
          fc.constantFrom(0, 0.3),
          async (made, length, overlap) => {
            const given = await pictured(fresh(), made);
            const step = `tile:width=${length},height=${length},overlap=${overlap},least=0`;
            const { back, set } = await through(name, given, step);
            expect(back.map(({ id, media }) => [id, media!.size])).toEqual([['x', size]]);
            expect(plain(set, back[0]!.annotations)).toEqual(plain(given, made));
            expect(reasons(set)).toEqual([]);
          },
        ),
        { numRuns: 12 },
      );
    });

    test('tell where a rest of a thing may be missing', async () => {
      const given = await pictured(fresh(), [box(5, 5, 26, 10)]);
      const { back, set } = await through(name, given, 'tile:width=30,height=30');
      expect(plain(set, back[0]!.annotations)).toEqual(['cat 5.00 5.00 25.00 10.00']);
      expect(reasons(set)).toEqual([expect.stringContaining('ends where a tile ends')]);
    });
  });

  test('give back what several shapes say of one object', async () => {
    const points = [12, 12, 45, 12, 30, 40, 50, 45];
    const annotations: Annotation[] = [
      { ...box(10, 10, 42, 36), id: 1, group: 1 },
      { ...shape, type: 'points', points, visibility: [2, 2, 1, 2], id: 1, group: 1 },
      { ...box(2, 22, 5, 20), id: 2, group: 2 },
      {
        ...shape,
        type: 'points',
        points: [3, 23, 4, 24, 6, 38, 5, 41],
        visibility: [2, 2, 2, 2],
        id: 2,
        group: 2,
      },
    ];
    const set = await pictured(fresh(), annotations);
    const skeletons = new Map([[0, { points: ['a', 'b', 'c', 'd'], joints: [] }]]);
    const given = { ...set, categories: { ...set.categories, skeletons } };
    const { back } = await through('coco_person_keypoints', given, 'tile:width=30,height=25,least=0');
    const groups = Map.groupBy(back[0]!.annotations, ({ group }) => group);
    expect([...groups.keys()].every((group) => group > 0)).toBe(true);
    const found = [...groups.values()].map((parts) =>
      parts.map((part) =>
        'points' in part ? part.points : 'x' in part ? [part.x, part.y, part.width, part.height] : [],
      ),
    );
    expect(found.map((parts) => parts.map((part) => part.join(' ')).sort()).sort()).toEqual(
      [[points.join(' '), '10 10 42 36'].sort(), ['3 23 4 24 6 38 5 41', '2 22 5 20'].sort()].sort(),
    );
  });

  test('give back outlines in pieces of one object, and masks whole', async () => {
    const counts = encodeBitmap(
      Uint8Array.from({ length: 3000 }, (_, at) =>
        at % 60 > 20 && at % 60 < 45 && at > 600 && at < 2400 ? 1 : 0,
      ),
      60,
      50,
    );
    const annotations: Annotation[] = [
      { ...shape, type: 'polygon', points: [3, 3, 55, 8, 40, 45, 6, 30] },
      { ...shape, type: 'polygon', points: [2, 41, 8, 41, 8, 47] },
      { ...shape, type: 'mask', ...size, counts, label: 1 },
    ];
    const { back } = await through(
      'coco',
      await pictured(fresh(), annotations),
      'tile:width=30,height=25,overlap=0.2,least=0',
    );
    const parts = back[0]!.annotations;
    const masks = parts.filter(({ type }) => type === 'mask');
    expect(masks).toMatchObject([{ counts }]);
    const pieces = Map.groupBy(
      parts.filter(({ type }) => type === 'polygon'),
      ({ group }) => group,
    );
    expect([...pieces.values()].map((of) => of.length > 1).sort()).toEqual([false, true]);
  });

  test('that are none, are missing or were changed are told and left', async () => {
    const set = setOf(['a'], [{ id: 'plain' }, { id: 'p_x0_y0' }, { id: 'p_x200_y100' }]);
    const items = await run(set, 'untile');
    expect(items.map(({ id, media }) => [id, media!.size])).toEqual([
      ['plain', { width: 200, height: 100 }],
      ['p', { width: 400, height: 200 }],
    ]);
    expect(set.problems.list.map(({ file, reason }) => [file, reason])).toEqual([
      ['plain', 'left as it is: neither its name nor its attributes say that it is a tile'],
      ['p', 'tiles of it are missing: it is black there'],
    ]);
    const other = setOf(['a'], [{ id: 'x' }], size);
    const left = await run(other, 'tile:width=30,height=50', 'resize:width=10,height=10', 'untile');
    expect(left.map(({ id }) => id)).toEqual(['x_x0_y0', 'x_x30_y0']);
    expect(reasons(other)).toEqual(
      Array(2).fill('left as it is: the tile has another size than when it was cut'),
    );
  });

  test.each([
    ['b-w', 1, 8],
    ['srgb', 3, 8],
    ['srgb', 4, 8],
    ['grey16', 1, 16],
    ['rgb16', 3, 16],
  ] as const)(
    'make a picture again that is as it was: %s, %i channels, %i bits',
    async (space, channels, bits) => {
      const folder = fresh();
      await mkdir(folder, { recursive: true });
      const path = join(folder, 'x.png');
      const length = size.width * size.height * channels;
      const values = bits === 16 ? new Uint16Array(length) : new Uint8Array(length);
      for (const at of values.keys()) values[at] = (at * 4099 + 7) % 2 ** bits;
      await sharp(values, { raw: { ...size, channels } })
        .toColourspace(space)
        .png()
        .toFile(path);
      const set = setOf(['a'], [{ id: 'x', media: { kind: 'image', path, size } }]);
      const made = await applied(set, ['tile:width=25,height=30,overlap=0.1', 'untile'], folder);
      const [back] = await itemsOf(made);
      const found = await sharp(back!.media!.path).metadata();
      expect(found).toMatchObject({ ...size, space, channels });
      const raw = sharp(back!.media!.path)
        .toColourspace(space)
        .raw({ depth: bits === 16 ? 'ushort' : 'uchar' });
      expect((await raw.toBuffer()).equals(Buffer.from(values.buffer))).toBe(true);
      expect(reasons(set)).toEqual([]);
    },
  );
});

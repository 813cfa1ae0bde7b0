import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { readBmp } from '../files/bitmap.ts';
import { pictureSize } from '../files/folder.ts';
import type { Dataset } from '../format.ts';
import { scratch, setOf, shape } from '../formats/common/testing.ts';
import { areaOf, encodeBitmap } from '../masks.ts';
import type { Annotation, Item, Size } from '../model/index.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms, parseStep } from './index.ts';
import { turned } from './orientation.ts';

const { fresh } = scratch();

async function folder(): Promise<string> {
  const path = fresh();
  await mkdir(path, { recursive: true });
  return path;
}

/** The picture that all of these are: 80 × 120 as it is shown, with something red at 10, 20 that is 20 × 40. */
const shown = { width: 80, height: 120 };
const object = [10, 20, 20, 40] as const;
const drawn = () => {
  const red = { create: { width: 20, height: 40, channels: 3, background: '#f00' } } as const;
  return sharp({ create: { ...shown, channels: 3, background: '#005' } }).composite([
    { input: red, left: 10, top: 20 },
  ]);
};

/** How a picture is stored that each orientation shows upright, as operations of sharp's: a turn, then a mirror. */
const stored: Readonly<Record<number, readonly [turn: number, mirror?: 'flip' | 'flop']>> = {
  1: [0],
  2: [0, 'flop'],
  3: [180],
  4: [0, 'flip'],
  5: [90, 'flop'],
  6: [270],
  7: [90, 'flip'],
  8: [90],
};

async function write(path: string, orientation: number): Promise<void> {
  const [turn, mirror] = stored[orientation]!;
  const upright = await drawn().png().toBuffer();
  const rotated = sharp(await sharp(upright).rotate(turn).png().toBuffer());
  const picture = (mirror === undefined ? rotated : rotated[mirror]()).withMetadata({ orientation });
  const isPng = path.endsWith('.png');
  await (isPng ? picture.png() : picture.jpeg({ quality: 98, chromaSubsampling: '4:4:4' })).toFile(path);
}

/** Where the red is in a picture as its pixels are stored. */
async function red(path: string): Promise<number[]> {
  const { data, info } = await sharp(path).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  let [left, top, right, bottom] = [info.width, info.height, 0, 0];
  for (let y = 0; y < info.height; y += 1) {
    for (let x = 0; x < info.width; x += 1) {
      const at = (y * info.width + x) * info.channels;
      if (data[at]! < 128 || data[at + 2]! > 90) continue;
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x + 1), Math.max(bottom, y + 1)];
    }
  }
  return right === 0 ? [] : [left, top, right - left, bottom - top];
}

const box = ([x, y, width, height]: readonly number[]): Annotation => ({
  ...shape,
  type: 'box',
  x: x!,
  y: y!,
  width: width!,
  height: height!,
});
const boxesOf = ({ annotations }: Item): number[][] =>
  annotations.map((part) => (part.type === 'box' ? [part.x, part.y, part.width, part.height] : []));

const setWith = (path: string, size: Size | null, annotations: readonly Annotation[]): Dataset =>
  setOf(['red'], [{ id: 'x', annotations, media: { kind: 'image', path, size } }]);

async function made(set: Dataset, step: string, into: string | null): Promise<Item[]> {
  return itemsOf(await applyTransforms(set, [parseStep(step)], { scratch: into }));
}

/** Each item's box lies on what is red in its picture, whose size is what the item says; nothing is turned any more. */
async function fits(items: readonly Item[]): Promise<void> {
  for (const item of items) {
    const { path, size } = item.media!;
    const { width, height, orientation = 1 } = await sharp(path).metadata();
    expect([{ width, height }, orientation]).toEqual([size, 1]);
    const found = await red(path);
    const boxes = boxesOf(item);
    expect(boxes).toHaveLength(found.length === 0 ? 0 : 1);
    for (const [at, value] of found.entries())
      expect(Math.abs(value - boxes[0]![at]!)).toBeLessThanOrEqual(1);
  }
}

const steps = [
  'crop:x=5,y=10,width=60,height=60',
  'resize:width=60,height=60',
  'tile:width=60,height=60',
  'bake_orientation',
];

describe('the size that annotations are for', () => {
  test.each(steps)('is that of a picture as it is stored, or as it is shown: %s', async (step) => {
    for (const orientation of [5, 6, 7, 8]) {
      const into = await folder();
      const path = join(into, 'x.jpg');
      await write(path, orientation);
      expect(await pictureSize(path)).toEqual(shown);
      const turnedBox = await red(path);
      const cases = [
        [shown, object],
        [{ width: 120, height: 80 }, turnedBox],
      ] as const;
      for (const [size, place] of cases) {
        const set = setWith(path, size, [box(place)]);
        const items = await made(set, step, into);
        await fits(items);
        expect(items.flatMap(boxesOf).length).toBeGreaterThan(0);
        expect(set.problems.total).toBe(0);
        // Without writing, it is said what writing makes.
        const planned = await made(setWith(path, size, [box(place)]), step, null);
        expect(planned.map((item) => [item.id, item.media!.size, boxesOf(item)])).toEqual(
          items.map((item) => [item.id, item.media!.size, boxesOf(item)]),
        );
      }
    }
  });

  test.each(steps.slice(0, 3))('may be another one of the same picture: %s', async (step) => {
    const into = await folder();
    const path = join(into, 'x.png');
    const large = await drawn().png().toBuffer();
    await sharp(large).resize(160, 240, { kernel: 'nearest' }).toFile(path);
    const set = setWith(path, shown, [box(object)]);
    await fits(await made(set, step, into));
    expect(set.problems.list.map(({ reason }) => reason)).toEqual([
      'the picture is 160 × 240, its annotations are for 80 × 120, and are scaled',
    ]);
  });

  test.each(steps)('may be that of another picture, which is told: %s', async (step) => {
    const into = await folder();
    const path = join(into, 'x.jpg');
    await write(path, 6);
    const set = setWith(path, { width: 90, height: 90 }, [box(object)]);
    const items = await made(set, step, into);
    const isLeft = step === 'bake_orientation';
    expect(items.map(({ media }) => media!.path)).toEqual(isLeft ? [path] : []);
    expect(set.problems.list).toMatchObject([
      {
        reason: `left ${isLeft ? 'as it is' : 'out'}: the picture is 80 × 120, its annotations are for 90 × 90`,
      },
    ]);
  });
});

describe('bake_orientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('shows a picture upright without its tag: %i', async (orientation) => {
    for (const ending of ['jpg', 'png']) {
      const into = await folder();
      const path = join(into, `x.${ending}`);
      await write(path, orientation);
      const [item] = await made(setWith(path, shown, [box(object)]), 'bake_orientation', into);
      expect(item!.media!.path === path).toBe(orientation === 1);
      await fits([item!]);
      expect(boxesOf(item!)).toEqual([[...object]]);
      if (ending === 'png') {
        const pixels = await drawn().removeAlpha().raw().toBuffer();
        expect((await sharp(item!.media!.path).removeAlpha().raw().toBuffer()).equals(pixels)).toBe(true);
      }
    }
  });

  test('leaves what needs no turn as it is, unread', async () => {
    const into = await folder();
    await writeFile(join(into, 'broken.jpg'), 'no picture');
    const media = { kind: 'image', path: join(into, 'broken.jpg'), size: null } as const;
    const set = setOf(['a'], [{ id: 'x', media }, { id: 'y' }, { id: 'z', media: null }]);
    const before = await itemsOf(set);
    expect(await made(set, 'bake_orientation', into)).toEqual(before);
    expect(set.problems.total).toBe(0);
  });

  test('turns every kind of shape with its picture', () => {
    const size = { width: 12, height: 8 };
    const bits = new Uint8Array(96);
    for (const [x, y] of [
      [2, 1],
      [3, 1],
      [2, 2],
    ])
      bits[y! * 12 + x!] = 1;
    const mask: Annotation = { ...shape, type: 'mask', ...size, counts: encodeBitmap(bits, 12, 8) };
    for (const orientation of [5, 6, 7, 8]) {
      const moved = turned(mask, orientation, size);
      if (moved.type !== 'mask') throw new Error(moved.type);
      expect([moved.width, moved.height, areaOf(moved.counts)]).toEqual([8, 12, 3]);
      const around = turned(box([2, 1, 2, 2]), orientation, size);
      const ring = turned({ ...shape, type: 'polygon', points: [2, 1, 4, 1, 4, 3] }, orientation, size);
      // A line from 2, 1 that goes down on the right.
      const line = { centreX: 5, centreY: 4, width: 4, height: 1e-9, angle: 30 };
      const rotated = turned({ ...shape, type: 'rotated_box', ...line }, orientation, size);
      const [right, down] = [2 * Math.cos(Math.PI / 6), 2 * Math.sin(Math.PI / 6)];
      const ends = turned(
        { ...shape, type: 'polyline', points: [5 - right, 4 - down, 5 + right, 4 + down] },
        orientation,
        size,
      );
      if (around.type !== 'box' || ring.type !== 'polygon' || ends.type !== 'polyline') throw new Error();
      if (rotated.type !== 'rotated_box') throw new Error();
      const [x, y] = [0, 1].map((axis) => Math.min(...ring.points.filter((_, at) => at % 2 === axis)));
      expect([around.x, around.y]).toEqual([x, y]);
      const slope = Math.tan((rotated.angle * Math.PI) / 180);
      const [x0, y0, x1, y1] = ends.points as [number, number, number, number];
      expect(slope).toBeCloseTo((y1 - y0) / (x1 - x0), 6);
      expect([rotated.centreX, rotated.centreY]).toEqual([
        expect.closeTo((x0 + x1) / 2),
        expect.closeTo((y0 + y1) / 2),
      ]);
      expect(Math.abs(rotated.angle)).toBeLessThanOrEqual(180);
    }
  });
});

describe('pictures that are made anew', () => {
  const size = { width: 24, height: 16 };
  const values = (channels: number, bits: number) => {
    const all = new (bits === 16 ? Uint16Array : Uint8Array)(size.width * size.height * channels);
    for (const at of all.keys()) all[at] = (at * 4099 + 7) % 2 ** bits;
    return all;
  };

  test.each([
    ['png', 'b-w', 1, 8],
    ['png', 'srgb', 3, 8],
    ['png', 'srgb', 4, 8],
    ['png', 'grey16', 1, 16],
    ['png', 'rgb16', 3, 16],
    ['png', 'rgb16', 4, 16],
    ['tiff', 'b-w', 1, 8],
    ['tiff', 'srgb', 3, 8],
    ['tiff', 'grey16', 1, 16],
  ] as const)(
    'keep their colours, depth and how opaque they are: %s %s %i',
    async (type, space, channels, bits) => {
      const into = await folder();
      const path = join(into, `x.${type}`);
      const all = values(channels, bits);
      await sharp(all, { raw: { ...size, channels } })
        .toColourspace(space)
        .toFormat(type, type === 'tiff' ? { compression: 'none' } : {})
        .toFile(path);
      const kinds = { space, channels, format: type };
      expect(await sharp(path).metadata()).toMatchObject(kinds);
      const part = { left: 3, top: 2, width: 10, height: 9 };
      const set = setWith(path, size, []);
      const [cut] = await made(set, 'crop:x=3,y=2,width=10,height=9', into);
      expect(await sharp(cut!.media!.path).metadata()).toMatchObject(kinds);
      const depth = bits === 16 ? 'ushort' : 'uchar';
      const pixels = (of: string) => sharp(of).toColourspace(space);
      expect(await pixels(cut!.media!.path).raw({ depth }).toBuffer()).toEqual(
        await pixels(path).extract(part).raw({ depth }).toBuffer(),
      );
      const [small] = await made(set, 'resize:width=12,height=12,keep_ratio=true', into);
      expect(await sharp(small!.media!.path).metadata()).toMatchObject({ ...kinds, width: 12, height: 12 });
      expect(set.problems.total).toBe(0);
    },
  );

  test('tell what of them is lost', async () => {
    const into = await folder();
    const [cmyk, moving] = [join(into, 'a.jpg'), join(into, 'b.gif')];
    await drawn().toColourspace('cmyk').jpeg().toFile(cmyk);
    const frames = Buffer.alloc(10 * 20 * 3, 90).fill(200, 300);
    await sharp(frames, { raw: { width: 10, height: 20, channels: 3, pageHeight: 10 } })
      .gif()
      .toFile(moving);
    const set = setOf(
      ['a'],
      [cmyk, moving].map((path, at) => ({ id: String(at), media: { kind: 'image', path, size: null } })),
    );
    const items = await made(set, 'tile:width=8,height=8', into);
    expect(items.length).toBeGreaterThan(100);
    expect(set.problems.list.map(({ file, reason }) => [file, reason])).toEqual([
      ['0', 'the picture made of it: its CMYK became RGB'],
      ['1', 'the picture made of it: of 2 pages or frames only the first is there'],
    ]);
  });

  test('are what they are by what is in them, not by their name', async () => {
    const into = await folder();
    const path = join(into, 'x.jpg');
    await sharp(values(3, 8), { raw: { ...size, channels: 3 } })
      .png()
      .toFile(path);
    const [cut] = await made(setWith(path, null, []), 'crop:width=9,height=9', into);
    expect([cut!.media!.path.slice(-4), (await sharp(cut!.media!.path).metadata()).format]).toEqual([
      '.jpg',
      'png',
    ]);
  });
});

describe('bitmaps of Windows', () => {
  /** A bitmap of 5 × 3 pixels, as its header says. */
  function bitmap(
    depth: number,
    pixels: readonly (readonly number[])[],
    more: { palette?: number[]; masks?: number[]; down?: boolean } = {},
  ): Buffer {
    const { palette = [], masks = [], down = false } = more;
    const stride = Math.ceil((5 * depth) / 32) * 4;
    const length = masks.length === 4 ? 56 : 40;
    const extra = masks.length === 3 ? 12 : 0;
    const start = 14 + length + extra + palette.length;
    const bytes = Buffer.alloc(start + stride * 3);
    bytes.write('BM', 0, 'latin1');
    bytes.writeUInt32LE(start, 10);
    bytes.writeUInt32LE(length, 14);
    bytes.writeInt32LE(5, 18);
    bytes.writeInt32LE(down ? -3 : 3, 22);
    bytes.writeUInt16LE(1, 26);
    bytes.writeUInt16LE(depth, 28);
    bytes.writeUInt32LE(masks.length > 0 ? 3 : 0, 30);
    for (const [at, mask] of masks.entries()) bytes.writeUInt32LE(mask, 54 + at * 4);
    bytes.set(palette, 14 + length + extra);
    for (const [y, row] of pixels.entries()) bytes.set(row, start + stride * (down ? y : 2 - y));
    return bytes;
  }
  const rows = (each: (x: number, y: number) => number[]): number[][] =>
    [0, 1, 2].map((y) => [0, 1, 2, 3, 4].flatMap((x) => each(x, y)));
  const colour = (x: number, y: number): [number, number, number] => [x * 50, y * 100, 255 - x * 20];
  const expected = (each: (x: number, y: number) => number[]) => Uint8Array.from(rows(each).flat());
  const read = async (bytes: Buffer) => {
    const path = join(await folder(), 'x.bmp');
    await writeFile(path, bytes);
    return readBmp(path);
  };

  test('are read in each of their depths', async () => {
    const bgr = (x: number, y: number) => colour(x, y).toReversed();
    for (const down of [false, true]) {
      expect(await read(bitmap(24, rows(bgr), { down }))).toEqual({
        width: 5,
        height: 3,
        channels: 3,
        pixels: expected(colour),
      });
    }
    const padded = rows((x, y) => [...bgr(x, y), 0]);
    expect(await read(bitmap(32, padded))).toMatchObject({ channels: 3, pixels: expected(colour) });
    const clear = rows((x, y) => [...bgr(x, y), x * 60]);
    const masks = [0xff0000, 0xff00, 0xff, 0xff000000];
    expect(await read(bitmap(32, clear, { masks }))).toMatchObject({
      channels: 4,
      pixels: expected((x, y) => [...colour(x, y), x * 60]),
    });
    // Five bits of red, six of green, five of blue.
    const little = rows((x) => [x, 0xf8]);
    expect((await read(bitmap(16, little, { masks: [0xf800, 0x7e0, 0x1f] })))!.pixels.slice(0, 6)).toEqual(
      Uint8Array.from([255, 0, 0, 255, 0, 8]),
    );
    const grey = Array.from({ length: 256 }, (_, at) => [at, at, at, 0]).flat();
    expect(
      await read(
        bitmap(
          8,
          rows((x, y) => [x * 9 + y]),
          { palette: grey },
        ),
      ),
    ).toMatchObject({
      channels: 1,
      pixels: expected((x, y) => [x * 9 + y]),
    });
    const two = [0, 0, 255, 0, 10, 20, 30, 0];
    expect(
      (await read(bitmap(1, [[0b01010000], [0], [0b11111000]], { palette: two })))!.pixels.slice(0, 6),
    ).toEqual(Uint8Array.from([255, 0, 0, 30, 20, 10]));
    const four = await read(
      bitmap(
        4,
        [
          [0x10, 0x01, 0x10],
          [0, 0, 0],
          [0, 0, 0],
        ],
        { palette: two },
      ),
    );
    expect(four!.pixels.slice(0, 6)).toEqual(Uint8Array.from([30, 20, 10, 255, 0, 0]));
  });

  test('that are damaged or compressed are told as such', async () => {
    const good = bitmap(
      24,
      rows(() => [1, 2, 3]),
    );
    await expect(read(good.subarray(0, 80))).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' });
    await expect(read(good.subarray(0, 20))).rejects.toMatchObject({ code: 'INPUT_TRUNCATED' });
    const packed = Buffer.from(good);
    packed.writeUInt32LE(1, 30);
    await expect(read(packed)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
    const huge = Buffer.from(good);
    huge.writeInt32LE(1e9, 18);
    await expect(read(huge)).rejects.toMatchObject({ code: 'INPUT_UNSUPPORTED' });
    expect(await read(Buffer.from('no bitmap'))).toBeNull();
  });

  test('are cut and made another size, as PNG', async () => {
    const into = await folder();
    const path = join(into, 'x.bmp');
    const bytes = bitmap(
      24,
      rows((x, y) => colour(x, y).toReversed()),
    );
    await writeFile(path, bytes);
    const set = setWith(path, null, [box([1, 1, 3, 1])]);
    const [cut] = await made(set, 'crop:x=1,y=1,width=2,height=2', into);
    expect(cut).toMatchObject({
      media: { size: { width: 2, height: 2 }, path: expect.stringMatching(/\.png$/) },
    });
    expect([...(await sharp(cut!.media!.path).raw().toBuffer())]).toEqual(
      [
        [1, 1],
        [2, 1],
        [1, 2],
        [2, 2],
      ].flatMap(([x, y]) => colour(x!, y!)),
    );
    expect(await readFile(path)).toEqual(bytes);
    expect(set.problems.total).toBe(0);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { decodeBitmap, encodeBitmap } from '../../masks.ts';
import type { Annotation, Mask } from '../../model/index.ts';
import { corpus, differences, type Golden, haveData, toGolden, whyNot } from '../../testing/golden.ts';
import { bare, format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();
const made = fileURLToPath(new URL('fixtures/project', import.meta.url));

/** A mask's pixels inside, as `x,y`. */
function pixelsIn({ counts, width, height }: Mask): string[] {
  return [...decodeBitmap(counts, width, height)].flatMap((value, at) =>
    value === 1 ? [`${at % width},${Math.floor(at / width)}`] : [],
  );
}

const mask = (part: Annotation): Mask => part as Mask;

describe('Supervisely', () => {
  test('every geometry, tag and dataset as its SDK writes them', async () => {
    const [best] = await detectFormats(made);
    expect([best!.format.name, best!.confidence]).toEqual(['supervisely', 0.96]);
    const { items, names, dataset, reasons } = await readAll('supervisely', made);
    expect(names).toEqual(['person', 'car', 'cat', 'lane', 'pt', 'obb', 'bm', 'al', 'cu']);
    expect(dataset.categories.labels[1]!.attributes).toEqual(['speed']);
    expect(dataset.categories.colours.get(1)).toEqual([1, 2, 3]);
    expect(dataset.categories.skeletons.get(0)).toEqual({
      points: ['nose', 'eye', 'ear'],
      joints: [
        [1, 2],
        [2, 3],
      ],
    });
    expect(items.map(({ subset, id }) => [subset, id])).toEqual([
      ['train', 'street/a'],
      ['street', 'b'],
      ['street', 'child/a'],
    ]);
    const [first] = items;
    expect(first!.media).toMatchObject({
      path: join(made, 'street/img/a.png'),
      size: { width: 60, height: 40 },
    });
    expect([...first!.attributes]).toEqual([
      ['description', 'a street'],
      ['reviewed', true],
      ['weather', 'sun'],
    ]);
    const [box, part, holed, line, point, turned, bitmap, alpha, pose, cuboid] = first!.annotations;
    expect(box).toMatchObject({ type: 'box', x: 3, y: 2, width: 20, height: 10, label: 1 });
    expect([...box!.attributes]).toEqual([
      ['speed', 4],
      ['note', 'x'],
    ]);
    expect(part).toMatchObject({ type: 'polygon', points: [3, 2, 23, 2, 23, 12], group: box!.group });
    expect(box!.group).toBeGreaterThan(0);
    const inside = new Set(pixelsIn(mask(holed!)));
    expect([inside.has('2,2'), inside.has('7,7'), inside.has('20,20')]).toEqual([true, false, true]);
    expect(line).toMatchObject({ type: 'polyline', points: [2, 1, 4, 3, 9, 9] });
    expect(point).toMatchObject({ type: 'points', points: [8, 7], visibility: [2] });
    expect(turned).toMatchObject({ centreX: 25, centreY: 15, width: 30, height: 10 });
    expect((turned as { angle: number }).angle).toBeCloseTo(28.6479, 4);
    // The bitmap lies at row 6, column 8; of its rows 1 to 3 and columns 2 to 5 one pixel is missing.
    const pixels = ['10,7', '11,7', '12,7', '13,7', '10,8', '12,8', '13,8', '10,9', '11,9', '12,9', '13,9'];
    expect(pixelsIn(mask(bitmap!))).toEqual(pixels);
    expect([...bitmap!.attributes]).toEqual([['description', 'a mask']]);
    expect(pixelsIn(mask(alpha!))).toEqual(pixels);
    expect(pose).toMatchObject({ type: 'points', points: [4, 3, 0, 0, 9, 8], visibility: [2, 0, 1] });
    expect(cuboid).toMatchObject({
      type: 'cuboid_2d',
      points: [10, 20, 30, 20, 30, 35, 10, 35, 15, 15, 35, 15, 35, 30, 15, 30],
    });
    expect(reasons).toEqual([
      'an outline with holes became a mask: an outline here has none',
      'how opaque a mask is has no place: what can be seen of it is in it',
    ]);
  });

  test('one dataset alone without meta.json, files of old versions, damage', async () => {
    const folder = fresh();
    const png = await sharp({ create: { width: 4, height: 3, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    const box = {
      classTitle: 'dog',
      geometryType: 'rectangle',
      points: {
        exterior: [
          [3, 2],
          [1, 1],
        ],
        interior: [],
      },
    };
    // Of four channels, only how opaque a pixel is counts.
    const opaque = Buffer.from([0, 0, 0, 255, 255, 255, 255, 0]);
    const seen = await sharp(opaque, { raw: { width: 2, height: 1, channels: 4 } })
      .png()
      .toBuffer();
    const size = { width: 4, height: 3 };
    await put(folder, {
      'img/a.png': png,
      'img/b.png': png,
      'img/alone.png': png,
      'ann/a.json': JSON.stringify({ annotation: { size, tags: [], objects: [box] } }),
      'ann/b.png.json': JSON.stringify({
        size,
        tags: [{ name: 'val' }, { name: 'train' }],
        objects: [
          { classTitle: 'dog', bitmap: { data: deflateSync(seen).toString('base64'), origin: [3, 1] } },
          { classTitle: 'dog', bitmap: { data: 'AAAA', origin: [0, 0] } },
          { classTitle: 'dog', geometryType: 'multichannelBitmap' },
          { classTitle: 'dog', geometryType: 'polygon', points: { exterior: [[1, 'x']], interior: [] } },
          {
            classTitle: 'cat',
            geometryType: 'multipolygon',
            parts: [
              {
                exterior: [
                  [0, 0],
                  [1, 0],
                  [1, 1],
                ],
                interior: [],
              },
              {
                exterior: [
                  [2, 2],
                  [3, 2],
                  [3, 3],
                ],
                interior: [],
              },
            ],
          },
        ],
      }),
      'ann/c.png.json': '{',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('supervisely');
    const { items, names, reasons } = await readAll('supervisely', folder);
    expect(names).toEqual(['dog', 'cat']);
    expect(items.map(({ subset, id }) => [subset, id])).toEqual([
      ['default', 'a'],
      ['val', 'b'],
      ['default', 'alone'],
    ]);
    expect(items[0]!.annotations).toMatchObject([{ type: 'box', x: 1, y: 1, width: 2, height: 1 }]);
    const [drawn, ...parts] = items[1]!.annotations;
    expect(pixelsIn(mask(drawn!))).toEqual(['3,1']);
    expect(parts).toMatchObject([
      { type: 'polygon', group: 1 },
      { type: 'polygon', group: 1 },
    ]);
    expect(reasons).toHaveLength(6);
  });

  test('numbers and texts of one name become two tags, and the loss is told', async () => {
    const attributes = new Map<string, number | string>([['speed', 4]]);
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3.5, height: 4, attributes };
    const set = setOf(
      ['a'],
      [
        { id: 'x', annotations: [box, { ...box, attributes: new Map([['speed', 'fast']]) }] },
        { id: 'y', annotations: [{ ...box, label: null }] },
      ],
    );
    const { items, report } = await writeAndRead('supervisely', set, fresh());
    expect(items[0]!.annotations.map((part) => [...part.attributes])).toEqual([
      [['speed', 4]],
      [['speed_text', 'fast']],
    ]);
    expect([...report.problems.byReason.keys()]).toEqual([
      'the attribute speed has numbers and texts, which become two',
      'a shape without a class has no place',
    ]);
  });

  test('masks, poses, groups and folders come back as they were', async () => {
    const bits = Uint8Array.from({ length: 20_000 }, (_, at) =>
      at % 7 === 0 && at > 900 && at < 9000 ? 1 : 0,
    );
    const set = setOf(
      ['a', 'b'],
      [
        {
          id: 'sub/dir/x',
          subset: 'train',
          annotations: [
            {
              ...shape,
              type: 'mask',
              width: 200,
              height: 100,
              counts: encodeBitmap(bits, 200, 100),
              group: 3,
            },
            { ...shape, type: 'box', x: 1, y: 2, width: 3.25, height: 4, group: 3 },
            { ...shape, label: 1, type: 'points', points: [1, 2, 0, 0, 5, 6], visibility: [2, 0, 1] },
            {
              ...shape,
              label: 1,
              type: 'rotated_box',
              centreX: 50,
              centreY: 40,
              width: 20,
              height: 10,
              angle: 30,
            },
          ],
        },
      ],
    );
    const { items, report, dataset } = await writeAndRead('supervisely', set, fresh());
    expect(report.problems.total).toBe(0);
    const classless = ({ items }: Golden): Golden => ({
      labels: [],
      items: bare({ labels: [], items }).items,
    });
    expect(differences(classless(await toGolden(dataset)), classless(await toGolden(set)))).toEqual([]);
    expect(items[0]!.annotations[0]).toEqual(mask((await theFirst(set))!));
  });
});

async function theFirst(set: ReturnType<typeof setOf>): Promise<Annotation | undefined> {
  for await (const { annotations } of set.items()) return annotations[0];
  return undefined;
}

describe.skipIf(!haveData)(`Supervisely${whyNot}`, () => {
  test('what CVAT holds comes back', async () => {
    const source = await format('cvat').read(corpus('cvat@clean'));
    const folder = fresh();
    const report = await format('supervisely').write(source, folder, { media: 'copy' });
    expect(report.problems.list).toEqual([]);
    const flat = (golden: Golden): Golden => bare(golden, () => ({ z_order: 0 }));
    const ours = flat(await toGolden(await format('supervisely').read(folder)));
    expect(differences(ours, flat(await toGolden(source)))).toEqual([]);
    // A class of several geometries may have any.
    const meta = JSON.parse(await readFile(join(folder, 'meta.json'), 'utf8')) as {
      classes: { shape: string }[];
    };
    expect(new Set(meta.classes.map((entry) => entry.shape))).toContain('any');
  });
});

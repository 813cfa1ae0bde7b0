import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { format, put, readAll, scratch, setOf, shape } from '../common/testing.ts';
import { type Example, exampleBytes, readExample } from './example.ts';
import { labelMapText, parseLabelMap } from './labels.ts';

const { fresh } = scratch();

describe('tf.train.Example', () => {
  test('written and read again', () => {
    const feature = fc.oneof(
      fc.record({
        bytes: fc.array(
          fc.uint8Array({ maxLength: 9 }).map((bytes): Uint8Array => Buffer.from(bytes)),
          { maxLength: 3 },
        ),
      }),
      fc.record({ floats: fc.array(fc.float({ noNaN: true }), { maxLength: 3 }) }),
      fc.record({ integers: fc.array(fc.maxSafeInteger(), { maxLength: 3 }) }),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), feature), { maxLength: 5 }),
        (entries) => {
          const example: Example = new Map(entries);
          expect(readExample(exampleBytes(example))).toEqual(example);
        },
      ),
    );
  });

  test('numbers that are not packed, as older writers have them', () => {
    const value = Buffer.from([0x1a, 4, 0x08, 5, 0x08, 0x7f]);
    const entry = Buffer.concat([Buffer.from([0x0a, 1, 0x61, 0x12, value.length]), value]);
    const features = Buffer.concat([Buffer.from([0x0a, entry.length]), entry]);
    expect(readExample(Buffer.concat([Buffer.from([0x0a, features.length]), features]))).toEqual(
      new Map([['a', { integers: [5, 127] }]]),
    );
    expect(() => readExample(Buffer.from([0x0a, 99]))).toThrow(RangeError);
  });
});

describe('TFRecord', () => {
  test('the list of classes', () => {
    const labels = [{ name: 'a "b" \\ {c}' }, { name: 'd' }];
    expect([...parseLabelMap(labelMapText(labels))]).toEqual([
      [1, 'a "b" \\ {c}'],
      [2, 'd'],
    ]);
    expect([
      ...parseLabelMap("item {\n name: '/m/01'\n id: 3\n display_name: 'Person'\n}\nitem{id:4}"),
    ]).toEqual([[3, 'Person']]);
  });

  test('boxes, classes, flags and pictures come back; damage is told', async () => {
    const [source, folder] = [fresh(), fresh()];
    const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: 'red' } })
      .png()
      .toBuffer();
    await put(source, { 'a.png': picture });
    const media = { kind: 'image', path: join(source, 'a.png'), size: { width: 40, height: 30 } } as const;
    const attributes = new Map<string, string | boolean>([
      ['difficult', true],
      ['pose', 'left'],
    ]);
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4, attributes };
    const label = { type: 'label', id: 0, group: 0, label: 1, attributes: new Map() } as const;
    const annotations = [box, { ...box, label: null, x: 7, attributes: new Map() }, label];
    const set = setOf(
      ['cat', 'dog'],
      [
        { id: 'sub/a', subset: 'train', annotations, media },
        { id: 'b', subset: 'train', media },
        { id: 'c', subset: 'val', annotations: [label], media: { ...media, path: '/nowhere/c.jpg' } },
      ],
    );
    const report = await format('tfrecord').write(set, folder, { media: 'copy' });
    expect([...report.problems.byReason.keys()]).toEqual(['the picture is not there to be copied']);
    expect((await detectFormats(folder))[0]!.format.name).toBe('tf_detection_api');
    const { items, names, reasons } = await readAll('tf_detection_api', folder);
    expect(names).toEqual(['cat', 'dog']);
    expect(
      items.map(({ id, subset, annotations: own }) => [subset, id, own.map(({ type }) => type)]),
    ).toEqual([
      ['train', 'sub/a', ['box', 'box', 'label']],
      ['train', 'b', []],
      ['val', 'c', ['label']],
    ]);
    const [first, second] = items[0]!.annotations as (typeof box)[];
    for (const side of ['x', 'y', 'width', 'height'] as const) expect(first![side]).toBeCloseTo(box[side], 4);
    expect([first!.label, second!.label]).toEqual([0, null]);
    expect(first!.attributes).toEqual(attributes);
    expect(second!.attributes).toEqual(new Map([['difficult', false]]));
    expect((await readFile(items[0]!.media!.path)).equals(picture)).toBe(true);
    expect(reasons).toEqual(['there is no picture in the record']);

    const path = join(folder, 'train-00000.tfrecord');
    const bytes = await readFile(path);
    bytes[40] = 255 - bytes[40]!;
    await writeFile(path, bytes.subarray(0, bytes.length - 3));
    const damaged = await readAll('tf_detection_api', folder);
    expect(damaged.items.map(({ id }) => id)).toEqual(['c']);
    expect(damaged.reasons.length).toBeGreaterThanOrEqual(3);
  });

  test('without a list, classes are named by the records', async () => {
    const folder = fresh();
    const set = setOf(
      ['cat', 'dog'],
      [{ id: 'a', annotations: [{ ...shape, label: 1, type: 'box', x: 1, y: 2, width: 3, height: 4 }] }],
    );
    await format('tfrecord').write(set, folder, { media: 'none' });
    await writeFile(join(folder, 'label_map.pbtxt'), '');
    const { names } = await readAll('tfrecord', folder);
    expect(names).toEqual(['dog']);
  });
});

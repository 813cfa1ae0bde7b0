import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rotatedCorners } from '../../convert.ts';
import { detectFormats } from '../../detect.ts';
import { noAttributes } from '../../model/index.ts';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { countTypes, format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

import { tasks } from './testing.ts';

const { fresh } = scratch();
describe('Label Studio', () => {
  test('every kind of region of an export', async () => {
    const folder = fresh();
    await put(folder, { 'project-1.json': JSON.stringify(tasks) });
    const { items, names, reasons } = await readAll('label_studio', folder);
    expect((await detectFormats(folder))[0]!.format.name).toBe('label_studio');
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([
      ['0a1b2c3d-street', 'default'],
      ['b c', 'val'],
    ]);
    expect(names).toEqual(['car', 'van', 'nose', 'bus', 'street', 'wet']);
    const [first] = items;
    expect(first!.attributes).toEqual(
      new Map<string, unknown>([
        ['weather', 'rain'],
        ['shots', 3],
      ]),
    );
    expect(first!.media!.size).toEqual({ width: 200, height: 100 });
    const [box, turned, ring, point, ellipse, outline, bus] = first!.annotations;
    expect(box).toMatchObject({ type: 'box', x: 20, y: 20, width: 60, height: 40, group: 1, label: 0 });
    expect(box!.attributes).toEqual(
      new Map<string, unknown>([
        ['colour', 'red'],
        ['sure', 0.5],
      ]),
    );
    // Turned by a quarter about its upper left corner, it lies to the left of it.
    expect(turned).toMatchObject({ type: 'rotated_box', width: 20, height: 20, angle: 90, group: 1 });
    const corners = rotatedCorners(turned as Extract<typeof turned, { type: 'rotated_box' }>);
    expect([Math.min(...corners.filter((_, at) => at % 2 === 0)), corners[0]]).toEqual([80, 100]);
    expect(ring).toMatchObject({ type: 'polygon', points: [0, 0, 100, 0, 100, 100] });
    expect(point).toMatchObject({ type: 'points', points: [50, 50] });
    expect(ellipse).toMatchObject({ type: 'ellipse', x: 90, y: 30, width: 20, height: 40 });
    expect(outline!.type).toBe('polygon');
    expect(bus).toMatchObject({ type: 'box', label: 3, width: 10, height: 10 });
    expect(countTypes(first!.annotations)).toEqual({
      box: 2,
      rotated_box: 1,
      polygon: 2,
      points: 1,
      ellipse: 1,
      label: 2,
      caption: 1,
    });
    expect(reasons).toEqual([
      'several people annotated the picture; one of them is taken',
      'an annotation that was cancelled is passed over',
      'not an object',
      'a turned ellipse is read as its outline',
      'the run lengths are damaged',
      'results of the type taxonomy are not known',
      'box: a coordinate is not a number or far too large',
      'the task has no picture, or one outside of the set',
      'not an object',
    ]);
  });

  test('JSON-MIN', async () => {
    const folder = fresh();
    const min = [
      {
        image: '/data/upload/2/a.jpg',
        id: 4,
        label: [
          {
            x: 10,
            y: 10,
            width: 50,
            height: 50,
            rotation: 0,
            rectanglelabels: ['cat'],
            original_width: 100,
            original_height: 50,
          },
        ],
        choice: 'indoor',
        place: 'Rome',
        annotator: 1,
        lead_time: 2.5,
      },
    ];
    await put(folder, { 'min.json': JSON.stringify(min) });
    const { items, names, reasons } = await readAll('label_studio', folder);
    expect(reasons).toEqual([]);
    expect(names).toEqual(['cat', 'indoor']);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'box', x: 10, y: 5, width: 50, height: 25 },
      { type: 'label', label: 1 },
    ]);
    expect(Object.fromEntries(items[0]!.attributes)).toEqual({
      place: 'Rome',
      completed_by: 1,
      lead_time: 2.5,
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('label_studio');
  });

  test('groups, poses, labels, captions and what is known of a picture come back', async () => {
    const folder = fresh();
    const annotations = [
      { ...shape, group: 4, type: 'box' as const, x: 1, y: 2, width: 30, height: 40 },
      {
        ...shape,
        group: 4,
        type: 'points' as const,
        points: [5, 6, 7, 8, 9, 10],
        visibility: [2, 2, 2] as const,
      },
      { ...shape, type: 'points' as const, label: 1, points: [50, 60, 70, 80], visibility: [2, 2] as const },
      { ...shape, type: 'box' as const, label: null, x: 1, y: 2, width: 3, height: 4 },
      { type: 'label' as const, id: 0, group: 0, label: 1, attributes: noAttributes },
      { type: 'caption' as const, id: 0, group: 0, text: 'two\nlines', attributes: noAttributes },
    ];
    const attributes = new Map<string, string | number>([
      ['weather', 'rain'],
      ['shots', 3],
    ]);
    const set = setOf(['a', 'b', 'unused'], [{ id: 'sub/имя 1', subset: 'train', attributes, annotations }], {
      width: 128,
      height: 64,
    });
    const { report, items, names, reasons } = await writeAndRead('label_studio', set, folder);
    expect([report.problems.list, reasons]).toEqual([[], []]);
    expect(names).toEqual(['a', 'b', 'unused']);
    expect(items[0]).toMatchObject({ id: 'sub/имя 1', subset: 'train', attributes });
    const renumbered = annotations.map((part) => ({ ...part, group: part.group === 0 ? 0 : 1 }));
    expect(items[0]!.annotations).toEqual(expect.arrayContaining(renumbered));
    expect(items[0]!.annotations).toHaveLength(6);
    expect(await readFile(join(folder, 'label_config.xml'), 'utf8')).toContain('<Label value="unused"/>');
  });

  test('a list that ends early gives what came before it', async () => {
    const folder = fresh();
    await put(folder, { 'a.json': `[${JSON.stringify(tasks[1])}, {"id": 5, "da` });
    const { items, dataset } = await readAll('label_studio', folder);
    expect(items.map(({ id }) => id)).toEqual(['b c']);
    expect(dataset.problems.list.map(({ reason }) => reason.slice(-14))).toEqual([
      ' it ends early.'.slice(-14),
    ]);
  });
});

describe.skipIf(!haveData)(`Label Studio on real sets${whyNot}`, () => {
  test('a rich set keeps every shape', async () => {
    const folder = fresh();
    const source = await readAll('datumaro', corpus('datumaro@clean'));
    await format('label_studio').write(source.dataset, folder, { media: 'copy' });
    const again = await readAll('label_studio', folder);
    expect(again.reasons).toEqual([]);
    const total = (items: typeof source.items): unknown => {
      const counts = countTypes(items.flatMap(({ annotations }) => annotations));
      return ['box', 'polygon', 'mask', 'ellipse', 'label', 'caption'].map((type) => [type, counts[type]]);
    };
    expect(total(again.items)).toEqual(total(source.items));
  });
});

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Format } from './format.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from './formats/common/testing.ts';
import { formatNamed } from './formats/index.ts';
import { lossOf } from './loss.ts';
import { encodeBitmap } from './masks.ts';
import type { Annotation, Item } from './model/index.ts';
import { runConversion } from './operations/index.ts';
import { statisticsOf } from './statistics.ts';

const { fresh } = scratch();
const box: Annotation = { ...shape, type: 'box', x: 10, y: 20, width: 30, height: 40 };
const ring = (...points: number[]): Annotation => ({ ...shape, type: 'polygon', points });
const mask: Annotation = {
  ...shape,
  type: 'mask',
  width: 200,
  height: 100,
  counts: encodeBitmap(new Uint8Array(20_000).fill(1, 0, 500), 200, 100),
};

const lossIn = async (name: string, annotations: readonly Annotation[], item: Partial<Item> = {}) => {
  const set = setOf(['a'], [{ id: 'x', annotations, ...item }]);
  return lossOf(await statisticsOf(set), (formatNamed(name) as Format).abilities, set.categories);
};

describe('what is lost is told before', () => {
  const said = new Map<string, string | number>([['colour', 'red']]);

  test('attributes by what has them: of VOC, boxes have theirs and masks none', async () => {
    const annotations = [
      { ...box, attributes: said },
      { ...mask, attributes: said },
    ];
    expect([...(await lossIn('voc', annotations)).attributes]).toEqual([['colour', 1]]);
    expect([...(await lossIn('voc', [{ ...box, attributes: said }])).attributes]).toEqual([]);
    const label: Annotation = { type: 'label', id: 0, group: 0, label: 0, attributes: said };
    for (const name of ['voc', 'labelme', 'label_studio', 'supervisely', 'via'])
      expect([name, ...(await lossIn(name, [label])).attributes]).toEqual([name, ['colour', 1]]);
  });

  test('outlines of one object come apart although it has a box', async () => {
    const group = { group: 1 };
    const parts = [box, ring(0, 0, 9, 0, 9, 9), ring(20, 20, 29, 20, 29, 29)].map((part) => ({
      ...part,
      ...group,
    }));
    const { notes } = await lossIn('yolo_ultralytics_segmentation', parts);
    expect(notes).toContain('3 annotations are parts of an object and come apart.');
    expect((await lossIn('yolo_ultralytics_segmentation', parts.slice(0, 2))).notes).toEqual([]);
    // Several outlines become one mask.
    expect((await lossIn('voc_segmentation', parts.slice(1))).notes.join()).not.toContain('apart');
  });

  test('attributes of items whose names mean something else, or that have no place in a name', async () => {
    const attributes = new Map<string, number>([
      ['id', 7],
      ['person_id', 3],
    ]);
    expect((await lossIn('hf_imagefolder', [], { attributes })).notes).toContain(
      '1 attribute of items has no place: id.',
    );
    expect((await lossIn('market1501', [], { attributes })).notes).toContain(
      '1 attribute of items has no place: id.',
    );
  });

  test('point clouds are refused for formats of pictures', async () => {
    const cuboid: Annotation = {
      ...shape,
      type: 'cuboid_3d',
      position: [1, 2, 3],
      rotation: [0, 0, 0],
      scale: [1, 1, 1],
    };
    const media = { kind: 'point_cloud' as const, path: '/nowhere/x.pcd', size: null };
    const set = {
      ...setOf(['a'], [{ id: 'x', annotations: [cuboid], media }]),
      media: 'point_cloud' as const,
    };
    const source = fresh();
    await (formatNamed('datumaro') as Format).write(set, source, { media: 'none' });
    const request = { source, from: 'datumaro', media: 'none' as const, receipt: false };
    await expect(
      runConversion({ ...request, to: 'yolo_ultralytics', output: fresh() }),
    ).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      hint: expect.stringContaining('sly_pointcloud'),
    });
    expect((await runConversion({ ...request, to: 'sly_pointcloud', output: fresh() })).check).toBe('passed');
  });

  test('a format without classes has lost them, and nothing else', async () => {
    const source = fresh();
    const annotations = [box, ring(0, 0, 9, 0, 9, 9, 5, 12, 1, 9)];
    await (formatNamed('datumaro') as Format).write(setOf(['a'], [{ id: 'x', annotations }]), source, {
      media: 'none',
    });
    const request = { source, from: 'datumaro', media: 'none' as const, receipt: false };
    const result = await runConversion({ ...request, to: 'icdar_text_localization', output: fresh() });
    expect([result.check, result.roundTrip.score]).toEqual(['passed', 1]);
  });
});

describe('nothing is lost on the way', () => {
  test("ICDAR's outlines keep all of their corners", async () => {
    const annotations = [
      ring(0, 0, 9, 0, 9, 9),
      ring(0, 0, 9, 0, 9, 9, 0, 9),
      ring(0, 0, 9, 0, 9, 9, 5, 12, 0, 9),
      { ...ring(0, 0, 9, 0, 9, 9, 5, 12, 0, 9, 0, 5), attributes: new Map([['text', 'a "b"']]) },
    ];
    const { items } = await writeAndRead(
      'icdar_text_localization',
      setOf(['a'], [{ id: 'x', annotations }]),
      fresh(),
    );
    expect(items[0]!.annotations).toEqual(annotations.map((part) => ({ ...part, label: null })));
  });

  test("a picture's attribute that is 0 stays in COCO; a licence of 0 is none", async () => {
    const attributes = new Map([['frame', 0]]);
    const { items } = await writeAndRead('coco_instances', setOf(['a'], [{ id: 'x', attributes }]), fresh());
    expect(items[0]!.attributes.get('frame')).toBe(0);
    expect(items[0]!.attributes.has('license')).toBe(false);
  });

  test.each(['voc_segmentation', 'voc_instance_segmentation'])(
    'a picture without masks stays in %s beside one that has some',
    async (name) => {
      const set = setOf(
        ['a'],
        [{ id: 'x', annotations: [mask] }, { id: 'y', annotations: [box] }, { id: 'z' }],
      );
      const { items } = await writeAndRead(name, set, fresh());
      expect(items.map(({ id }) => id)).toEqual(['x', 'y', 'z']);
    },
  );

  test('boxes without a class stay in WIDER FACE', async () => {
    const { items, reasons } = await writeAndRead(
      'wider_face',
      setOf(['event'], [{ id: 'x', annotations: [{ ...box, label: null }] }]),
      fresh(),
    );
    expect([items[0]!.annotations.length, reasons]).toEqual([1, []]);
  });

  test.each(['common_semantic_segmentation', 'cityscapes', 'mvtec_classification', 'mvtec', 'cvat_video'])(
    'pictures of which nothing is drawn come back from %s',
    async (name) => {
      const folder = fresh();
      const [source, output] = [join(folder, 'source'), join(folder, 'output')];
      const png = Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
        'base64',
      );
      await put(source, { 'x.png': png, 'y.png': png });
      const request = { source, from: 'image_dir', media: 'copy' as const, receipt: false };
      const result = await runConversion({ ...request, to: name, output });
      expect([result.check, result.roundTrip.items.found]).toEqual(['passed', 2]);
      expect((await readAll(name, output)).items).toHaveLength(2);
    },
  );

  test('of boxes drawn over each other in MVTec AD the small ones stay, and what is covered is told', async () => {
    const small: Annotation = { ...box, x: 15, y: 25, width: 5, height: 5 };
    const set = setOf(['a'], [{ id: 'x', annotations: [small, box, { ...box }] }]);
    const { report } = await writeAndRead('mvtec_detection', set, fresh());
    expect([...report.problems.byReason]).toEqual([['a box that others cover as a whole', 1]]);
  });
});

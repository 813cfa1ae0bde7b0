import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { encodeBitmap, expandCounts, unionOf } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { corpus, differences, type Golden, haveData, whyNot } from '../../testing/golden.ts';
import { grey16Png } from '../common/masks.ts';
import {
  bare,
  conversions,
  format,
  put,
  readAll,
  scratch,
  setOf,
  shape,
  unnumbered,
} from '../common/testing.ts';

const { fresh } = scratch();

/** Masks of one class as one, as Datumaro writes them; a background's is what none covers in Cityscapes. */
function byClass(golden: Golden, but: string): Golden {
  const whole = bare(golden, unnumbered);
  for (const item of whole.items) {
    const groups = Map.groupBy(item.annotations, ({ label }) => label);
    item.annotations = [...groups]
      .filter(([label]) => label !== but)
      .map(([, [first, ...rest]]) => {
        const [height, width] = first!.mask!.size as [number, number];
        const all = [first!, ...rest].map(({ mask }) => expandCounts(mask!.rle)!);
        return {
          ...first!,
          mask: { size: [height, width], rle: '', area: 1, counts: unionOf(all, width, height) },
        };
      });
  }
  return { ...whole, labels: [] };
}

describe.skipIf(!haveData)(`Cityscapes and CamVid as Datumaro writes them${whyNot}`, () => {
  test.each([
    ['coco_panoptic', 'coco_panoptic@clean', 'cityscapes'],
    ['coco_panoptic', 'coco_panoptic@clean', 'camvid'],
    ['voc_segmentation', 'voc_segmentation@clean', 'cityscapes'],
    ['voc_segmentation', 'voc_segmentation@clean', 'camvid'],
    ['common_semantic_segmentation', 'common_semantic_segmentation', 'cityscapes'],
    ['common_semantic_segmentation', 'common_semantic_segmentation', 'camvid'],
    ['mots', 'mots', 'cityscapes'],
    ['mots', 'mots', 'camvid'],
    ['open_images', 'open_images@clean', 'camvid'],
  ])('%s (%s) to %s', async (from, set, to) => {
    const { ours, theirs } = await conversions(from, set, to, fresh());
    // Neither writes a background that nothing is of, but Datumaro lists VOC's and reads it where nothing is.
    const but = to === 'cityscapes' || from === 'voc_segmentation' ? 'background' : '';
    // Datumaro writes no picture that nothing is on to Cityscapes, and none of these has its pictures.
    const drawn = ({ annotations }: Golden['items'][number]): boolean => annotations.length > 0;
    const [a, b] = [byClass(ours, but), byClass(theirs, but)];
    expect(
      differences({ ...a, items: a.items.filter(drawn) }, { ...b, items: b.items.filter(drawn) }),
    ).toEqual([]);
    expect(a.items.some(drawn)).toBe(true);
  });

  test.each(['camvid', 'cityscapes'])(
    '%s: names of several words, which Datumaro writes and cannot read',
    async (name) => {
      const { items, names, reasons } = await readAll(name, corpus(name));
      expect(reasons).toEqual([]);
      expect(names).toContain('traffic light');
      expect(items.some(({ annotations }) => annotations.length > 2)).toBe(true);
    },
  );
});

const size = { width: 4, height: 2 };
const mask = (label: number | null, bits: readonly number[], attributes = shape.attributes): Mask => ({
  ...shape,
  type: 'mask',
  label,
  attributes,
  ...size,
  counts: encodeBitmap(bits, 4, 2),
});
const left = [1, 0, 0, 0, 1, 0, 0, 0];
const right = [0, 0, 0, 1, 0, 0, 0, 1];

describe('Cityscapes', () => {
  test('several masks of a class keep numbers of their own, which Datumaro merges', async () => {
    const folder = fresh();
    const annotations = [mask(0, left), mask(0, right), mask(1, [0, 1, 0, 0, 0, 0, 0, 0]), mask(null, left)];
    const report = await format('cityscapes').write(
      setOf(['car', 'road'], [{ id: 'a', annotations }], size),
      folder,
      {
        media: 'none',
      },
    );
    expect([...report.problems.byReason.keys()]).toEqual(['a mask without a class']);
    const { items, names } = await readAll('cityscapes', folder);
    expect(names).toEqual(['background', 'car', 'road']);
    const parts = items[0]!.annotations as Mask[];
    expect(parts.map(({ label, attributes }) => [label, attributes.get('is_crowd')])).toEqual([
      [2, undefined],
      [1, false],
      [1, false],
    ]);
    expect(await readFile(join(folder, 'label_colors.txt'), 'utf8')).toMatch(/^0 0 0 background\n/);
  });

  test('outlines where there are no mask pictures, and trained numbers', async () => {
    const folder = fresh();
    const polygon = [
      [0, 0],
      [3, 0],
      [3, 1.5],
    ];
    const objects = [
      { label: 'car', polygon },
      { label: 'cargroup', polygon },
      { label: 'spaceship', polygon },
      { label: 'road', polygon: [[1, 2]] },
      'nothing',
    ];
    const root = 'gtFine/train/aachen/aachen_0_gtFine';
    await put(folder, { [`${root}_polygons.json`]: JSON.stringify({ imgWidth: 4, imgHeight: 2, objects }) });
    const first = await readAll('cityscapes', folder);
    expect(first.items[0]!.id).toBe('aachen/aachen_0');
    expect(first.items[0]!.annotations.map((part) => [part.type, part.attributes.get('is_crowd')])).toEqual([
      ['polygon', false],
      ['polygon', true],
    ]);
    expect(first.reasons).toEqual([
      'there is no class spaceship',
      'polygon: fewer than 3 points',
      'an object has no class or no outline',
    ]);
    await put(folder, {
      [`${root}_labelTrainIds.png`]: await grey16Png(
        Uint16Array.from([0, 255, 255, 13, 0, 255, 255, 13]),
        size,
      ),
    });
    const second = await readAll('cityscapes', folder);
    const labels = second.items[0]!.annotations.map((part) => second.names[(part as Mask).label!]);
    expect(labels).toEqual(['road', 'car']);
  });

  test('damage is told', async () => {
    const folder = fresh();
    await put(folder, {
      'gtFine/val/a_gtFine_instanceIds.png': 'no picture',
      'gtFine/val/b_gtFine_instanceIds.png': await grey16Png(new Uint16Array(8).fill(99), size),
    });
    const { items, reasons } = await readAll('cityscapes', folder);
    expect(items.map(({ annotations }) => annotations.length)).toEqual([0, 0]);
    expect(reasons).toHaveLength(2);
  });
});

describe('CamVid', () => {
  test('lists made elsewhere, its own classes, numbers in grey, paths out of the folder', async () => {
    const folder = fresh();
    await put(folder, {
      'train.txt':
        '/SegNet/CamVid/train/a.png /SegNet/CamVid/trainannot/a.png\n/../../x.png y.png\n\n/train/b.png\n',
      'train/a.png': 'x',
      'trainannot/a.png': await grey16Png(Uint16Array.from([0, 5, 6, 99, 0, 5, 6, 6]), size),
    });
    const { items, names, reasons } = await readAll('camvid', folder);
    expect(names.slice(0, 2)).toEqual(['Void', 'Animal']);
    expect(items.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(items[0]!.annotations.map((part) => names[(part as Mask).label!])).toEqual([
      'Void',
      'Building',
      'Car',
    ]);
    expect(reasons).toEqual([
      'there is no class for 99',
      "there is no picture, or its path leaves the set's folder",
    ]);
  });

  test('masks of one class become one, and covered ones go, both told', async () => {
    const folder = fresh();
    const annotations = [mask(0, left), mask(0, right), mask(1, left), { ...mask(2, left), zOrder: 1 }];
    const set = setOf(['a b', 'c', 'd'], [{ id: 'x y', annotations }], size);
    const report = await format('camvid').write(set, folder, { media: 'none' });
    expect([...report.problems.byReason.keys()]).toEqual([
      'a mask joins another of its class: this format has one for each',
      'a mask that others cover as a whole',
    ]);
    const { items, names } = await readAll('camvid', folder);
    expect(names).toEqual(['background', 'a b', 'c', 'd']);
    expect(items[0]!.id).toBe('x y');
    expect(items[0]!.annotations.map((part) => (part as Mask).label)).toEqual([3, 1]);
  });
});

describe('mask pictures with dataset_meta.json', () => {
  test('subsets, classes at one place, pictures without a mask, a colour of no class', async () => {
    const folder = fresh();
    const set = setOf(
      ['cat', 'dog'],
      [
        { id: 'sub/a', subset: 'train', annotations: [mask(1, left)] },
        { id: 'b', subset: 'val', annotations: [] },
      ],
      size,
    );
    const name = 'common_semantic_segmentation_with_subset_dirs';
    await format(name).write(set, folder, { media: 'none' });
    await put(folder, { 'val/images/b.png': 'x', 'val/masks/c.png': 'damaged', 'train/masks/d.bmp': '' });
    const { items, names, reasons } = await readAll(name, folder);
    expect(names).toEqual(['cat', 'dog']);
    expect(items.map(({ subset, id, annotations }) => `${subset}/${id} ${annotations.length}`)).toEqual([
      'train/d 0',
      'train/sub/a 1',
      'val/b 0',
      'val/c 0',
    ]);
    expect(reasons).toHaveLength(2);
    const strange = fresh();
    await put(strange, {
      'dataset_meta.json': '{"label_map": {"0": "sky"}, "segmentation_colors": [[9, 9, 300]]}',
      'masks/a.png': await grey16Png(Uint16Array.from([7, 0, 0, 0, 0, 0, 0, 0]), size),
    });
    const odd = await readAll('common_semantic_segmentation', strange);
    expect(odd.reasons).toEqual(['there is no class for 7']);
    await expect(readAll(name, fresh())).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

import { describe, expect, test } from 'vitest';
import { format, setOf, shape } from '../formats/common/testing.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms } from './index.ts';

const filtered = async (set: Parameters<typeof applyTransforms>[0], expression: string, mode: string) =>
  itemsOf(
    await applyTransforms(set, [{ name: 'xpath_filter', options: { expression, mode } }], { scratch: null }),
  );

/** Of Datumaro 1.13.12: what it keeps of two sets, in items and annotations. */
const datumaro: readonly (readonly [
  set: string,
  mode: string,
  expression: string,
  items: number,
  kept: number,
])[] = [
  ['datumaro', 'items', '/item/annotation[label="car"]', 11, 139],
  ['datumaro', 'items', '/item[image/width > 100]', 14, 191],
  ['datumaro', 'items', 'count(/item/annotation) > 5', 23, 296],
  ['datumaro', 'items', '/item[not(annotation)]', 1, 0],
  ['datumaro', 'annotations', '/item/annotation[type="bbox" and area > 1000]', 24, 42],
  ['datumaro', 'annotations', '//annotation[w > h]', 24, 58],
  ['datumaro', 'annotations', '/item/annotation[bbox/area < 500]', 24, 37],
  ['datumaro', 'annotations', '/item/annotation[score > 0.6]', 24, 111],
  ['datumaro', 'annotations', '/item/annotation[occluded="False"][group > 2]', 24, 66],
  ['datumaro', 'annotations', 'annotation[position() < 3]', 24, 46],
  ['datumaro', 'annotations', '/item/annotation[contains(caption, "1")]', 24, 12],
  ['datumaro', 'annotations', '/item/annotation[label_id mod 2 = 1]', 24, 140],
  ['datumaro', 'annotations', '/item/annotation[point/visible="hidden"]', 24, 11],
  ['datumaro', 'items+annotations', '/item/annotation[type="polygon"]', 23, 80],
  [
    'datumaro',
    'annotations',
    '/item/annotation[area > sum(../annotation/area) div count(../annotation/area)]',
    24,
    50,
  ],
  ['coco_person_keypoints', 'items', '/item/annotation[label="car"]', 11, 133],
  ['coco_person_keypoints', 'annotations', '/item/annotation[bbox/area < 500]', 24, 82],
  ['coco_person_keypoints', 'annotations', '/item/annotation[point/visible="hidden"]', 24, 86],
  ['coco_person_keypoints', 'items+annotations', '/item/annotation[type="polygon"]', 23, 101],
];

describe.skipIf(!haveData)(`filters by XPath as Datumaro's${whyNot}`, () => {
  test.each(datumaro)('%s, %s: %s', async (set, mode, expression, items, kept) => {
    const found = await filtered(await format(set).read(corpus(set)), expression, mode);
    const annotations = found.reduce((sum, item) => sum + item.annotations.length, 0);
    expect([found.length, annotations]).toEqual([items, kept]);
  });
});

describe('filters by XPath', () => {
  const box = (width: number, attributes: Record<string, string | number | boolean | null>) => ({
    ...shape,
    type: 'box' as const,
    x: 1,
    y: 2,
    width,
    height: 4,
    attributes: new Map(Object.entries(attributes)),
  });
  const set = setOf(
    ['a <b> & c'],
    [
      { id: 'one', annotations: [box(3, { 'is hit': true, '7th': 'x', 'a/b': null }), box(30, {})] },
      { id: 'two\u0001', subset: 'val' },
    ],
  );

  test('attributes have their names made ones of elements, and values as Python prints them', async () => {
    const kept = async (expression: string): Promise<number[]> =>
      (await filtered(set, expression, 'annotations')).map(({ annotations }) => annotations.length);
    expect(await kept('//annotation[is-hit="True"]')).toEqual([1, 0]);
    expect(await kept('//annotation[_7th="x" and a_b="None"]')).toEqual([1, 0]);
    expect(await kept('//annotation[label="a <b> & c"][w=30]')).toEqual([1, 0]);
    // What is found in an annotation is not the annotation.
    expect(await kept('//annotation/label')).toEqual([0, 0]);
    expect(await filtered(set, '/item[subset="val"]', 'items')).toHaveLength(1);
    expect(await filtered(set, 'string(/item/nothing)', 'items')).toHaveLength(0);
    expect(await filtered(set, '//annotation[w=3]', 'items+annotations')).toHaveLength(1);
  });

  test('what is no expression, or finds no annotations, is told', async () => {
    for (const [expression, mode] of [
      ['//annotation[', 'items'],
      ['document("/etc/passwd")', 'items'],
      ['count(//annotation)', 'annotations'],
      ['$variable', 'items'],
    ] as const) {
      await expect(filtered(set, expression, mode)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
  });
});

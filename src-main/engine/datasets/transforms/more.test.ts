import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { format, scratch, setOf, shape } from '../formats/common/testing.ts';
import { areaOf, decodeBitmap, encodeBitmap } from '../masks.ts';
import type { Annotation, Item } from '../model/index.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms, parseStep } from './index.ts';

const { fresh } = scratch();

async function run(set: Parameters<typeof applyTransforms>[0], ...steps: readonly string[]): Promise<Item[]> {
  return itemsOf(await applyTransforms(set, steps.map(parseStep), { scratch: null }));
}

const box = (x: number, y: number, width: number, height: number, more: object = {}): Annotation => ({
  ...shape,
  type: 'box',
  x,
  y,
  width,
  height,
  ...more,
});
const label = (number: number): Annotation => ({
  type: 'label',
  id: 0,
  group: 0,
  label: number,
  attributes: new Map(),
});
const mask = (rows: readonly string[], more: object = {}): Annotation => {
  const [width, height] = [rows[0]!.length, rows.length];
  const bits = Uint8Array.from([...rows.join('')], (bit) => (bit === '#' ? 1 : 0));
  return { ...shape, type: 'mask', width, height, counts: encodeBitmap(bits, width, height), ...more };
};
const drawn = (part: Annotation): string => {
  if (part.type !== 'mask') throw new Error(part.type);
  const bits = decodeBitmap(part.counts, part.width, part.height);
  return Array.from({ length: part.height }, (_, y) =>
    [...bits.subarray(y * part.width, (y + 1) * part.width)].map((bit) => (bit === 1 ? '#' : '.')).join(''),
  ).join('\n');
};

describe('masks and outlines of a picture', () => {
  const size = { width: 6, height: 3 };

  test('what lies under others is cut off, but no hole is cut, and what is hidden wholly stays', async () => {
    const below = mask(['####..', '####..', '####..'], { zOrder: 0 });
    const above = mask(['..####', '..####', '......'], { zOrder: 2 });
    const inner = mask(['......', '#.....', '......'], { zOrder: 1 });
    const hidden = mask(['...#..', '......', '......'], { zOrder: 1 });
    const [item] = await run(
      setOf(['a'], [{ id: 'x', annotations: [above, below, inner, hidden] }], size),
      'crop_covered_segments',
    );
    expect(item!.annotations.map(drawn)).toEqual([
      '##....\n##....\n####..',
      '......\n#.....\n......',
      '...#..\n......\n......',
      '..####\n..####\n......',
    ]);
    const ring = { ...shape, type: 'polygon', points: [0, 0, 4, 0, 4, 3, 0, 3], zOrder: 0 } as const;
    const [cut] = await run(
      setOf(['a'], [{ id: 'x', annotations: [ring, above] }], size),
      'crop_covered_segments',
    );
    expect(cut!.annotations.map(({ type }) => type)).toEqual(['polygon', 'mask']);
    expect(cut!.annotations[0]).toMatchObject({ points: [0, 0, 2, 0, 2, 2, 4, 2, 4, 3, 0, 3] });
  });

  test('the parts of an object become one mask, that of the largest', async () => {
    const small = mask(['#.....', '......', '......'], { group: 4, label: 1 });
    const large = mask(['......', '.####.', '......'], { group: 4, label: 0, id: 9 });
    const ring = { ...shape, type: 'polygon', points: [4, 2, 6, 2, 6, 3, 4, 3], group: 4 } as const;
    const alone = mask(['.....#', '......', '......']);
    const set = setOf(['a', 'b'], [{ id: 'x', annotations: [small, large, ring, alone] }], size);
    const [item] = await run(set, 'merge_instance_segments');
    expect(item!.annotations.map(({ type }) => type)).toEqual(['mask', 'polygon', 'mask']);
    expect(drawn(item!.annotations[2]!)).toBe('#.....\n.####.\n......');
    expect(item!.annotations[2]).toMatchObject({ label: 0, id: 9, group: 4 });
    const [all] = await run(set, 'merge_instance_segments:include_polygons=true');
    expect(all!.annotations.map(({ type }) => type)).toEqual(['mask', 'mask']);
    expect(drawn(all!.annotations[1]!)).toBe('#.....\n.####.\n....##');
  });

  test.skipIf(!haveData)(`cover as many pixels as Datumaro's${whyNot}`, async () => {
    const pixels = async (set: string, ...steps: readonly string[]): Promise<readonly [number, number]> => {
      const items = await run(await format('datumaro').read(corpus(set)), ...steps);
      const masks = items.flatMap(({ annotations }) =>
        annotations.flatMap((part) => (part.type === 'mask' ? [part] : [])),
      );
      return [masks.length, masks.reduce((sum, { counts }) => sum + areaOf(counts), 0)];
    };
    expect(await pixels('datumaro@seg', 'crop_covered_segments')).toEqual([82, 59_781]);
    expect(await pixels('datumaro', 'merge_instance_segments')).toEqual([27, 22_316]);
    expect(await pixels('datumaro', 'merge_instance_segments:include_polygons=true')).toEqual([86, 72_030]);
  });
});

describe('splits', () => {
  const dealt = (items: readonly Item[]): Map<string, string[]> => {
    const parts = new Map<string, string[]>();
    for (const { subset, id } of items) parts.set(subset, [...(parts.get(subset) ?? []), id]);
    return parts;
  };

  test('items of one person or video stay together', async () => {
    const items = Array.from({ length: 60 }, (_, at) => ({
      id: String(at),
      attributes: new Map([['video', at % 6]]),
    }));
    for (const seed of [1, 2, 3]) {
      const found = await run(
        setOf([], items),
        `random_split:train=0.5,val=0.5,seed=${seed},group_attribute=video`,
      );
      const subsets = new Map<unknown, Set<string>>();
      for (const { subset, attributes } of found) {
        const video = attributes.get('video');
        subsets.set(video, new Set([...(subsets.get(video) ?? []), subset]));
      }
      expect([...subsets.values()].every((of) => of.size === 1)).toBe(true);
      expect([...dealt(found).values()].map((ids) => ids.length)).toEqual([30, 30]);
    }
    await expect(
      run(setOf([], items), 'random_split:train=1,group_by=a,group_attribute=b'),
    ).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });

  test('pictures that look alike are never in two subsets', async () => {
    const folder = fresh();
    await mkdir(folder, { recursive: true });
    const items: (Partial<Item> & { id: string })[] = [];
    for (let scene = 0; scene < 8; scene += 1) {
      const grid = Buffer.from(
        Uint8Array.from({ length: 9 * 8 }, (_, at) => ((at * 37 + scene * 101) * (scene + 3)) % 256),
      );
      for (const quality of [95, 40]) {
        const path = join(folder, `${scene}-${quality}.jpg`);
        const picture = sharp(grid, { raw: { width: 9, height: 8, channels: 1 } });
        await picture.resize(90, 80, { kernel: 'nearest' }).jpeg({ quality }).toFile(path);
        items.push({ id: `${scene}-${quality}`, media: { kind: 'image', path, size: null } });
      }
    }
    const found = dealt(
      await run(setOf([], items), 'random_split:train=0.5,test=0.5,seed=4,group_similar=true'),
    );
    const scenes = (subset: string): Set<string> =>
      new Set(found.get(subset)!.map((id) => id.split('-')[0]!));
    expect([...scenes('train')].filter((scene) => scenes('test').has(scene))).toEqual([]);
    expect(found.get('train')).toHaveLength(8);
  });

  test('each task counts its own annotations', async () => {
    // By their boxes all items are alike; by their classes half of them are.
    const items = Array.from({ length: 40 }, (_, at) => ({
      id: String(at),
      annotations: [box(1, 1, 2, 2), label(at % 2)],
    }));
    const found = await run(
      setOf(['a', 'b'], items),
      'stratified_split:train=0.5,val=0.5,task=classification,seed=3',
    );
    for (const ids of dealt(found).values())
      expect(ids.filter((id) => Number(id) % 2 === 0)).toHaveLength(ids.length / 2);
  });

  test('items are taken until each class is there often enough', async () => {
    const items = Array.from({ length: 300 }, (_, at) => ({
      id: String(at),
      subset: at % 2 === 0 ? 'train' : 'val',
      annotations: at % 50 < 2 ? [label(2)] : at % 3 === 0 ? [label(0), label(1)] : [label(0)],
    }));
    const found = await run(setOf(['a', 'b', 'c'], items), 'label_random_sampler:count=10,c=3,seed=2');
    for (const subset of ['train', 'val']) {
      const of = found.filter((item) => item.subset === subset);
      const with_ = (number: number): number =>
        of.filter(({ annotations }) => annotations.some((part) => 'label' in part && part.label === number))
          .length;
      expect(with_(0)).toBeGreaterThanOrEqual(10);
      expect(with_(1)).toBeGreaterThanOrEqual(10);
      expect(with_(2)).toBe(3);
      expect(of.length).toBeLessThan(60);
    }
  });

  test('persons of the test are in no training, and all are asked for and looked for', async () => {
    const items = Array.from({ length: 120 }, (_, at) => ({
      id: String(at),
      attributes: new Map([['person_id', `p${at % 12}`]]),
    }));
    const found = await run(
      setOf([], [...items, { id: 'nobody' }]),
      'reidentification_split:train=0.5,val=0.25,test=0.25,query=0.5,seed=5',
    );
    const parts = dealt(found);
    const persons = (...subsets: readonly string[]): Set<number> =>
      new Set(subsets.flatMap((subset) => (parts.get(subset) ?? []).map((id) => Number(id) % 12)));
    expect(
      [...persons('train', 'val')].filter((one) => persons('test-query', 'test-gallery').has(one)),
    ).toEqual([]);
    expect(persons('test-query')).toEqual(persons('test-gallery'));
    expect(persons('test-query').size).toBe(3);
    expect(parts.get('not-supported')).toEqual(['nobody']);
    expect(parts.get('test-query')).toHaveLength(15);
    expect(parts.get('train')!.length + parts.get('val')!.length).toBe(90);
    await expect(run(setOf([], items), 'reidentification_split:left=1')).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
  });
});

describe('names and numbers', () => {
  const parts = [
    box(5, 5, 2, 2, {
      id: 7,
      attributes: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    }),
    label(1),
    { ...label(1), id: 3 },
  ];
  const set = setOf(
    ['x', 'y'],
    [
      {
        id: 'pic10',
        annotations: parts,
        attributes: new Map([['a', 5]]),
        media: { kind: 'image', path: '/n/one.png', size: null },
      },
      {
        id: 'pic9',
        subset: 'val',
        annotations: [box(1, 1, 1, 1)],
        media: { kind: 'image', path: '/m/one.png', size: null },
      },
      { id: 'pic1', subset: 'val' },
    ],
  );

  test('of annotations', async () => {
    const ids = async (step: string): Promise<number[][]> =>
      (await run(set, step)).map(({ annotations }) => annotations.map(({ id }) => id));
    expect(await ids('reindex_annotations')).toEqual([[1, 2, 3], [4], []]);
    expect(await ids('reindex_annotations:start=5,each_item=true')).toEqual([[5, 6, 7], [5], []]);
    expect(await ids('remove_annotations:ids=[7, 0]')).toEqual([[3], [], []]);
    expect(await ids('remove_annotations:items=[val/pic9]')).toEqual([[7, 0, 3], [], []]);
  });

  test('of classes, boxes and attributes', async () => {
    const [first] = await run(set, 'anns_to_labels');
    expect(first!.annotations.map((part) => [part.type, 'label' in part && part.label])).toEqual([
      ['label', 0],
      ['label', 1],
    ]);
    expect((await run(set, 'bbox_values_decrement'))[0]!.annotations[0]).toMatchObject({
      x: 4,
      y: 4,
      width: 2,
    });
    const [some] = await run(set, 'remove_attributes:attributes=[a]');
    expect([[...some!.attributes.keys()], [...some!.annotations[0]!.attributes.keys()]]).toEqual([[], ['b']]);
    const [all] = await run(set, 'remove_attributes:items=[default/pic10]');
    expect(all!.annotations[0]!.attributes.size).toBe(0);
  });

  test('of items', async () => {
    const names = async (step: string): Promise<string[]> => (await run(set, step)).map(({ id }) => id);
    expect(await names('sort')).toEqual(['pic1', 'pic9', 'pic10']);
    expect(await names('sort:by=subset')).toEqual(['pic10', 'pic1', 'pic9']);
    expect(await names('remove_items:items=[val/pic9]')).toEqual(['pic10', 'pic1']);
    expect(await names('id_from_image_name')).toEqual(['one', 'one', 'pic1']);
    const twins = setOf(
      [],
      [
        { id: 'a', media: { kind: 'image', path: '/n/one.png', size: null } },
        { id: 'b', media: { kind: 'image', path: '/m/one.png', size: null } },
      ],
    );
    await expect(run(twins, 'id_from_image_name')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect((await run(twins, 'id_from_image_name:ensure_unique=true')).map(({ id }) => id)).toEqual([
      'one',
      'one__2',
    ]);
  });
});

describe('objects of several parts', () => {
  const ring = (more: object): Annotation => ({
    ...shape,
    type: 'polygon',
    points: [0, 0, 4, 0, 4, 4],
    ...more,
  });
  const types = (items: readonly Item[]) => items[0]!.annotations.map(({ type, group }) => [type, group]);

  test('are not there twice: the part that has the new kind stands for the others', async () => {
    const annotations = [
      box(0, 0, 4, 4, { group: 1 }),
      ring({ group: 1 }),
      ring({ group: 2 }),
      ring({ group: 0 }),
    ];
    const set = setOf(['a'], [{ id: 'x', annotations }]);
    expect(types(await run(set, 'shapes_to_boxes'))).toEqual([
      ['box', 1],
      ['box', 2],
      ['box', 0],
    ]);
    expect(types(await run(set, 'boxes_to_polygons'))).toEqual([
      ['polygon', 1],
      ['polygon', 2],
      ['polygon', 0],
    ]);
  });

  test('a name that is mistyped is told', async () => {
    const set = setOf(['a'], [{ id: 'x', subset: 'val', annotations: [] }]);
    await run(set, 'map_subsets:vlaid=val', 'remap_labels:nooo=b', 'remove_labels:labels=[c]');
    expect(set.problems.list.map(({ place, reason }) => `${place}: ${reason}`).sort()).toEqual([
      'c: remove_labels: there is no class of this name',
      'nooo: remap_labels: there is no class of this name',
      'vlaid: map_subsets: there is no subset of this name',
    ]);
  });
});

import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { areaOfShape } from '../areas.ts';
import type { Dataset } from '../format.ts';
import { type Annotation, type Item, noAttributes, noCategories, ProblemLog } from '../model/index.ts';
import { overlapOf } from '../overlap.ts';
import { bitsApart, differenceHash } from './duplicates.ts';
import { clipped, placed } from './geometry.ts';
import { applyTransforms, parseStep, transforms } from './index.ts';
import { Random } from './random.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-transforms-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { width: 100, height: 80 };
const shape = { id: 1, group: 0, attributes: noAttributes, label: 0, zOrder: 0 };
const box = (x: number, y: number, width: number, height: number, label: number | null = 0): Annotation => ({
  ...shape,
  type: 'box',
  label,
  x,
  y,
  width,
  height,
});

function item(
  id: string,
  annotations: readonly Annotation[],
  subset = 'train',
  path = `/nowhere/${id}.png`,
): Item {
  return { id, subset, media: { kind: 'image', path, size }, attributes: noAttributes, annotations };
}

function setOf(items: readonly Item[], labels: readonly string[] = ['a', 'b', 'c']): Dataset {
  return {
    categories: { ...noCategories, labels: labels.map((name) => ({ name, parent: '', attributes: [] })) },
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      yield* items;
    },
  };
}

async function run(dataset: Dataset, ...steps: readonly string[]) {
  const changed = await applyTransforms(dataset, steps.map(parseStep), { scratch: null });
  const items: Item[] = [];
  for await (const entry of changed.items()) items.push(entry);
  return { items, labels: changed.categories.labels.map(({ name }) => name), dataset: changed };
}

const labelsOf = (items: readonly Item[]): unknown[] =>
  items.flatMap(({ annotations }) =>
    annotations.map((entry) => ('label' in entry ? entry.label : undefined)),
  );

describe('subsets', () => {
  const many = Array.from({ length: 103 }, (_, at) =>
    item(`v${at % 20}_${at}`, [box(0, 0, 1, 1, at % 10 === 0 ? 1 : 0)]),
  );
  const counts = (items: readonly Item[]): Record<string, number> =>
    Object.fromEntries(
      [...Map.groupBy(items, ({ subset }) => subset)].map(([name, all]) => [name, all.length]),
    );

  test('are renamed, and joined where two get one name', async () => {
    const { items } = await run(
      setOf([item('a', [], 'valid'), item('b', [], 'val'), item('c', [])]),
      'map_subsets:valid=val',
    );
    expect(items.map(({ subset }) => subset)).toEqual(['val', 'val', 'train']);
  });

  test('are dealt out by ratio with Datumaro’s borders, and alike for a seed', async () => {
    const step = 'random_split:train=0.67,val=0.2,test=0.13,seed=5';
    const { items } = await run(setOf(many), step);
    expect(counts(items)).toEqual({ train: 69, val: 20, test: 14 });
    expect((await run(setOf(many), step)).items).toEqual(items);
    const other = await run(setOf(many), step.replace('5', '6'));
    expect(other.items.map(({ subset }) => subset)).not.toEqual(items.map(({ subset }) => subset));
  });

  test('spread classes alike, and keep together what belongs together', async () => {
    const { items } = await run(setOf(many), 'stratified_split:train=0.5,val=0.5');
    const rare = items.filter(({ annotations }) => 'label' in annotations[0]! && annotations[0].label === 1);
    expect(
      Math.abs(rare.filter(({ subset }) => subset === 'val').length - rare.length / 2),
    ).toBeLessThanOrEqual(1);
    const grouped = await run(
      setOf(many),
      'random_split:{subsets: {train: 0.7, val: 0.3}, group_by: "^(v\\\\d+)_"}',
    );
    for (const group of Map.groupBy(grouped.items, ({ id }) => id.split('_')[0]).values()) {
      expect(new Set(group.map(({ subset }) => subset)).size).toBe(1);
    }
    expect(Math.abs(counts(grouped.items)['train']! - 72)).toBeLessThanOrEqual(6);
  });

  test('any ratios give every item one of the subsets, and each about its part', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        async (parts, seed) => {
          const all = parts.reduce((sum, part) => sum + part, 0);
          fc.pre(all > 0);
          const subsets = Object.fromEntries(parts.map((part, at) => [`s${at}`, part / all]));
          const changed = await applyTransforms(
            setOf(many),
            [{ name: 'random_split', options: { subsets, seed } }],
            { scratch: null },
          );
          const items: Item[] = [];
          for await (const entry of changed.items()) items.push(entry);
          expect(items.map(({ id }) => id)).toEqual(many.map(({ id }) => id));
          const found = counts(items);
          for (const [name, ratio] of Object.entries(subsets)) {
            expect(Math.abs((found[name] ?? 0) - ratio * many.length)).toBeLessThanOrEqual(1);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  test('that make no sense are refused', async () => {
    for (const step of [
      'random_split:train=0.5',
      'random_split:../x=1',
      'map_subsets:a=..',
      'random_split',
      'reindex:nonsense=1',
    ]) {
      await expect(run(setOf([]), step)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
  });
});

describe('classes', () => {
  const three = setOf([
    item('a', [box(0, 0, 1, 1, 0), box(0, 0, 1, 1, 1), box(0, 0, 1, 1, 2), box(0, 0, 1, 1, null)]),
  ]);

  test('are renamed, joined and deleted as in Datumaro', async () => {
    const merged = await run(three, 'remap_labels:a=x,c=x');
    expect([merged.labels, labelsOf(merged.items)]).toEqual([
      ['x', 'b'],
      [0, 1, 0, null],
    ]);
    const fewer = await run(three, 'remap_labels:{labels: {b: kept, a: ""}, default: delete}');
    expect([fewer.labels, labelsOf(fewer.items)]).toEqual([['kept'], [0]]);
  });

  test('that have one name and were not named stay two', async () => {
    const twins = setOf([item('a', [box(0, 0, 1, 1, 0), box(0, 0, 1, 1, 1)])], ['fish', 'fish', 'cat']);
    const { labels, items } = await run(twins, 'remap_labels:cat=dog');
    expect([labels, labelsOf(items)]).toEqual([
      ['fish', 'fish', 'dog'],
      [0, 1],
    ]);
  });

  test('get another order', async () => {
    const ordered = await run(three, 'reorder_labels:labels=[c, new, a]');
    expect([ordered.labels, labelsOf(ordered.items)]).toEqual([
      ['c', 'new', 'a'],
      [2, 0, null],
    ]);
    const all = await run(three, 'reorder_labels:labels=[c],rest=append');
    expect([all.labels, labelsOf(all.items)]).toEqual([
      ['c', 'a', 'b'],
      [1, 2, 0, null],
    ]);
    expect((await run(three, 'remove_labels:labels=[b]')).labels).toEqual(['a', 'c']);
  });
});

describe('conditions', () => {
  test('choose items and annotations', async () => {
    const set = setOf([
      item('one', [box(0, 0, 10, 10, 0), box(0, 0, 2, 3, 1)]),
      item('two', [box(0, 0, 1, 1, 2)], 'val'),
    ]);
    const large = await run(set, 'filter:annotations="area >= 6 and label in [\\"a\\", \\"b\\"]"');
    expect(large.items.map(({ annotations }) => annotations.length)).toEqual([2, 0]);
    expect((await run(set, 'filter:annotations="area >= 6",drop_empty=true')).items).toHaveLength(1);
    expect((await run(set, "filter:items=\"subset == 'val' and labels contains 'c'\"")).items).toHaveLength(
      1,
    );
    expect((await run(set, 'filter:annotations="item.annotations > 1"', 'drop_empty')).items).toHaveLength(1);
  });
});

describe('shapes', () => {
  const ring: Annotation = { ...shape, type: 'polygon', points: [10, 10, 40, 10, 40, 30, 10, 30] };

  test('become others and keep what else they are', async () => {
    const set = setOf([item('a', [{ ...ring, group: 4, attributes: new Map([['k', 1]]) }])]);
    const there = await run(set, 'polygons_to_masks', 'masks_to_polygons');
    expect(there.items[0]!.annotations[0]).toMatchObject({ type: 'polygon', group: 4 });
    expect(overlapOf([ring], there.items[0]!.annotations)).toBeGreaterThan(0.9);
    const boxes = await run(set, 'shapes_to_boxes', 'boxes_to_polygons', 'shapes_to_boxes');
    expect(boxes.items[0]!.annotations).toMatchObject([{ type: 'box', x: 10, y: 10, width: 30, height: 20 }]);
    expect((await run(set, 'boxes_to_masks')).items[0]!.annotations[0]!.type).toBe('polygon');
  });

  test('are cut at the edge of the picture', () => {
    expect(clipped(box(-5, 70, 20, 20), size)).toMatchObject([{ x: 0, y: 70, width: 15, height: 10 }]);
    expect(clipped(box(200, 0, 5, 5), size)).toEqual([]);
    expect(clipped(box(90, 0, 40, 10), size, 0.5)).toEqual([]);
    const line: Annotation = {
      ...shape,
      type: 'polyline',
      points: [-10, 10, 50, 10, 50, -10, 60, -10, 60, 20],
    };
    expect(clipped(line, size).map((part) => ('points' in part ? part.points : []))).toEqual([
      [0, 10, 50, 10, 50, 0],
      [60, 0, 60, 20],
    ]);
  });

  test('cutting never makes anything larger, and nothing stays outside', () => {
    const side = fc.double({ min: -150, max: 250, noNaN: true });
    fc.assert(
      fc.property(fc.array(side, { minLength: 6, maxLength: 12 }), (points) => {
        const outline: Annotation = {
          ...shape,
          type: 'polygon',
          points: points.slice(0, points.length & ~1),
        };
        for (const part of clipped(outline, size)) {
          if (part.type !== 'polygon') continue;
          for (const [at, value] of part.points.entries()) {
            expect(value).toBeGreaterThanOrEqual(-1e-9);
            expect(value).toBeLessThanOrEqual((at % 2 === 0 ? size.width : size.height) + 1e-9);
          }
        }
      }),
    );
  });

  test('follow their picture, and back again', () => {
    const there = { scaleX: 2, scaleY: 0.5, moveX: 7, moveY: -3 };
    const back = { scaleX: 0.5, scaleY: 2, moveX: -3.5, moveY: 6 };
    for (const entry of [box(3, 4, 5, 6), ring, { ...box(1, 2, 3, 4), type: 'ellipse' } as Annotation]) {
      const moved = placed(entry, there, size);
      expect(areaOfShape(moved)).toBeCloseTo(areaOfShape(entry), 6);
      expect(placed(moved, back, size)).toEqual(entry);
    }
    const turned: Annotation = {
      ...shape,
      type: 'rotated_box',
      centreX: 5,
      centreY: 5,
      width: 4,
      height: 2,
      angle: 30,
    };
    expect(placed(turned, there, size).type).toBe('polygon');
    expect(placed(turned, { ...there, scaleY: 2 }, size)).toMatchObject({
      type: 'rotated_box',
      width: 8,
      angle: 30,
    });
  });
});

describe('items', () => {
  const two = setOf([item('img_1', []), item('img_2', [], 'val')]);

  test('get numbers, other names, or go', async () => {
    expect((await run(two, 'reindex:start=7')).items.map(({ id }) => id)).toEqual(['7', '8']);
    expect((await run(two, 'rename:search="img_(\\\\d)",replace="p$1"')).items.map(({ id }) => id)).toEqual([
      'p1',
      'p2',
    ]);
    expect((await run(two, 'sample:count=1,seed=2')).items).toHaveLength(1);
    expect((await run(two, 'sample:ratio=0.5')).items).toHaveLength(1);
    await expect(run(two, 'rename:search="img_",replace="../"')).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await expect(run(two, 'sample')).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('pictures', () => {
  const noise = (seed: number) => {
    const random = new Random(seed);
    return sharp(Buffer.from(Array.from({ length: 100 * 80 * 3 }, () => random.below(256))), {
      raw: { width: 100, height: 80, channels: 3 },
    })
      .blur(8)
      .normalise();
  };
  let set: Dataset;
  beforeAll(async () => {
    const [one, again, like, other] = ['one', 'again', 'like', 'other'].map((name) =>
      join(folder, `${name}.png`),
    ) as [string, string, string, string];
    await noise(1).png().toFile(one);
    await writeFile(again, await noise(1).png().toBuffer());
    await sharp(one).resize(60, 48).modulate({ brightness: 1.1 }).png().toFile(like);
    await noise(9).png().toFile(other);
    set = setOf(
      [one, again, like, other].map((path) =>
        item(path.slice(folder.length + 1, -4), [box(10, 10, 20, 20)], 'train', path),
      ),
    );
  });

  test('that are the same, or look alike, are there once', async () => {
    const exact = await run(set, 'remove_duplicates');
    expect(exact.items.map(({ id }) => id)).toEqual(['one', 'like', 'other']);
    expect(exact.dataset.problems.list[0]).toMatchObject({
      place: '',
      reason: 'left out: the same picture as train/one',
    });
    const near = await run(set, 'ndr:near=true,distance=6');
    expect(near.items.map(({ id }) => id)).toEqual(['one', 'other']);
    const hashes = await Promise.all(
      ['one', 'other'].map((name) => differenceHash(join(folder, `${name}.png`))),
    );
    expect(bitsApart(hashes[0]!, hashes[1]!)).toBeGreaterThan(12);
  });

  test('are made anew with what is on them', async () => {
    const scratch = await mkdtemp(join(folder, 'scratch-'));
    const change = async (step: string): Promise<Item[]> => {
      const changed = await applyTransforms(set, [parseStep('sample:count=1'), parseStep(step)], { scratch });
      const items: Item[] = [];
      for await (const entry of changed.items()) items.push(entry);
      for (const { media } of items) {
        const { width, height } = await sharp(media!.path).metadata();
        expect({ width, height }).toEqual(media!.size);
      }
      return items;
    };
    expect((await change('resize:width=50,height=80'))[0]!.annotations[0]).toMatchObject({
      x: 5,
      y: 10,
      width: 10,
      height: 20,
    });
    expect((await change('resize:width=64,height=64,keep_ratio=true'))[0]!.annotations[0]).toMatchObject({
      x: 6.4,
      width: 12.8,
    });
    expect((await change('crop:x=15,y=15,width=30,height=30'))[0]).toMatchObject({
      media: { size: { width: 30, height: 30 } },
      annotations: [{ x: 0, y: 0, width: 15, height: 15 }],
    });
    const tiles = await change('tile:width=40,height=40,overlap=0.1');
    expect(tiles.map(({ id }) => id.replace(/^[a-z]+/, ''))).toEqual(
      [0, 36, 72].flatMap((top) => [0, 36, 72].map((left) => `_x${left}_y${top}`)),
    );
    expect(tiles[0]!.annotations).toMatchObject([{ x: 10, y: 10, width: 20, height: 20 }]);
    expect((await readdir(scratch)).length).toBe(12);
  });
});

test('every transform says what it does and what it takes', () => {
  const names = transforms.flatMap(({ name, aliases }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  for (const { description, options } of transforms) {
    expect(description).toMatch(/^[A-Z].*\.$/);
    for (const option of Object.values(options.shape)) {
      expect((option as { description?: string }).description).toBeTruthy();
    }
  }
});

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { formatNamed } from '../formats/index.ts';
import { type Annotation, type Item, noAttributes, noCategories, ProblemLog } from '../model/index.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms, parseStep, stepText } from '../transforms/index.ts';
import { describeSet } from './distributions.ts';
import { type Task, validate } from './index.ts';
import { samePictures } from './pictures.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-validation-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { width: 100, height: 100 };

function setOf(items: readonly Item[], labels = ['a', 'b', 'c']): Dataset {
  return {
    categories: { ...noCategories, labels: labels.map((name) => ({ name, parent: '', attributes: [] })) },
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      yield* items;
    },
  };
}

type Spec = readonly [x: number, y: number, width: number, height: number, label: number | null];

/** Forty pictures with faults of every kind, which Datumaro 1.13.12 was given, too. */
function faulty(task: Task): Dataset {
  return setOf(
    Array.from({ length: 40 }, (_, index) => {
      const specs: Spec[] = [[index * 2, index, 10 + (index % 5), 20 + (index % 3), 0]];
      if (index === 7) specs.push([0, 0, 400, 300, 0]);
      if (index === 9) specs.push([1, 1, 0.5, 5, 0]);
      if (index === 11) specs.push([5, 5, 9, 9, 1]);
      if (index === 13) specs.push([5, 5, 9, 9, null]);
      if (index === 39) specs.length = 0;
      const annotations = specs.map(([x, y, width, height, label], turn): Annotation => {
        const common = { id: index * 10 + turn + 1, group: 0, attributes: noAttributes, label, zOrder: 0 };
        return task === 'detection'
          ? { ...common, type: 'box', x, y, width, height }
          : {
              ...common,
              type: 'polygon',
              points: [x, y, x + width, y, x + width, y + height, x, y + height],
            };
      });
      return { id: String(index), subset: 'train', media: null, attributes: noAttributes, annotations };
    }),
  );
}

async function counts(dataset: Dataset, task: Task): Promise<Record<string, number>> {
  const { findings } = await validate(dataset, { task });
  return Object.fromEntries(findings.map(({ check, count }) => [check, count]));
}

describe('validation finds what Datumaro finds', () => {
  test.each([
    [
      'detection',
      {
        undefined_label: 1,
        negative_length: 1,
        missing_annotation: 1,
        label_defined_but_not_found: 1,
        far_from_label_mean: 6,
        few_samples_in_label: 1,
        imbalanced_labels: 1,
        imbalanced_dist_in_label: 11,
      },
    ],
    [
      'segmentation',
      {
        undefined_label: 1,
        // Datumaro looks for this in boxes only.
        negative_length: 1,
        missing_annotation: 1,
        label_defined_but_not_found: 1,
        far_from_label_mean: 3,
        few_samples_in_label: 1,
        imbalanced_labels: 1,
        imbalanced_dist_in_label: 6,
      },
    ],
  ] as const)('in forty pictures with faults, for %s', async (task, theirs) => {
    expect(await counts(faulty(task), task)).toEqual(theirs);
  });

  // Datumaro tells of `is_crowd`, too, which every object of COCO's has.
  test.skipIf(!haveData).each([
    [
      'coco_instances',
      'coco_instances@clean',
      'detection',
      { missing_annotation: 1, undefined_attribute: 365 - 138 },
    ],
    [
      'datumaro',
      'datumaro@det',
      'detection',
      { missing_annotation: 1, only_one_attribute_value: 1, undefined_attribute: 258 - 86 },
    ],
    [
      'datumaro',
      'datumaro@seg',
      'segmentation',
      { missing_annotation: 1, attribute_defined_but_not_found: 10, missing_attribute: 104 },
    ],
    [
      'datumaro',
      'datumaro@cls',
      'classification',
      { missing_annotation: 1, attribute_defined_but_not_found: 10, missing_attribute: 28 },
    ],
    [
      'datumaro',
      'datumaro',
      'segmentation',
      {
        missing_annotation: 1,
        missing_attribute: 29,
        only_one_attribute_value: 1,
        undefined_attribute: 428 - 214,
      },
    ],
  ] as const)(`in %s (%s) for %s${whyNot}`, async (format, set, task, theirs) => {
    expect(await counts(await formatNamed(format)!.read(corpus(set)), task)).toEqual(theirs);
  });
});

test('what Datumaro does not look for: shapes outside, annotations twice, pictures missing or in two subsets', async () => {
  const paths = ['one', 'two', 'three', 'four'].map((name) => join(folder, `${name}.png`));
  for (const [index, path] of paths.slice(0, 3).entries()) await writeFile(path, index < 2 ? 'same' : 'else');
  const box: Annotation = {
    id: 0,
    group: 0,
    attributes: noAttributes,
    label: 0,
    zOrder: 0,
    type: 'box',
    x: 90,
    y: 5,
    width: 30,
    height: 9,
  };
  const set = setOf(
    paths.map((path, index) => ({
      id: String(index),
      subset: index === 1 ? 'val' : 'train',
      media: { kind: 'image', path, size },
      attributes: noAttributes,
      annotations: index === 0 ? [box, { ...box, id: 5 }] : [],
    })),
    ['a'],
  );
  const { findings, task } = await validate(set, { pictures: true });
  expect(task).toBe('detection');
  const found = Object.fromEntries(findings.map((finding) => [finding.check, finding]));
  expect(found['outside_picture']).toMatchObject({ count: 2, mend: { name: 'clip' }, byLabel: { a: 2 } });
  expect(found['duplicate_annotation']).toMatchObject({ count: 1 });
  expect(found['missing_picture']).toMatchObject({ count: 1, examples: ['train/3'] });
  expect(found['leakage']).toMatchObject({ count: 1, items: [0, 1], examples: ['train/0, val/1'] });
  expect(await samePictures(set)).toEqual([{ names: ['train/0', 'val/1'], places: [0, 1], subsets: 2 }]);
});

test('a million faults are a page', async () => {
  const set = setOf(
    Array.from({ length: 500 }, (_, index) => ({
      id: String(index),
      subset: 'train',
      media: null,
      attributes: noAttributes,
      annotations: Array.from({ length: 20 }, (): Annotation => {
        const common = { id: 0, group: 0, attributes: noAttributes, label: null, zOrder: 0 };
        return { ...common, type: 'box', x: 0, y: 0, width: 1, height: 1 };
      }),
    })),
  );
  const text = JSON.stringify(await validate(set));
  expect(text.length).toBeLessThan(10_000);
  expect(text).toContain('"count":10000');
});

test('a set is described by classes, sizes and places', async () => {
  const shape = { id: 0, group: 0, attributes: noAttributes, zOrder: 0 };
  const set = setOf([
    {
      id: 'a',
      subset: 'train',
      media: { kind: 'image', path: '/nowhere/a.png', size },
      attributes: noAttributes,
      annotations: [
        { ...shape, type: 'box', label: 0, x: 0, y: 0, width: 10, height: 10 },
        { ...shape, type: 'box', label: 1, x: 90, y: 90, width: 20, height: 5 },
        { id: 0, group: 0, attributes: noAttributes, type: 'label', label: 1 },
      ],
    },
    { id: 'b', subset: 'val', media: null, attributes: noAttributes, annotations: [] },
  ]);
  const found = await describeSet(set);
  expect(found.classes[1]).toEqual({ label: 'b', count: 2, items: 1, bySubset: { train: 2 } });
  expect(found.statistics.itemsWithoutAnnotations).toBe(1);
  expect(found.perItem).toEqual({ least: 0, mean: 1.5, most: 3 });
  expect(found.heatMap[0]![0]).toBe(1);
  expect(found.heatMap[14]![15]).toBe(1);
  expect(found.heatMap.flat().reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(found.boxSizes.counts[found.boxSizes.edges.indexOf(0.1)]).toBe(2);
  expect(found.aspectRatios.counts.reduce((sum, count) => sum + count, 0)).toBe(2);
  expect(found.pictureSizes).toEqual([{ ...size, count: 1 }]);
});

describe('what mends', () => {
  const shape = { id: 0, group: 0, attributes: noAttributes, zOrder: 0 };
  const one: Annotation = { ...shape, type: 'box', label: 0, x: 5, y: 5, width: 9, height: 9 };

  test('each change takes away what was found, and nothing else', async () => {
    const path = join(folder, 'there.png');
    await writeFile(path, 'picture');
    const good: Annotation[] = [
      one,
      { id: 0, group: 0, attributes: noAttributes, type: 'caption', text: 'a text' },
      { id: 0, group: 0, attributes: noAttributes, type: 'label', label: 1 },
      { ...shape, type: 'polyline', label: null, points: [1, 1, 9, 1] },
      { ...shape, type: 'points', label: 1, points: [4, 4], visibility: [2] },
    ];
    const bad: Annotation[] = [
      one,
      { ...one, label: null },
      { ...one, width: 0.2 },
      { ...one, x: 95, width: 20 },
    ];
    const item = (id: string, annotations: readonly Annotation[], file: string): Item => ({
      id,
      subset: 'train',
      media: { kind: 'image', path: file, size },
      attributes: noAttributes,
      annotations,
    });
    const set = setOf(
      [item('a', [...good, ...bad], path), item('b', [], path), item('c', [one], join(folder, 'gone.png'))],
      ['a', 'b', 'unused', 'unused too'],
    );
    const mended = [
      'undefined_label',
      'negative_length',
      'missing_annotation',
      'label_defined_but_not_found',
      'outside_picture',
      'duplicate_annotation',
      'missing_picture',
    ] as const;
    const { findings } = await validate(set, { pictures: true, task: 'detection' });
    for (const check of mended) {
      const { mend } = findings.find((finding) => finding.check === check)!;
      expect(parseStep(stepText(mend!))).toEqual(mend);
      const changed = await applyTransforms(set, [mend!], { scratch: null });
      const after = await validate(changed, { pictures: true, task: 'detection' });
      // A class that other annotations have stays.
      const isPartly = check === 'label_defined_but_not_found';
      expect(after.findings.find((finding) => finding.check === check)?.byLabel).toEqual(
        isPartly ? { b: 1 } : undefined,
      );
      const rest = (await itemsOf(changed)).find(({ id }) => id === 'a')!.annotations;
      const labels = changed.categories.labels.map(({ name }) => name);
      expect(labels.slice(0, 2)).toEqual(['a', 'b']);
      expect(rest).toEqual(expect.arrayContaining(good));
    }
  });

  test('a picture that is turned by EXIF after its annotations were drawn is made upright with them', async () => {
    const path = join(folder, 'turned.jpg');
    const picture = sharp({ create: { width: 100, height: 40, channels: 3, background: 'grey' } });
    await picture.jpeg().withMetadata({ orientation: 6 }).toFile(path);
    const media = { kind: 'image', path, size: { width: 100, height: 40 } } as const;
    const items = [{ id: 'a', subset: 'train', media, attributes: noAttributes, annotations: [one] }];
    const { findings } = await validate(setOf(items, ['a']), { pictures: true });
    const found = findings.find(({ check }) => check === 'other_size')!;
    expect(found.examples).toEqual(['train/a: 40 × 100, said is 100 × 40 before EXIF turns it']);
    const scratch = await mkdtemp(join(folder, 'upright-'));
    const baked = await applyTransforms(setOf(items, ['a']), [found.mend!], { scratch });
    const after = await validate(baked, { pictures: true });
    expect(after.findings.map(({ check }) => check)).not.toContain('other_size');
    const upright = sharp({ create: { width: 100, height: 40, channels: 3, background: 'grey' } });
    await upright.jpeg().toFile(path);
    const swapped = { ...media, size: { width: 40, height: 100 } };
    const plain = await validate(setOf([{ ...items[0]!, media: swapped }], ['a']), { pictures: true });
    expect(plain.findings.find(({ check }) => check === 'other_size')!.mend).toBeNull();
    const other = { ...media, size: { width: 80, height: 40 } };
    const strange = await validate(setOf([{ ...items[0]!, media: other }], ['a']), { pictures: true });
    expect(strange.findings.find(({ check }) => check === 'other_size')).toMatchObject({
      count: 1,
      mend: null,
    });
  });

  test('nothing is offered where it would take what is right', async () => {
    const caption: Annotation = {
      id: 0,
      group: 0,
      attributes: noAttributes,
      type: 'caption',
      text: 'a text',
    };
    const mark: Annotation = { id: 0, group: 0, attributes: noAttributes, type: 'label', label: 0 };
    const item = { id: 'a', subset: 'train', media: null, attributes: noAttributes };
    const set = setOf([{ ...item, annotations: [caption, mark] }], ['a']);
    const { findings } = await validate(set, { task: 'detection' });
    const mends = Object.fromEntries(findings.map(({ check, mend }) => [check, mend]));
    expect(mends).toMatchObject({ missing_annotation: null, label_defined_but_not_found: null });
  });

  test('nothing is offered that would leave no item', async () => {
    const item = { id: 'a', subset: 'train', attributes: noAttributes, annotations: [] };
    const gone = { ...item, media: { kind: 'image' as const, path: '/nowhere/a.jpg', size: null } };
    const mendsOf = async (items: readonly Item[]) => {
      const { findings } = await validate(setOf(items, ['a']), { task: 'detection', pictures: true });
      return Object.fromEntries(findings.map(({ check, mend }) => [check, mend?.name]));
    };
    const alone = await mendsOf([gone]);
    expect([alone['missing_annotation'], alone['missing_picture']]).toEqual([undefined, undefined]);
    expect(Object.keys(alone)).toContain('missing_picture');
    const mark: Annotation = {
      id: 0,
      group: 0,
      attributes: noAttributes,
      type: 'box',
      label: 0,
      zOrder: 0,
      x: 1,
      y: 1,
      width: 2,
      height: 2,
    };
    const both = await mendsOf([gone, { ...item, id: 'b', media: null, annotations: [mark] }]);
    expect(both).toMatchObject({ missing_annotation: 'drop_empty', missing_picture: 'drop_missing' });
  });

  test('pictures that look alike in two subsets, and the shapes of one value of an attribute', async () => {
    const pixels = Buffer.from(Uint8Array.from({ length: 72 }, (_, at) => (at * 53) % 256));
    const picture = sharp(pixels, { raw: { width: 9, height: 8, channels: 1 } }).resize(90, 80);
    const paths = [join(folder, 'near-1.jpg'), join(folder, 'near-2.jpg')];
    await picture.clone().jpeg({ quality: 95 }).toFile(paths[0]!);
    await picture.clone().jpeg({ quality: 50 }).toFile(paths[1]!);
    const box = (index: number): Annotation => ({
      ...one,
      id: index + 1,
      width: index === 0 ? 90 : 9 + (index % 3),
      attributes: new Map([['colour', index % 2 === 0 ? 'red' : 'blue']]),
    });
    const set = setOf(
      paths.map((path, at) => ({
        id: String(at),
        subset: at === 0 ? 'train' : 'test',
        media: { kind: 'image' as const, path, size },
        attributes: noAttributes,
        annotations: at === 0 ? Array.from({ length: 80 }, (_, index) => box(index)) : [],
      })),
      ['a'],
    );
    const declared = { ...set, categories: { ...set.categories, attributes: ['colour'] } };
    const { findings } = await validate(declared, { similar: true, task: 'detection' });
    const found = Object.fromEntries(findings.map((finding) => [finding.check, finding]));
    expect(found['near_leakage']).toMatchObject({ count: 1, examples: ['train/0, test/1'] });
    expect(found['leakage']).toBeUndefined();
    // The one large box is red: it is far from the mean of all, and from that of the red ones. Datumaro counts as many.
    expect(
      ['far_from_label_mean', 'far_from_attr_mean', 'imbalanced_dist_in_attribute'].map(
        (check) => found[check]?.count,
      ),
    ).toEqual([4, 4, 8]);
    expect(found['far_from_attr_mean']!.examples[0]).toContain('colour = red');
  });
});

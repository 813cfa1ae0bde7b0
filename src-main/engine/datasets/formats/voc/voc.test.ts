import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { LabelCategory } from '../../model/index.ts';
import { scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();
const named = (name: string, parent = '', attributes: string[] = []): LabelCategory => ({
  name,
  parent,
  attributes,
});

describe('VOC: parts and actions', () => {
  const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 30, height: 40 };
  const flags = { difficult: false, truncated: false, occluded: false };
  const labels = [
    named('person', '', ['jumping', 'reading', 'colour']),
    named('head', 'person'),
    named('vehicle'),
    named('car', 'vehicle'),
  ];
  const set = setOf(labels, [
    {
      id: 'img 5',
      subset: 'train',
      annotations: [
        {
          ...box,
          group: 3,
          attributes: new Map<string, string | boolean>([
            ['jumping', true],
            ['colour', 'red'],
          ]),
        },
        { ...box, group: 3, label: 1, x: 5 },
        { ...box, group: 3, label: 1, x: 6 },
        { ...box, group: 4, attributes: new Map([['jumping', false]]) },
        { ...box, label: 3 },
      ],
    },
    { id: 'none', subset: 'train' },
  ]);

  test('heads are parts of persons, and a car that is a vehicle is no part', async () => {
    const folder = fresh();
    const { report, items, dataset, reasons } = await writeAndRead('voc_layout', set, folder);
    expect([report.problems.list, reasons]).toEqual([[], []]);
    expect(dataset.categories.labels.map(({ name, parent }) => `${parent}/${name}`)).toEqual([
      '/background',
      '/person',
      '/vehicle',
      '/car',
      'person/head',
    ]);
    expect(await readFile(join(folder, 'ImageSets/Layout/train.txt'), 'utf8')).toBe('"img 5" 1\nnone\n');
    expect(items.map(({ id }) => id)).toEqual(['img 5', 'none']);
    expect(items[0]!.annotations.map((part) => [(part as { label: number }).label, part.group])).toEqual([
      [1, 4],
      [4, 4],
      [4, 4],
      [1, 1],
      [3, 2],
    ]);
    expect((await detectFormats(folder))[0]!.format.name).toBe('voc_layout');
  });

  test('actions are yes or no, and other attributes stay what they are', async () => {
    const folder = fresh();
    const { items, dataset } = await writeAndRead('voc_action', set, folder);
    expect(dataset.categories.labels[1]!.attributes).toEqual(['jumping', 'reading']);
    const [first, , , fourth] = items[0]!.annotations;
    expect(Object.fromEntries(first!.attributes)).toEqual({ ...flags, jumping: true, colour: 'red' });
    expect(Object.fromEntries(fourth!.attributes)).toEqual({ ...flags, jumping: false });
    expect(await readFile(join(folder, 'ImageSets/Action/jumping_train.txt'), 'utf8')).toBe(
      '"img 5" 1  1\n"img 5" 2 -1\n',
    );
    expect(items.map(({ id }) => id)).toEqual(['img 5', 'none']);
    expect((await detectFormats(folder))[0]!.format.name).toBe('voc_action');
  });

  test('the name for all of it holds both', async () => {
    const { items, dataset, report } = await writeAndRead('voc', set, fresh());
    expect(report.problems.list).toEqual([]);
    expect(dataset.categories.labels.find(({ name }) => name === 'head')!.parent).toBe('person');
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['img 5', 5],
      ['none', 0],
    ]);
  });
});

describe('VOC: masks and marks', () => {
  test('the background is what no mask covers, so that a mask of it is told and left out', async () => {
    const mask = { ...shape, type: 'mask' as const, width: 4, height: 2, counts: [0, 4, 4] };
    const set = setOf(
      ['background', 'cat'],
      [{ id: 'a', annotations: [mask, { ...mask, label: 1, counts: [4, 4] }] }],
    );
    const { report, items } = await writeAndRead('voc_segmentation', set, fresh());
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'a mask of the background, which is what no mask covers',
    ]);
    expect(items[0]!.annotations.map((part) => 'label' in part && part.label)).toEqual([1]);
  });

  test('classes of one name share a list, and the set’s own background is VOC’s', async () => {
    const folder = fresh();
    const mark = (label: number) => ({
      ...{ type: 'label' as const, id: 0, group: 0, label },
      attributes: new Map(),
    });
    const set = setOf(
      ['cat', 'cat', 'background'],
      [
        { id: 'a', annotations: [mark(0)] },
        { id: 'b', annotations: [mark(1)] },
        { id: 'c', annotations: [{ ...shape, type: 'box', x: 1, y: 1, width: 2, height: 2, label: 2 }] },
      ],
    );
    const { items, dataset } = await writeAndRead('voc', set, folder);
    const list = await readFile(join(folder, 'ImageSets/Main/cat_default.txt'), 'utf8');
    expect(list).toBe('a  1\nb  1\nc -1\n');
    const names = items.map(({ annotations }) =>
      annotations.map((part) => 'label' in part && dataset.categories.labels[part.label ?? -1]?.name),
    );
    expect(names).toEqual([['cat'], ['cat'], ['background']]);
    expect(dataset.categories.labels.map(({ name }) => name)).toEqual(['background', 'cat', 'cat']);
  });

  test('a mark that is text counts as what it says', async () => {
    const attributes = new Map([
      ['occluded', '1'],
      ['truncated', 'False'],
    ]);
    const box = { ...shape, attributes, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const { items } = await writeAndRead(
      'voc_detection',
      setOf(['cat'], [{ id: 'a', annotations: [box] }]),
      fresh(),
    );
    const read = items[0]!.annotations[0]!.attributes;
    expect([read.get('occluded'), read.get('truncated')]).toEqual([true, false]);
  });
});

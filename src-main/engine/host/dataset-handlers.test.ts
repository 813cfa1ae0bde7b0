import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transforms } from '../datasets/index.ts';
import { Journal } from '../jobs/journal.ts';
import { datasetHandlers } from './dataset-handlers.ts';
import { Handles } from './handles.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-pages-'));
  await mkdir(join(folder, 'annotations'));
  const categories = [{ id: 1, name: 'cat' }];
  const text = JSON.stringify({
    images: [
      { id: 1, file_name: '1.jpg' },
      { id: 2, file_name: '2.jpg', width: 60, height: 40 },
    ],
    categories,
    annotations: [],
  });
  await writeFile(join(folder, 'annotations', 'instances_train.json'), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a page can’t have a file read by naming it in a change', async () => {
  const handles = new Handles(new Journal(':memory:'), []);
  const added: unknown[] = [];
  const jobs = {
    add: (input: unknown) => String(added.push(input)),
    cancel: () => undefined,
    result: () => null,
  };
  const { handlers, close } = datasetHandlers({ handles, emit: () => undefined, jobs });
  const { handles: admitted } = await handles.admit([folder]);
  const { id } = await handlers['datasets.open']!({ handle: admitted[0]!.id, within: '', every: 1 });
  await handlers['datasets.read']!({ id, format: 'coco_instances' });

  const { transforms: offered } = await handlers['datasets.transforms']!({});
  expect(transforms.filter(({ files }) => files).map(({ name }) => name)).toEqual(['correct']);
  expect(offered.map(({ name }) => name)).not.toContain('correct');
  expect(offered).toHaveLength(transforms.length - 1);

  const steps = [{ name: 'Correct', options: { reports: join(folder, 'secret.json') } }];
  const place = {
    to: 'voc',
    folder: null,
    name: 'out',
    media: 'none',
    overwrite: false,
    strict: false,
  } as const;
  const other = { handle: admitted[0]!.id, within: '', every: 1, format: 'coco_instances' };
  for (const asked of [
    () => handlers['datasets.shape']!({ id, steps }),
    () => handlers['datasets.validate']!({ id, steps, similar: false }),
    async () =>
      handlers['datasets.openRecipe']!({ text: `version: 1\ntransforms: ${JSON.stringify(steps)}` }),
    () => handlers['datasets.describe']!({ id, steps }),
    () => handlers['datasets.plan']!({ id, to: 'voc', steps }),
    () => handlers['datasets.compare']!({ id, steps, other, pictures: false }),
    () => handlers['datasets.convert']!({ id, steps, ...place }),
  ])
    await expect(asked()).rejects.toMatchObject({ code: 'FORBIDDEN', hint: /./ });
  expect(added).toEqual([]);
  await close();
});

test('a page sees the items as changes make them, and which pictures are only made in writing', async () => {
  const handles = new Handles(new Journal(':memory:'), []);
  const jobs = { add: () => '', cancel: () => undefined, result: () => null };
  const { handlers, close, pictureOf } = datasetHandlers({ handles, emit: () => undefined, jobs });
  const { handles: admitted } = await handles.admit([folder]);
  const { id } = await handlers['datasets.open']!({ handle: admitted[0]!.id, within: '', every: 1 });
  await handlers['datasets.read']!({ id, format: 'coco_instances' });
  const filter = { subset: null, label: null, empty: false, finding: null, difference: null, text: '' };
  const look = (changed: boolean) =>
    handlers['datasets.items']!({ id, filter, changed, offset: 0, count: 9 });
  const seen = async (changed: boolean) =>
    (await look(changed)).items.map(({ id: name, subset, size, picture }) => ({
      name,
      subset,
      size,
      picture,
    }));
  const source = [
    { name: '1', subset: 'train', size: null, picture: 'here' },
    { name: '2', subset: 'train', size: { width: 60, height: 40 }, picture: 'here' },
  ];
  expect(await seen(false)).toEqual(source);
  expect(await seen(true)).toEqual(source);

  const renamed = { name: 'map_subsets', options: { subsets: { train: 'val' } } };
  await handlers['datasets.shape']!({ id, steps: [renamed] });
  expect(await seen(true)).toEqual(source.map((item) => ({ ...item, subset: 'val' })));

  const halves = { name: 'tile', options: { width: 30, height: 40 } };
  await handlers['datasets.shape']!({ id, steps: [halves] });
  const half = { subset: 'train', size: { width: 30, height: 40 }, picture: 'later' };
  expect(await seen(true)).toEqual([
    { ...half, name: '2_x0_y0' },
    { ...half, name: '2_x30_y0' },
  ]);
  expect(await seen(false)).toEqual(source);
  expect(await pictureOf(`${id}.1`)).toBe(join(folder, 'images', 'train', '2.jpg'));
  expect(await pictureOf(`${id}.changed3.1`)).toBe(join(folder, 'images', 'train', '2.jpg'));
  expect(await pictureOf(`${id}.changed3.2`)).toBeUndefined();

  await handlers['datasets.shape']!({ id, steps: [] });
  expect(await seen(true)).toEqual(source);
  await close();
});

test('a page merges and compares sets by their handles, and a conversion knows them all', async () => {
  const handles = new Handles(new Journal(':memory:'), []);
  const added: unknown[] = [];
  const jobs = {
    add: (input: unknown) => String(added.push(input)),
    cancel: () => undefined,
    result: () => null,
  };
  const { handlers, close } = datasetHandlers({ handles, emit: () => undefined, jobs });
  const { handles: admitted } = await handles.admit([folder]);
  const place = { handle: admitted[0]!.id, within: '', every: 1 };
  const { id } = await handlers['datasets.open']!(place);
  await handlers['datasets.read']!({ id, format: 'coco_instances' });

  const look = await handlers['datasets.examine']!(place);
  expect(look.path).toBe(folder);
  expect(look.candidates[0]?.format).toBe('coco_instances');
  const other = { ...place, format: 'coco_instances' };
  const merging = { mode: 'intersect' } as const;
  const made = await handlers['datasets.merge']!({ id, others: [other], merging });
  expect(made).toMatchObject({
    summary: { items: 2 },
    sizes: [2, 2],
    merging: { mode: 'intersect', overlap: 0.5, quorum: 2 },
  });
  expect(await handlers['datasets.compare']!({ id, steps: [], other, pictures: true })).toMatchObject({
    equal: true,
    same: 2,
  });
  const output = {
    to: 'voc',
    folder: null,
    name: 'out',
    media: 'none',
    overwrite: false,
    strict: false,
  } as const;
  await handlers['datasets.convert']!({ id, steps: [], ...output });
  expect(added).toMatchObject([
    { path: folder, merged: { others: [{ path: folder, from: 'coco_instances' }], options: made.merging } },
  ]);
  await expect(
    handlers['datasets.merge']!({ id, others: [{ ...other, handle: 'unknown' }], merging }),
  ).rejects.toMatchObject({ code: 'HANDLE_UNKNOWN' });
  await close();
});

test('a set stays open while others are looked at, a few of them, and has its id again in another engine', async () => {
  const handles = new Handles(new Journal(':memory:'), []);
  const jobs = { add: () => '', cancel: () => undefined, result: () => null };
  const parts = { handles, emit: () => undefined, jobs };
  const { handlers, close } = datasetHandlers(parts);
  const { handles: admitted } = await handles.admit([folder]);
  const place = { handle: admitted[0]!.id, within: '', every: 1 };
  const open = async (): Promise<string> => (await handlers['datasets.open']!(place)).id;
  const read = (id: string) => handlers['datasets.read']!({ id, format: 'coco_instances' });
  const isOpen = async (id: string) => (await handlers['datasets.isOpen']!({ id })).open;

  const first = await open();
  await read(first);
  const others = [await open(), await open()];
  expect(await Promise.all([first, ...others].map(isOpen))).toEqual([true, true, true]);
  // What is asked for stays longer than what is not.
  await read(first);
  others.push(await open(), await open());
  expect(await Promise.all([first, ...others].map(isOpen))).toEqual([true, false, true, true, true]);
  await handlers['datasets.close']!({ id: others[3]! });
  expect(await isOpen(first)).toBe(true);
  await close();
  expect(await isOpen(first)).toBe(false);

  const later = datasetHandlers(parts);
  const { id } = await later.handlers['datasets.open']!({ ...place, again: first });
  expect(id).toBe(first);
  await later.close();
});

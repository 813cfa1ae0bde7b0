import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { format, put, scratch } from './formats/common/testing.ts';
import { InfosBuilder, ProblemLog } from './model/index.ts';
import { merge, planConversion, runConversion } from './operations/index.ts';
import { itemsOf } from './testing/items.ts';
import { applyTransforms } from './transforms/index.ts';

const { fresh } = scratch();

const licenses = [
  {
    url: 'http://creativecommons.org/licenses/by-nc-sa/2.0/',
    id: 1,
    name: 'Attribution-NonCommercial-ShareAlike',
  },
  { url: 'http://creativecommons.org/licenses/by/2.0/', id: 4, name: 'Attribution' },
];
const info = {
  description: 'Cats',
  url: 'https://example.org',
  version: '1.0',
  year: 2017,
  contributor: 'Ann',
};

/** As COCO's own files and Roboflow's, with what most readers pass over. */
const coco = {
  info,
  licenses,
  categories: [
    {
      id: 3,
      name: 'cat',
      supercategory: 'animal',
      isthing: 0,
      synset: 'cat.n.01',
      synonyms: ['puss', 'kitty'],
    },
  ],
  images: [
    {
      ...{ id: 7, width: 60, height: 40, file_name: 'a.jpg', license: 4 },
      ...{ coco_url: 'http://images.example.org/a.jpg', flickr_url: 'http://farm.example.org/a.jpg' },
      ...{ date_captured: '2013-11-14 17:02:52', extra: { name: 'a original.jpg' } },
    },
    {
      id: 9,
      width: 60,
      height: 40,
      file_name: 'b.jpg',
      license: 0,
      coco_url: '',
      flickr_url: '',
      date_captured: 0,
    },
  ],
  annotations: [
    {
      id: 11,
      image_id: 7,
      category_id: 3,
      bbox: [1, 2, 30, 20],
      area: 600,
      segmentation: [],
      iscrowd: 0,
      track_id: 5,
    },
  ],
};

async function cocoSet(
  changes: Partial<Record<keyof typeof coco, unknown>> = {},
  subset = 'train',
): Promise<string> {
  const folder = fresh();
  await put(folder, { [`annotations/instances_${subset}.json`]: JSON.stringify({ ...coco, ...changes }) });
  return folder;
}

async function written(folder: string, path: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(folder, path), 'utf8')) as Record<string, unknown>;
}

test('what a COCO file says of set, classes, pictures and objects is in its copy', async () => {
  const output = join(fresh(), 'copy');
  const { check } = await runConversion({
    ...{ source: await cocoSet(), from: 'coco_instances', to: 'coco_instances' },
    ...{ output, media: 'none' },
  });
  expect(check).toBe('passed');
  const copy = await written(output, 'annotations/instances_train.json');
  expect(copy['info']).toEqual(info);
  expect(copy['licenses']).toEqual(licenses);
  expect(copy['categories']).toEqual(coco.categories);
  expect(copy['images']).toEqual([
    coco.images[0],
    { id: 9, width: 60, height: 40, file_name: 'b.jpg', license: 0 },
  ]);
  const { track_id, ...object } = coco.annotations[0]!;
  expect(copy['annotations']).toEqual([{ ...object, attributes: { track_id } }]);
});

test('a target without a place for it says so beforehand', async () => {
  const source = await cocoSet();
  const request = { source, from: 'coco_instances', output: join(fresh(), 'none'), media: 'none' } as const;
  const { loss } = await planConversion({ ...request, to: 'kitti_detection' });
  expect(loss.notes).toEqual(
    expect.arrayContaining([
      'The attributes of 2 items are dropped: id, license, coco_url, flickr_url, date_captured, extra.',
      '6 facts about the set as a whole are dropped: licenses, description, url, version, year, contributor.',
      '3 facts about classes are dropped: isthing, synset, synonyms.',
    ]),
  );
  const kept = await planConversion({ ...request, to: 'coco_instances' });
  expect(kept.loss.notes).toEqual([]);
});

test("it goes through Datumaro's JSON and back", async () => {
  const [there, back] = [join(fresh(), 'there'), join(fresh(), 'back')];
  const media = 'none';
  await runConversion({
    source: await cocoSet(),
    from: 'coco_instances',
    to: 'datumaro',
    output: there,
    media,
  });
  expect((await written(there, 'annotations/train.json'))['infos']).toEqual({ licenses, ...info });
  await runConversion({ source: there, from: 'datumaro', to: 'coco_instances', output: back, media });
  const copy = await written(back, 'annotations/instances_train.json');
  expect(copy).toMatchObject({ info, licenses, images: [coco.images[0], { file_name: 'b.jpg' }] });
});

test('what came back otherwise is no good conversion', async () => {
  const source = await cocoSet({ info: { description: 'Cats' }, licenses: [] });
  const dataset = await format('coco_instances').read(source);
  const { RoundTripCheck } = await import('./operations/round-trip.ts');
  const check = new RoundTripCheck(format('coco_instances').abilities!, dataset);
  for (const item of await itemsOf(dataset)) check.expect(item);
  const other = { ...dataset, infos: new Map([['description', 'Dogs']]) };
  expect((await check.compare(other, new ProblemLog(), () => undefined)).missingInfos).toEqual([
    'description',
  ]);
});

test('files that say it alike say it once, and what they say otherwise is kept of both', async () => {
  const folder = await cocoSet();
  const others = {
    ...coco,
    info: { ...info, description: 'Dogs' },
    licenses: [licenses[1], { id: 5, name: 'Mine' }],
  };
  await put(folder, { 'annotations/instances_val.json': JSON.stringify(others) });
  const { infos } = await format('coco_instances').read(folder);
  expect(Object.fromEntries(infos ?? [])).toEqual({
    ...info,
    licenses: [...licenses, { id: 5, name: 'Mine' }],
    'description (val)': 'Dogs',
  });
  const clash = await cocoSet({ licenses: [{ id: 4, name: 'Another' }] });
  const sets = await Promise.all([folder, clash].map((path) => format('coco_instances').read(path)));
  const merged = await merge(sets, { mode: 'union' });
  expect(merged.infos?.get('licenses (set 2)')).toEqual([{ id: 4, name: 'Another' }]);
  expect(merged.categories.labels[0]?.facts?.get('synset')).toBe('cat.n.01');
});

test('transforms leave it as it is', async () => {
  const dataset = await format('coco_instances').read(await cocoSet());
  const steps = [
    { name: 'map_subsets', options: { subsets: { train: 'val' } } },
    { name: 'filter', options: { items: 'id != "b"' } },
    { name: 'remap_labels', options: { labels: { cat: 'puss' } } },
    { name: 'remove_duplicates', options: {} },
  ];
  const changed = await applyTransforms(dataset, steps, { scratch: null });
  expect(changed.infos).toEqual(dataset.infos);
  expect(changed.categories.labels[0]?.facts).toEqual(dataset.categories.labels[0]?.facts);
});

test('project_infos adds, changes, and starts anew', async () => {
  const dataset = await format('coco_instances').read(await cocoSet({ licenses: [] }));
  const after = async (overwrite: boolean) => {
    const steps = [{ name: 'project_infos', options: { infos: { url: 'u', author: 'Bo' }, overwrite } }];
    return Object.fromEntries((await applyTransforms(dataset, steps, { scratch: null })).infos ?? []);
  };
  expect(await after(false)).toEqual({ ...info, url: 'u', author: 'Bo' });
  expect(await after(true)).toEqual({ url: 'u', author: 'Bo' });
});

test('what says nothing, or far too much, is not kept', () => {
  const builder = new InfosBuilder();
  for (const nothing of ['', null, undefined, [], {}]) expect(builder.add('a', nothing, 'train')).toBe(true);
  expect(builder.add('b', 0, 'train')).toBe(true);
  expect(builder.add('c', 'x'.repeat(2 * 1024 * 1024), 'train')).toBe(false);
  expect([...builder.build()]).toEqual([['b', 0]]);
});

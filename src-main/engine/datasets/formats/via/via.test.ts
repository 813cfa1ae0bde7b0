import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import type { Annotation } from '../../model/index.ts';
import { corpus, differences, type Golden, haveData, toGolden, whyNot } from '../../testing/golden.ts';
import { bare, format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const picture = sharp({ create: { width: 60, height: 40, channels: 3, background: '#123' } })
  .png()
  .toBuffer();

/** A region as version 2 has it. */
const region = (shape_attributes: object, region_attributes: object = {}): object => ({
  shape_attributes,
  region_attributes,
});
const rect = { name: 'rect', x: 1, y: 2, width: 30, height: 20 };

/** A project of version 2, as "Save" writes it. */
const project = {
  _via_settings: {
    ui: {},
    core: { default_filepath: '/home/somebody/pictures/' },
    project: { name: 'street' },
  },
  _via_img_metadata: {
    'a.png100': {
      filename: 'a.png',
      size: 100,
      regions: [
        region(rect, { kind: 'cat', pose: 'left', seen: { front: true, back: false } }),
        region({ name: 'circle', cx: 20, cy: 20, r: 5.5 }, { kind: 'dog' }),
        region({ name: 'ellipse', cx: 20, cy: 20, rx: 10, ry: 5 }, { kind: 'cat' }),
        region({ name: 'ellipse', cx: 20, cy: 20, rx: 10, ry: 5, theta: Math.PI / 2 }, { kind: 'cat' }),
        region({ name: 'polygon', all_points_x: [1, 9, 9, 1], all_points_y: [1, 1, 9, 1] }, { kind: 'cat' }),
        region({ name: 'polyline', all_points_x: [1, 9], all_points_y: [1, 5] }, { kind: '' }),
        region({ name: 'point', cx: 3, cy: 4 }, { kind: 'dog' }),
        region({ name: 'polygon', all_points_x: [1, 9], all_points_y: [1] }, { kind: 'dog' }),
        region({ name: 'spiral' }, { kind: 'dog' }),
        region({ ...rect, x: 'left' }, { kind: 'dog' }),
      ],
      file_attributes: { caption: 'two cats', public_domain: 'yes', image_url: '' },
    },
    'https://example.org/p/b.png-1': {
      filename: 'https://example.org/p/b.png',
      size: -1,
      regions: [],
      file_attributes: {},
    },
    'x../../out.png1': { filename: '../../out.png', size: 1, regions: [], file_attributes: {} },
  },
  _via_attributes: {
    region: {
      kind: {
        type: 'dropdown',
        description: '',
        options: { bird: 'a bird', cat: '', dog: '' },
        default_options: {},
      },
      pose: { type: 'text', description: '', default_value: '' },
    },
    file: {
      caption: { type: 'text', description: '', default_value: '' },
      public_domain: { type: 'radio', description: '', options: { yes: 'Yes', no: 'No' } },
    },
  },
  _via_data_format_version: '2.0.10',
  _via_image_id_list: ['a.png100'],
};

describe('VIA', () => {
  test('a project of version 2: every shape, attribute and name', async () => {
    const folder = fresh();
    const text = JSON.stringify(project);
    await put(folder, {
      'via_project_4Mar2024.json': text,
      'images/a.png': await picture,
      'images/b.png': await picture,
    });
    const [best] = await detectFormats(folder);
    expect([best!.format.name, best!.confidence]).toEqual(['via', 0.96]);
    const { items, names, reasons } = await readAll('via', folder);
    expect(names).toEqual(['bird', 'cat', 'dog']);
    expect(items.map(({ id, subset, media }) => [id, subset, media!.path, media!.size?.width])).toEqual([
      ['a', 'default', join(folder, 'images/a.png'), 60],
      ['b', 'default', join(folder, 'images/b.png'), 60],
    ]);
    const [box, circle, ellipse, turned, closed, line, point, caption] = items[0]!.annotations;
    expect(box).toMatchObject({ type: 'box', x: 1, y: 2, width: 30, height: 20, label: 1 });
    expect([...box!.attributes]).toEqual([
      ['pose', 'left'],
      ['seen', ['front']],
    ]);
    expect(circle).toMatchObject({ type: 'ellipse', x: 14.5, y: 14.5, width: 11, height: 11, label: 2 });
    expect(ellipse).toMatchObject({ type: 'ellipse', x: 10, y: 15, width: 20, height: 10 });
    const corners = (turned as Annotation & { type: 'polygon' }).points;
    expect(corners).toHaveLength(144);
    // Turned by a quarter, it stands: ten pixels up and down from its centre.
    expect([corners[0], corners[1]].map((value) => Math.round(value! * 1e6) / 1e6)).toEqual([20, 30]);
    expect(closed).toMatchObject({ type: 'polygon', points: [1, 1, 9, 1, 9, 9] });
    expect(line).toMatchObject({ type: 'polyline', points: [1, 1, 9, 5], label: null });
    expect(point).toMatchObject({ type: 'points', points: [3, 4], visibility: [2] });
    expect(caption).toMatchObject({ type: 'caption', text: 'two cats' });
    expect([...items[0]!.attributes]).toEqual([['public_domain', 'yes']]);
    expect(reasons).toEqual([
      'a turned ellipse became its outline',
      'polygon: an odd number of coordinates',
      'regions of the shape spiral are not known',
      'box: a coordinate is not a number or far too large',
      "the picture's name is missing or leaves the set's folder",
    ]);
  });

  test('exports of version 1 in train and val, with regions by number and without a class', async () => {
    const folder = fresh();
    const export1 = (name: string): string =>
      JSON.stringify({
        [`${name}2048`]: {
          fileref: '',
          size: 2048,
          filename: name,
          base64_img_data: '',
          file_attributes: {},
          regions: {
            0: region(rect),
            1: region({ name: 'polygon', all_points_x: [1, 9, 9], all_points_y: [1, 1, 9] }),
          },
        },
      });
    await put(folder, {
      'train/via_region_data.json': export1('a.png'),
      'val/via_region_data.json': export1('a.png'),
      'train/a.png': await picture,
      'val/a.png': await picture,
      'val/unseen.png': await picture,
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('via');
    const { items, names, reasons } = await readAll('via', folder);
    expect(names).toEqual(['object']);
    expect(items.map(({ id, subset, annotations }) => [subset, id, annotations.length])).toEqual([
      ['train', 'a', 2],
      ['val', 'a', 2],
      ['val', 'unseen', 0],
    ]);
    expect(reasons).toEqual(['regions have no attributes: all are object']);
  });

  test('the exported table beside the same as JSON: each picture once', async () => {
    const folder = fresh();
    const cell = (value: unknown): string => `"${JSON.stringify(value).replaceAll('"', '""')}"`;
    const row = (name: string, count: number, at: number, own: object, about: object): string =>
      [name, 100, cell({}), count, at, cell(own), cell(about)].join(',');
    await put(folder, {
      'via_export_csv.csv': [
        '#filename,file_size,file_attributes,region_count,region_id,region_shape_attributes,region_attributes',
        row('a.png', 2, 0, rect, { name: 'cat', text: 'x' }),
        row('a.png', 2, 1, { ...rect, x: 5 }, { name: 'dog', text: 'y' }),
        row('b.png', 0, 0, {}, {}),
        'c.png,100,"{}",1,0,"{broken","{}"',
      ].join('\n'),
      'a.png': await picture,
      'b.png': await picture,
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('via');
    const table = await readAll('via', folder);
    expect(table.names).toEqual(['cat', 'dog']);
    expect(table.items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['a', 2],
      ['b', 0],
      ['c', 0],
    ]);
    expect(table.items[0]!.annotations[1]).toMatchObject({
      x: 5,
      label: 1,
      attributes: new Map([['text', 'y']]),
    });
    expect(table.reasons).toEqual(['region_shape_attributes is no JSON']);
    const entry = (name: string): object => ({
      filename: name,
      size: 100,
      regions: [region(rect, { name: 'cat' })],
      file_attributes: {},
    });
    await put(folder, { 'via_export_json.json': JSON.stringify({ 'a.png100': entry('a.png') }) });
    const both = await readAll('via', folder);
    expect(both.items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 0],
    ]);
    expect(both.reasons).toContain('says of pictures what via_export_json.json has said');
  });

  test('a project of version 3', async () => {
    const folder = fresh();
    const mark = (xy: readonly number[], av: object): object => ({ vid: '1', flg: 0, z: [], xy, av });
    await put(folder, {
      'a.png': await picture,
      'project.json': JSON.stringify({
        project: {
          pid: '__VIA_PROJECT_ID__',
          rev: '1',
          pname: 'p',
          creator: 'VGG Image Annotator (http://www.robots.ox.ac.uk/~vgg/software/via)',
          vid_list: ['1'],
        },
        config: {},
        attribute: {
          1: { aname: 'kind', anchor_id: 'FILE1_Z0_XY1', type: 3, desc: '', options: { 0: 'cat', 1: 'dog' } },
          2: { aname: 'weather', anchor_id: 'FILE1_Z0_XY0', type: 1, desc: '', options: {} },
        },
        file: { 1: { fid: '1', fname: 'a.png', type: 2, loc: 1, src: '' } },
        metadata: {
          '1_a': mark([2, 1, 2, 30, 20], { 1: '1' }),
          '1_b': mark([7, 1, 1, 9, 1, 9, 9], { 1: '0' }),
          '1_c': mark([5, 1, 1, 9, 1], {}),
          '1_d': mark([], { 2: 'rain' }),
        },
        view: { 1: { fid_list: ['1'] } },
      }),
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('via');
    const { items, names } = await readAll('via', folder);
    expect(names).toEqual(['cat', 'dog']);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'box', x: 1, y: 2, width: 30, height: 20, label: 1 },
      { type: 'polygon', points: [1, 1, 9, 1, 9, 9], label: 0 },
      { type: 'polyline', points: [1, 1, 9, 1], label: null },
    ]);
    expect([...items[0]!.attributes]).toEqual([['weather', 'rain']]);
  });

  test('files are what VIA opens, and come back', async () => {
    const folder = fresh();
    const attributes = new Map<string, string | number | boolean | readonly string[]>([
      ['occluded', true],
      ['score', 0.5],
      ['seen', ['front', 'left']],
    ]);
    const annotations: Annotation[] = [
      { ...shape, type: 'points', points: [3, 4], visibility: [2] },
      { ...shape, type: 'box', x: 1.25, y: 2, width: 3, height: 4, attributes },
      { ...shape, type: 'ellipse', x: 1, y: 2, width: 6, height: 6, label: 1 },
      { type: 'label', id: 0, group: 0, label: 1, attributes: new Map() },
      { type: 'caption', id: 0, group: 0, attributes: new Map(), text: 'a "text"' },
    ];
    const set = setOf(
      ['__proto__', 'b'],
      [
        { id: 'sub/x', subset: 'train', annotations, attributes: new Map([['weather', 'rain']]) },
        { id: 'y', subset: 'train' },
      ],
    );
    const { report, dataset, items } = await writeAndRead('via', set, folder);
    expect(report.problems.list).toEqual([]);
    expect(dataset.categories.labels.map(({ name }) => name)).toEqual(['__proto__', 'b']);
    expect(items.map(({ id, subset }) => [subset, id])).toEqual([
      ['train', 'sub/x'],
      ['train', 'y'],
    ]);
    expect(items[0]!.annotations).toEqual(annotations);
    expect([...items[0]!.attributes]).toEqual([['weather', 'rain']]);
    const written = JSON.parse(await readFile(join(folder, 'train/via_region_data.json'), 'utf8')) as Record<
      string,
      unknown
    >;
    expect(Object.keys(written)).toEqual(['sub/x.png-1', 'y.png-1']);
  });
});

describe.skipIf(!haveData)(`VIA${whyNot}`, () => {
  test('boxes, outlines, lines and ellipses of a rich set come back', async () => {
    const source = await format('datumaro').read(corpus('datumaro@clean'));
    const folder = fresh();
    await format('via').write(source, folder, { media: 'copy' });
    const plain = (golden: Golden): Golden => {
      const { items, labels } = bare(golden, () => ({ id: 0, group: 0, z_order: 0 }));
      const kept = ['bbox', 'polyline', 'ellipse'];
      const only = items.map((item) => ({
        ...item,
        annotations: item.annotations.filter(({ type }) => kept.includes(type)),
      }));
      return { labels, items: only };
    };
    const back = plain(await toGolden(await format('via').read(folder)));
    expect(back.items.flatMap(({ annotations }) => annotations).length).toBeGreaterThan(50);
    expect(differences(back, plain(await toGolden(source)))).toEqual([]);
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../format.ts';
import { noCategories, ProblemLog } from '../../model/index.ts';
import { corpus, differences, haveData, toGolden, whyNot } from '../../testing/golden.ts';
import { bare, format, put, readAll, scratch, unnumbered } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`KITTI's tracks and other point clouds${whyNot}`, () => {
  test.each(['kitti_raw', 'sly_pointcloud'])('to %s, with what was seen at the same time', async (name) => {
    const source = await toGolden(await format('datumaro').read(corpus('datumaro@pcd')));
    const folder = fresh();
    await format(name).write(await format('datumaro').read(corpus('datumaro@pcd')), folder, {
      media: 'copy',
    });
    const { items, dataset, reasons } = await readAll(name, folder);
    expect(reasons).toEqual([]);
    const again = await toGolden(dataset);
    const alike = (golden: typeof again): typeof again => {
      const reduced = bare(golden, unnumbered);
      for (const item of reduced.items) item.subset = 'default';
      return reduced;
    };
    expect(differences(alike(again), alike(source))).toEqual([]);
    const first = items.find(({ id }) => id === 'frame_000000')!;
    expect(first.annotations[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['track_id', 1],
        ['occluded', false],
        ['color', 'red'],
      ]),
    );
    expect(first.media!.related).toHaveLength(1);
    await expect(readFile(first.media!.path)).resolves.toBeDefined();
    await expect(readFile(first.media!.related![0]!)).resolves.toBeDefined();
  });
});

const pose = (fields: string): string =>
  `<item><tx>1</tx><ty>2</ty><tz>3</tz><rx>0</rx><ry>0</ry><rz>0.5</rz>${fields}</item>`;
const track = (label: string, first: number, ...poses: string[]): string =>
  `<item class_id="1"><objectType>${label}</objectType><h>2</h><w>1.5</w><l>4</l><first_frame>${first}</first_frame>
  <poses><count>${poses.length}</count>${poses.join('')}</poses></item>`;
const whole = (tracks: string, head = '<!DOCTYPE boost_serialization>'): string =>
  `<?xml version="1.0" encoding="UTF-8" standalone="true"?>${head}
  <boost_serialization signature="x"><tracklets>${tracks}</tracklets></boost_serialization>`;

describe('KITTI raw', () => {
  test('what is hidden, outside, said by attributes, and clouds that no track is in', async () => {
    const folder = fresh();
    const attribute = '<attributes><attribute><name>speed</name><value>4.5</value></attribute></attributes>';
    await put(folder, {
      'tracklet_labels.xml': whole(
        track(
          'Car &amp; co',
          1,
          pose('<occlusion>2</occlusion><occlusion_kf>1</occlusion_kf><truncation>0</truncation>'),
          pose(`<occlusion>-1</occlusion><truncation>1</truncation>${attribute}`),
          pose('<occlusion>0</occlusion><truncation>2</truncation>'),
        ) + track('Van', 0, '<item><tx>x</tx></item>'),
      ),
      'frame_list.txt': '2 second frame\n5 ../out\n',
      'velodyne_points/data/0000000001.bin': 'x',
      'velodyne_points/data/0000000007.bin': 'x',
      'image_02/data/0000000001.png': 'x',
    });
    const { items, names, dataset, reasons } = await readAll('kitti_raw', folder);
    expect(names).toEqual(['Car & co', 'Van']);
    expect(dataset.categories.labels[0]!.attributes).toEqual(['speed']);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['0000000000', 0],
      ['0000000001', 1],
      ['second frame', 1],
      ['0000000007', 0],
    ]);
    expect(items[1]!.media!.path).toMatch(/0000000001\.bin$/);
    expect(items[1]!.media!.related).toHaveLength(1);
    expect(items[1]!.annotations[0]).toMatchObject({
      position: [1, 2, 3],
      rotation: [0, 0, 0.5],
      scale: [2, 1.5, 4],
    });
    expect(items[2]!.annotations[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['speed', 4.5],
        ['occluded', true],
        ['track_id', 1],
      ]),
    );
    expect(reasons).toHaveLength(2);
  });

  test('a document that declares something, or is cut, is refused', async () => {
    for (const text of [
      whole('', '<!DOCTYPE boost_serialization [<!ENTITY x "y">]>'),
      whole('', '<!DOCTYPE x SYSTEM "http://x/y">'),
      whole(track('a', 0)).slice(0, 200),
    ]) {
      const folder = fresh();
      await put(folder, { 'tracklet_labels.xml': text });
      await expect(readAll('kitti_raw', folder)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    }
  });

  test('holes in tracks, cuboids without a number, frames of one number', async () => {
    const cuboid = {
      type: 'cuboid_3d',
      id: 0,
      group: 0,
      label: 0,
      position: [1, 2, 3],
      rotation: [0, 0, 0],
      scale: [1, 1, 1],
    } as const;
    const of = (number: number | null) => new Map(number === null ? [] : [['track_id', number]]);
    const item = (id: string, frame: number, ...numbers: (number | null)[]) => ({
      id,
      subset: 'default',
      media: null,
      attributes: new Map([['frame', frame]]),
      annotations: numbers.map((number) => ({ ...cuboid, attributes: of(number) })),
    });
    const set: Dataset = {
      categories: { ...noCategories, labels: [{ name: 'car', parent: '', attributes: [] }] },
      media: 'point_cloud',
      problems: new ProblemLog(),
      async *items() {
        yield item('a', 3, 1, null, 1);
        yield item('b', 6, 1, null);
        yield item('c', 6);
        yield { ...item('d', 9), annotations: [{ ...cuboid, label: null, attributes: of(2) }] };
      },
    };
    const folder = fresh();
    const report = await format('kitti_raw').write(set, folder, { media: 'none' });
    expect([...report.problems.byReason.keys()]).toEqual([
      'a second cuboid of a track in one frame',
      'the number of the frame is taken; it gets another',
      'a cuboid without a class',
    ]);
    expect(await readFile(join(folder, 'frame_list.txt'), 'utf8')).toBe('3 a\n6 b\n7 c\n9 d\n');
    const { items, reasons } = await readAll('kitti_raw', folder);
    expect(reasons).toEqual([]);
    expect(
      items.map(({ id, annotations }) => [
        id,
        annotations.map(({ attributes }) => attributes.get('track_id')),
      ]),
    ).toEqual([
      ['a', [1, 2]],
      ['b', [1, 3]],
      ['c', []],
      ['d', []],
    ]);
  });
});

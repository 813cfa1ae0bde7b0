import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`VoTT as Datumaro reads it${whyNot}`, () => {
  test("pictures lie beside the file, where Datumaro looks for the labeller's path", async () => {
    const ours = await toGolden(await format('vott_json').read(corpus('vott_json')));
    const theirs = readGolden('vott_json');
    for (const { media } of ours.items) expect(media!.path).toMatch(/^corpus\/vott_json\/img_\d+\.jpg$/);
    const without = (golden: typeof ours): typeof ours => ({
      ...golden,
      items: golden.items.map(({ media: _, ...item }) => item),
    });
    expect(differences(without(ours), without(theirs))).toEqual([]);
  });
});

describe('VoTT', () => {
  test("a project's own files, outlines and regions of two classes", async () => {
    const folder = fresh();
    const asset = (name: string, regions: unknown[]): string =>
      JSON.stringify({
        asset: { id: 'abc', name, path: 'file:/home/x/y.jpg', size: { width: 40, height: 30 } },
        regions,
        version: '2.2.0',
      });
    const boundingBox = { left: 1, top: 2, width: 3, height: 4 };
    const points = [
      { x: 0, y: 0 },
      { x: 9, y: 0 },
      { x: 9, y: 9 },
    ];
    await put(folder, {
      'abc-asset.json': asset('y.jpg', [
        { id: 'r', type: 'RECTANGLE', tags: ['a', 'b'], boundingBox },
        { id: 's', type: 'POLYGON', tags: ['a'], boundingBox, points },
        { id: 't', type: 'POLYGON', tags: [], points: [{ x: 0, y: 0 }] },
        { id: 'u', type: 'RECTANGLE', tags: [] },
        null,
      ]),
      'def-asset.json': asset('../../z.jpg', []),
      'ghi-asset.json': '{"asset": {',
    });
    const { items, names, reasons } = await readAll('vott_json', folder);
    expect((await detectFormats(folder))[0]!.format.name).toBe('vott_json');
    expect(names).toEqual(['a', 'b']);
    expect(items).toHaveLength(1);
    expect(items[0]!.media!.size).toEqual({ width: 40, height: 30 });
    expect(items[0]!.annotations.map(({ type, group }) => [type, group])).toEqual([
      ['box', 1],
      ['box', 1],
      ['polygon', 0],
    ]);
    expect(reasons).toHaveLength(5);
  });

  test("what an asset says besides comes back; names of VoTT's own are told", async () => {
    const folder = fresh();
    const asset = {
      id: 'abc',
      name: 'clip.mp4_4.5.jpg',
      path: 'file:/x',
      timestamp: 4.5,
      state: 2,
      predicted: true,
    };
    await put(folder, { 'abc-asset.json': JSON.stringify({ asset, regions: [], version: '2.2.0' }) });
    const { dataset, items } = await readAll('vott_json', folder);
    expect([...items[0]!.attributes]).toEqual([
      ['id', 'abc'],
      ['timestamp', 4.5],
    ]);
    const again = await writeAndRead('vott_json', dataset, fresh());
    expect(again.items[0]!.attributes).toEqual(items[0]!.attributes);
    const set = setOf(['a'], [{ id: 'x', attributes: new Map([['path', 'y']]) }]);
    const { report } = await writeAndRead('vott_json', set, fresh());
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'VoTT has another meaning for what the picture calls path',
    ]);
  });

  test('tables: damaged rows, pictures without boxes', async () => {
    const folder = fresh();
    await put(folder, {
      'p-export.csv':
        '"image","xmin","ymin","xmax","ymax","label"\n"a.jpg",1,2,3,4,"x, y"\n"a.jpg",1,2,oops,4,"x"\n"../b.jpg",1,2,3,4,"x"\nc.jpg\n"d.jpg",9,2,3,4,"x"\n',
    });
    const { items, names, reasons } = await readAll('vott_csv', folder);
    expect(names).toEqual(['x, y', 'x']);
    expect(items.map(({ id, subset, annotations }) => [subset, id, annotations.length])).toEqual([
      ['p', 'a', 1],
      ['p', 'c', 0],
      ['p', 'd', 0],
    ]);
    expect(reasons).toHaveLength(3);
  });

  test('a picture that two subsets have is told', async () => {
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const set = setOf(
      ['a'],
      [
        { id: 'x', subset: 'train', annotations: [box] },
        { id: 'x', subset: 'val' },
      ],
    );
    for (const name of ['vott_csv', 'vott_json']) {
      const { report, items } = await writeAndRead(name, set, fresh());
      expect(items.map(({ subset }) => subset)).toEqual(['train', 'val']);
      expect(report.problems.total).toBe(1);
    }
  });
});

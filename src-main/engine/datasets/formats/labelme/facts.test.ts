import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planConversion } from '../../operations/index.ts';
import { put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const points = [
  [1, 1],
  [9, 1],
  [9, 9],
];

/** A file as X-AnyLabeling writes it, with what labelme's own has, too, and a field that a script added. */
const file = {
  version: '3.3.0',
  flags: { blurred: false },
  checked: true,
  description: 'Seen from the bridge',
  chat_history: [],
  vqaData: {},
  camera: { name: 'north', lens: 35 },
  night: false,
  lineColor: [0, 255, 0, 128],
  shapes: [
    {
      ...{ label: 'car', score: 0.75, points, group_id: null, description: 'a van', difficult: true },
      ...{ shape_type: 'polygon', flags: { parked: true }, attributes: { colour: 'red' }, kie_linking: [] },
    },
    {
      ...{ label: 'car', score: null, points, group_id: 4, description: '', difficult: false },
      ...{ shape_type: 'polygon', flags: {}, attributes: {}, kie_linking: [[1, 2]], mask: null },
    },
  ],
  imagePath: 'a.jpg',
  imageData: null,
  imageHeight: 20,
  imageWidth: 30,
};

const facts = {
  checked: true,
  description: 'Seen from the bridge',
  camera: '{"name":"north","lens":35}',
  night: false,
};

describe('labelme: further fields', () => {
  test('of a picture and of shapes are attributes, and come back where they stood', async () => {
    const folder = fresh();
    await put(folder, { 'a.json': JSON.stringify(file) });
    const { dataset, items } = await readAll('labelme', folder);
    expect(Object.fromEntries(items[0]!.attributes)).toEqual(facts);
    expect(items[0]!.annotations.map(({ attributes }) => Object.fromEntries(attributes))).toEqual([
      { score: 0.75, description: 'a van', difficult: true, parked: true, colour: 'red' },
      { difficult: false, kie_linking: [[1, 2]] },
    ]);
    const target = fresh();
    const again = await writeAndRead('labelme', dataset, target);
    expect(again.report.problems.list).toEqual([]);
    expect(again.items[0]!.attributes).toEqual(items[0]!.attributes);
    const told = (all: typeof items) => all[0]!.annotations.map(({ attributes }) => new Set(attributes));
    expect(told(again.items)).toEqual(told(items));
    const { shapes, ...written } = JSON.parse(await readFile(join(target, 'a.json'), 'utf8')) as typeof file;
    expect(written).toMatchObject({ camera: file.camera, checked: true, description: file.description });
    const { score, description, difficult, flags, attributes } = file.shapes[0]!;
    expect(shapes[0]).toMatchObject({ score, description, difficult, flags, attributes });
  });

  test("names of labelme's own can't be an attribute's, and that is told", async () => {
    const attributes = new Map<string, string | number>([
      ['version', '7'],
      ['__proto__', 'x'],
      ['id', 3],
    ]);
    const set = setOf(['a'], [{ id: 'x', attributes }]);
    const { items, report } = await writeAndRead('labelme', set, fresh());
    expect([...items[0]!.attributes]).toEqual([
      ['__proto__', 'x'],
      ['id', 3],
    ]);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'labelme has another meaning for what the picture calls version',
    ]);
  });

  test('the plan names what another format has no place for', async () => {
    const source = fresh();
    await put(source, { 'a.json': JSON.stringify(file) });
    const request = { source, from: 'labelme', output: join(fresh(), 'none'), media: 'none' } as const;
    const { loss } = await planConversion({ ...request, to: 'kitti_detection' });
    expect(loss.notes.join()).toContain('dropped: checked, description, camera, night.');
    expect([...loss.attributes.keys()]).toContain('description');
    const kept = await planConversion({ ...request, to: 'labelme' });
    expect(kept.loss.notes.filter((note) => note.includes('attributes'))).toEqual([]);
  });
});

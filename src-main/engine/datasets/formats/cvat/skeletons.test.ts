import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Annotation, Skeleton, Visibility } from '../../model/index.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const arm: Skeleton = { points: ['hand', 'a "b" & <c>', 'nose'], joints: [[1, 2]] };

const points = (x: number, visibility: Visibility[], label = 0): Annotation => ({
  ...shape,
  label,
  type: 'points',
  points: visibility.flatMap((_, at) => [x + at, 2 * at]),
  visibility,
  attributes: new Map([['occluded', false]]),
});

/** A set whose first class is a skeleton; the others are called as one of its points, and as nothing. */
function armed(items: Parameters<typeof setOf>[1], skeletons: readonly [number, Skeleton][] = [[0, arm]]) {
  const set = setOf(['arm', 'nose', 'dot'], items);
  return { ...set, categories: { ...set.categories, skeletons: new Map(skeletons) } };
}

describe('CVAT: skeletons', () => {
  test('come back with their joints and what can be seen of them', async () => {
    const annotations = [points(1, [2, 1, 0]), points(5, [0, 0, 2]), points(3, [2, 2], 2)];
    const folder = fresh();
    const { report, dataset, items, reasons } = await writeAndRead(
      'cvat',
      armed([{ id: 'a', annotations }]),
      folder,
    );
    expect([report.problems.list, reasons]).toEqual([[], []]);
    expect(dataset.categories.skeletons).toEqual(new Map([[0, arm]]));
    expect(dataset.categories.labels.map(({ name }) => name)).toEqual(['arm', 'nose', 'dot']);
    expect(items[0]!.annotations).toEqual(annotations);
    const text = await readFile(join(folder, 'default.xml'), 'utf8');
    expect(text).toContain('<points label="nose" source="manual" outside="1" occluded="0" points="3,4">');
  });

  test('in a video, one is gone where no point is there', async () => {
    const at = (frame: number, x: number) => ({
      id: `frame_00000${frame}`,
      annotations: [{ ...points(x, [2, 1, 0]), attributes: new Map([['track_id', 4]]) }],
    });
    const set = armed([at(0, 1), at(1, 2), { id: 'frame_000002' }, at(3, 3)]);
    const folder = fresh();
    const { report, items, dataset } = await writeAndRead('cvat_video', set, folder);
    expect(report.problems.list).toEqual([]);
    expect(dataset.categories.skeletons).toEqual(new Map([[0, arm]]));
    expect(
      items.map(({ annotations }) => annotations.map((part) => 'points' in part && part.points)),
    ).toEqual([[[1, 0, 2, 2, 3, 4]], [[2, 0, 3, 2, 4, 4]], [[3, 0, 4, 2, 5, 4]]]);
    const text = await readFile(join(folder, 'default.xml'), 'utf8');
    expect(text).toContain('<points keyframe="1" label="hand" source="manual" outside="1" occluded="0"');
    // CVAT says it of the points alone.
    await put(folder, { 'default.xml': text.replaceAll(/(<skeleton [^>]*?) outside="1"/g, '$1') });
    expect((await readAll('cvat_video', folder)).items).toHaveLength(3);
  });

  test('points of which no skeleton says the names, and hidden ones among them, are told', async () => {
    const twice: Skeleton = { points: ['x', 'x'], joints: [] };
    const annotations = [points(1, [2, 1]), points(1, [2, 2]), points(2, [2, 0], 2)];
    const set = armed([{ id: 'frame_000000', annotations }], [[0, twice]]);
    for (const name of ['cvat', 'cvat_video']) {
      const { report, items } = await writeAndRead(name, set, fresh());
      expect(report.problems.list.map(({ reason }) => reason).toSorted()).toEqual([
        'its skeleton is not written, as its points are not named apart',
        'which of its points can be seen is lost, as its class has no skeleton of these points',
        'which of its points can be seen is lost, as its class has no skeleton of these points',
      ]);
      expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['points', 'points', 'points']);
    }
  });
});

describe('CVAT: what a class says of its attributes', () => {
  const input = (name: string, inside: string): string =>
    `<attribute><name>${name}</name>${inside}</attribute>`;
  const select =
    '<mutable>False</mutable><input_type>select</input_type><default_value>red</default_value><values>red\nblue</values>';
  const plain =
    '<mutable>True</mutable><input_type>text</input_type><default_value></default_value><values></values>';
  const head = `<annotations><version>1.1</version><meta><task><labels><label><name>car</name><attributes>${input('colour', select)}${input('note', plain)}</attributes></label></labels></task></meta>`;

  test('choices, defaults and kinds of input come back', async () => {
    const folder = fresh();
    await put(folder, {
      'annotations.xml': `${head}<image id="0" name="a.jpg" width="9" height="9"/></annotations>`,
    });
    const { dataset } = await readAll('cvat', folder);
    const [car] = dataset.categories.labels;
    expect(car!.attributes).toEqual(['colour', 'note']);
    expect(JSON.parse(car!.facts!.get('attributes') as string)).toEqual([
      { name: 'colour', mutable: false, input_type: 'select', default_value: 'red', values: ['red', 'blue'] },
    ]);
    for (const name of ['cvat', 'cvat_video']) {
      const again = await writeAndRead(name, dataset, fresh());
      expect(again.dataset.categories.labels).toEqual(dataset.categories.labels);
    }
  });

  test.each(['[{"name": 1}]', '{', 'red, blue', '[]'])(
    "another format's fact of this name is kept: %s",
    async (value) => {
      const facts = new Map<string, string | number>([
        ['attributes', value],
        ['isthing', 1],
      ]);
      const set = setOf([{ name: 'car', parent: '', attributes: [], facts }], [{ id: 'a' }]);
      const { dataset } = await writeAndRead('cvat', set, fresh());
      expect(dataset.categories.labels[0]!.facts).toEqual(facts);
    },
  );
});

test('CVAT: a turned ellipse is an outline, and that is told; a turned circle is one', async () => {
  const ellipse = (rx: number): string =>
    `<ellipse label="a" cx="30" cy="20" rx="${rx}" ry="5" rotation="90" z_order="3"/>`;
  const folder = fresh();
  await put(folder, {
    'annotations.xml': `<annotations><version>1.1</version><meta><task><labels><label><name>a</name></label></labels></task></meta>
<image id="0" name="a.jpg" width="64" height="48">${ellipse(10)}${ellipse(5)}</image></annotations>`,
  });
  const { items, reasons } = await readAll('cvat', folder);
  const [outline, circle] = items[0]!.annotations;
  expect(reasons).toEqual(['a turned ellipse is read as an outline']);
  expect(circle).toMatchObject({ type: 'ellipse', x: 25, y: 15, width: 10, height: 10 });
  expect(outline).toMatchObject({ type: 'polygon', zOrder: 3 });
  const ring = outline!.type === 'polygon' ? outline!.points : [];
  const side = (at: 0 | 1): number[] => ring.filter((_, index) => index % 2 === at);
  for (const [found, wanted] of [
    [Math.min(...side(0)), 25],
    [Math.max(...side(0)), 35],
    [Math.min(...side(1)), 10],
    [Math.max(...side(1)), 30],
  ] as const) {
    expect(found).toBeCloseTo(wanted, 6);
  }
});

describe('CVAT: classes of one name', () => {
  const label = (name: string, type: string, parent = ''): string =>
    `<label><name>${name}</name><type>${type}</type><attributes></attributes><parent>${parent}</parent></label>`;
  const skeleton = (...names: readonly string[]): string =>
    `<skeleton label="one">${names.map((name, at) => `<points label="${name}" outside="0" occluded="0" points="${at},3"/>`).join('')}</skeleton>`;
  const boxed = '<box label="one" xtl="5" ytl="5" xbr="9" ybr="9"/>';
  const dots = '<points label="one" points="4,4"/>';
  const arms = [label('one', 'skeleton'), label('hand', 'points', 'one'), label('elbow', 'points', 'one')];
  const legs = [label('one', 'skeleton'), label('foot', 'points', 'one'), label('knee', 'points', 'one')];

  test.each([
    ['before', [...arms, label('one', 'rectangle')], [0, 1]],
    ['behind', [label('one', 'rectangle'), ...arms], [1, 0]],
    ['for anything', [label('one', 'any'), ...arms], [1, 0]],
  ])(
    'a class of the same name as a skeleton has its shapes, and the skeleton its own: %s',
    async (_, labels, of) => {
      const folder = fresh();
      await put(folder, { 'annotations.xml': document(labels, [skeleton('hand', 'elbow'), boxed]) });
      const { items, reasons } = await readAll('cvat', folder);
      expect(reasons).toEqual([]);
      expect(items[0]!.annotations.map((part) => [part.type, 'label' in part && part.label])).toEqual([
        ['points', of[0]],
        ['box', of[1]],
      ]);
    },
  );

  test('two skeletons of one name are known by their points; what can’t be told apart is told', async () => {
    const folder = fresh();
    const labels = [...arms, ...legs, label('one', 'points'), label('one', 'points')];
    await put(folder, {
      'annotations.xml': document(labels, [skeleton('hand', 'elbow'), skeleton('knee', 'foot'), dots, boxed]),
    });
    const { dataset, items, reasons } = await readAll('cvat', folder);
    expect([...dataset.categories.skeletons.values()].map(({ points: of }) => of)).toEqual([
      ['hand', 'elbow'],
      ['foot', 'knee'],
    ]);
    expect(items[0]!.annotations).toMatchObject([
      { type: 'points', label: 0, points: [0, 3, 1, 3] },
      { type: 'points', label: 1, points: [1, 3, 0, 3] },
      { type: 'points', label: 2 },
      { type: 'box', label: 2 },
    ]);
    expect(reasons).toEqual([
      "several classes are called one, and shapes don't say which they are of: the first is taken",
    ]);
  });
});

const document = (labels: readonly string[], shapes: readonly string[]): string =>
  `<annotations><meta><task><labels>${labels.join('')}</labels></task></meta><image id="0" name="a.jpg" width="20" height="20">${shapes.join('')}</image></annotations>`;

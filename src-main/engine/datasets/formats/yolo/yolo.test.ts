import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Dataset } from '../../format.ts';
import { type Infos, InfosBuilder, type JsonValue, type Skeleton } from '../../model/index.ts';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape } from '../common/testing.ts';
import { DataYaml, jsonOf, yamlField, yamlScalar } from './yaml.ts';

const { fresh } = scratch();

const ultralytics = [
  'yolo_ultralytics',
  'yolo_ultralytics_segmentation',
  'yolo_ultralytics_pose',
  'yolo_ultralytics_obb',
];

/** Reads a set of two empty subsets with this data.yaml. */
async function described(yaml: string, name = 'yolo_ultralytics') {
  const folder = fresh();
  const pictures = { 'images/train/a.png': '', 'images/val/b.png': '' };
  await put(folder, { ...pictures, 'data.yaml': `train: images/train\nval: images/val\n${yaml}` });
  const dataset = await format(name).read(folder);
  return {
    dataset,
    infos: Object.fromEntries(dataset.infos ?? []),
    reasons: reasonsOf(dataset.problems.list),
  };
}

const reasonsOf = (problems: readonly { readonly place: string; readonly reason: string }[]): string[] =>
  problems.map(({ place, reason }) => `${place}: ${reason}`);

const subsets = [
  { id: 'a', subset: 'train' },
  { id: 'b', subset: 'val' },
];

/** Writes a set and gives back what it says of itself, problems of writing and the data.yaml. */
async function withInfos(dataset: Dataset, infos: Infos, name = 'yolo_ultralytics') {
  const folder = fresh();
  const report = await format(name).write({ ...dataset, infos }, folder, { media: 'none' });
  await put(folder, { 'images/train/a.png': '', 'images/val/b.png': '' });
  const again = await format(name).read(folder);
  const text = await readFile(join(folder, 'data.yaml'), 'utf8');
  return { again, text, problems: reasonsOf(report.problems.list) };
}

describe('what a set says of itself', () => {
  test("Roboflow's fields, at any depth, and numbers only where none is lost", async () => {
    const { infos, reasons } = await described(`nc: 1
names: ['fish']
download: |
  print('never run')
roboflow:
  workspace: ocean
  project: fish-abc1
  version: 3
  license: CC BY 4.0
  url: https://universe.roboflow.com/ocean/fish-abc1/dataset/3
author: &author Ann   # a remark
version: 1.10
date: 2024-01-02
public: yes
checked: true
nothing:
tools: [{name: cvat, version: "2"}, {name: x, by: *author, since: 0.5, until: ~}]
007: 007
`);
    expect(reasons).toEqual([]);
    expect(infos).toEqual({
      roboflow: {
        workspace: 'ocean',
        project: 'fish-abc1',
        version: 3,
        license: 'CC BY 4.0',
        url: 'https://universe.roboflow.com/ocean/fish-abc1/dataset/3',
      },
      author: 'Ann',
      version: '1.10',
      date: '2024-01-02',
      public: 'yes',
      checked: true,
      tools: [
        { name: 'cvat', version: '2' },
        { name: 'x', by: 'Ann', since: 0.5, until: null },
      ],
      '007': '007',
    });
  });

  test.runIf(haveData)(`Roboflow's set goes out as it came in${whyNot}`, async () => {
    const source = await format('yolo_ultralytics').read(corpus('roboflow_yolo'));
    const { again, text, problems } = await withInfos(source, source.infos!);
    expect([...source.infos!]).toEqual([
      ['roboflow', { workspace: 'w', project: 'p', version: 1, license: 'MIT', url: '' }],
    ]);
    expect(again.infos).toEqual(source.infos);
    expect(text).toContain(
      '\nroboflow:\n  workspace: w\n  project: p\n  version: 1\n  license: MIT\n  url: ""\n',
    );
    expect(problems.filter((problem) => problem.startsWith('roboflow'))).toEqual([]);
  });

  test('settings for training that have no place are told', async () => {
    const { infos, reasons } = await described('names: [a]\nchannels: 4\nmasks_dir: masks\nyaml_file: x\n');
    expect(infos).toEqual({});
    expect(reasons).toEqual([
      'channels: this setting for training is not carried',
      'masks_dir: this setting for training is not carried',
    ]);
    expect((await described('names: [a]\nchannels: 3\n')).reasons).toEqual([]);
  });

  test('another file of settings says nothing of the set', async () => {
    const folder = fresh();
    await put(folder, { 'images/train/a.png': '', 'hyp.yaml': 'lr0: 0.01\n', 'labels/train/a.txt': '' });
    expect((await format('yolo_ultralytics').read(folder)).infos).toBeUndefined();
  });

  test('bombs, circles and endless nesting are told and left out, and cost no time', async () => {
    const deep = `${'['.repeat(200)}${']'.repeat(200)}`;
    const { infos, reasons } = await described(
      `names: [a]\nround: &r [*r, *r, *r, *r]\ndeep: ${deep}\n? {x: 1}\n: {y: 1}\nodd: {? [1] : 2}\nauthor: Ann\n`,
    );
    expect(infos).toEqual({ author: 'Ann' });
    expect(reasons).toEqual([
      'round: what the set says of itself: it is nested too deeply',
      'deep: what the set says of itself: it is nested too deeply',
      'odd: what the set says of itself: a name in it is no text',
    ]);
    const steps = Array.from({ length: 9 }, (_, at) => `b${at + 1}: &b${at + 1} [${`*b${at},`.repeat(9)}]`);
    const bomb = await described(`names: [a]\nb0: &b0 x\n${steps.join('\n')}\n`);
    expect(bomb.infos).toEqual({});
    expect(bomb.reasons.join('\n')).toContain('alias');
    const anchors = Array.from({ length: 20 }, (_, at) => at);
    const many = await described(
      `names: [a]\nall: [${anchors.map((at) => `&a${at} x`).join()}]\nagain: [${anchors.map((at) => `*a${at}`).join()}]\n`,
    );
    expect(many.reasons).toEqual(['again: what the set says of itself: it refers to other values too often']);
    const long = await described(`names: [a]\nnotes: ${'x'.repeat(2 ** 20)}\nauthor: Ann\n`);
    expect(long.infos).toEqual({ author: 'Ann' });
    expect(long.reasons).toEqual(['notes: what the set says of itself: it is too long']);
  });

  test("Ultralytics' own names get info_ in front, which comes off again", async () => {
    const infos: Infos = new Map<string, JsonValue>([
      ['path', '/etc'],
      ['names', ['x']],
      ['download', 'rm -rf /'],
      ['info_path', 1],
      ['info_author', 'Ann'],
      ['Names', 2],
    ]);
    const { again, text, problems } = await withInfos(setOf(['a'], subsets), infos);
    expect(problems).toEqual([]);
    expect(again.infos).toEqual(infos);
    expect(text.split('\n').map((line) => line.split(':')[0])).toEqual(
      'train val nc names,  0,info_path,info_names,  - x,info_download,info_info_path,info_author,Names,'.split(
        /,| (?=[vn])/,
      ),
    );
    expect(text).not.toMatch(/^(path|download)/m);
  });

  test('subsets of any name are named, read and no infos', async () => {
    const items = [...subsets, { id: 'c', subset: 'night' }, { id: 'd', subset: 'names' }];
    const infos: Infos = new Map([['night', 'a set of the night']]);
    const folder = fresh();
    const set = { ...setOf(['a'], items), infos };
    const report = await format('yolo_ultralytics').write(set, folder, { media: 'none' });
    expect(reasonsOf(report.problems.list)).toEqual([
      'names: the subset names is not named in it',
      'night: a subset has this name; it is written as info_night',
    ]);
    expect(await readFile(join(folder, 'data.yaml'), 'utf8')).toContain('\nnight: images/night\n');
    await put(folder, { 'images/train/a.png': '', 'images/val/b.png': '', 'images/night/c.png': '' });
    const again = await readAll('yolo_ultralytics', folder);
    expect(again.items.map(({ id, subset }) => [id, subset])).toEqual([
      ['a', 'train'],
      ['b', 'val'],
      ['c', 'night'],
    ]);
    expect(again.dataset.infos).toEqual(new Map([['info_night', 'a set of the night']]));
  });

  test('without infos the file is what it was', async () => {
    const bare = 'train: images/train\nval: images/val\nnc: 2\nnames:\n  0: a\n  1: "1.10"\n';
    for (const name of ultralytics) {
      expect((await withInfos(setOf(['a', '1.10'], subsets), new Map(), name)).text).toBe(bare);
    }
  });

  test('what is nested too deeply is told', async () => {
    let deep: JsonValue = 1;
    for (let turn = 0; turn < 5000; turn += 1) deep = [deep];
    const { again, problems } = await withInfos(setOf(['a'], subsets), new Map([['deep', deep]]));
    expect(problems).toEqual(['deep: it is nested too deeply and is not written']);
    expect(again.infos).toBeUndefined();
  });

  test('whatever it says is read again as it was', async () => {
    const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());
    const names = fc.oneof(
      text,
      fc.constantFrom('path', 'info_path', 'train', '__proto__', '<<', '=', 'y', '1'),
    );
    const values = fc.jsonValue({ stringUnit: 'binary', maxDepth: 4 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.tuple(names, values), { selector: ([name]) => name }),
        async (entries) => {
          const builder = new InfosBuilder();
          for (const [name, value] of entries) builder.add(name, plain(value), '');
          const infos = builder.build();
          const { again, problems } = await withInfos(setOf(['a'], subsets), infos);
          expect(problems).toEqual([]);
          expect(JSON.stringify([...(again.infos ?? [])])).toBe(JSON.stringify([...infos]));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('any text is one scalar, with what PyYAML would misread in quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (raw) => {
        const text = raw.toWellFormed();
        const yaml = new DataYaml(`names: [a]\nx: ${yamlScalar(text)}\n`);
        expect(yaml.value('x', (scalar) => String(scalar.value ?? ''))).toBe(text);
        expect(yamlScalar(text)).not.toMatch(/[\x7f-\x9f\u2028\u2029\ufeff\n]/);
      }),
    );
    expect(['=', '<<', 'a\u2028b', 'a=b', 'CC BY 4.0'].map(yamlScalar)).toEqual([
      '"="',
      '"<<"',
      '"a\\u2028b"',
      'a=b',
      'CC BY 4.0',
    ]);
    expect(
      new DataYaml(yamlField('__proto__', { __proto__: null, x: 1 })!).value('__proto__', jsonOf),
    ).toEqual({ x: 1 });
  });
});

/** As JSON has it: -0 is 0. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const pose = 'yolo_ultralytics_pose';

/** A set of poses with these skeletons by class. */
function posesOf(skeletons: readonly Skeleton[]): Dataset {
  const set = setOf(
    skeletons.map((_, index) => `class ${index}`),
    subsets.map((item) => ({
      ...item,
      annotations: [
        { ...shape, group: 1, type: 'box', x: 20, y: 10, width: 40, height: 30 },
        {
          ...shape,
          group: 1,
          type: 'points',
          points: skeletons[0]!.points.flatMap((_, at) => [at, at]),
          visibility: skeletons[0]!.points.map(() => 2),
        },
      ],
    })),
  );
  return { ...set, categories: { ...set.categories, skeletons: new Map(skeletons.entries()) } };
}

describe('skeletons', () => {
  test('points without a box get one; those of a class without a skeleton are told', async () => {
    const points = { type: 'points', points: [4, 5, 10, 15], visibility: [2, 1] } as const;
    const other = { ...shape, group: 2, type: 'box', x: 0, y: 0, width: 2, height: 2 } as const;
    const [from, to] = [fresh(), fresh()];
    const picture = sharp({ create: { width: 20, height: 20, channels: 3, background: 'grey' } });
    await put(from, { 'a.png': await picture.png().toBuffer() });
    const media = { kind: 'image', path: join(from, 'a.png'), size: { width: 20, height: 20 } } as const;
    const set = setOf(['hand'], [{ id: 'a', media, annotations: [{ ...shape, ...points }, other] }]);
    const skeletons = new Map([[0, { points: ['0', '1'], joints: [] }]]);
    const posed = { ...set, categories: { ...set.categories, skeletons } };
    const report = await format(pose).write(posed, to, { media: 'copy' });
    const { items: again } = await readAll(pose, to);
    expect(again[0]!.annotations.map(({ type }) => type)).toEqual(['box', 'points', 'box', 'points']);
    expect(again[0]!.annotations.slice(0, 2)).toMatchObject([{ x: 4, y: 5, width: 6, height: 10 }, points]);
    expect(again[0]!.annotations[3]).toMatchObject({ visibility: [0, 0] });
    expect([...report.problems.byReason.keys()]).toContain(
      'a pose without a box gets the one around its points',
    );
    const plain = await format(pose).write(set, fresh(), { media: 'copy' });
    expect([...plain.problems.byReason.keys()]).toContain('points of a class without a skeleton');
    expect(plain.annotations).toBe(1);
  });

  const person: Skeleton = { points: ['nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear'], joints: [] };
  const flip = [0, 2, 1, 4, 3];

  test('a person gets flip_idx by the names of the points, and keeps both', async () => {
    const { again, text, problems } = await withInfos(posesOf([person]), new Map(), pose);
    expect(problems).toEqual([]);
    expect(text).toContain(`kpt_shape: [5, 3]\nflip_idx: [${flip.join(', ')}]\nnc: 1\n`);
    expect(text).toContain('kpt_names:\n  0:\n    - nose\n    - left_eye\n');
    expect([...again.categories.skeletons.values()]).toEqual([{ ...person, mirrored: flip }]);
  });

  test('points without names have no kpt_names, as before', async () => {
    const plainPoints = { points: ['0', '1'], joints: [] };
    const { text } = await withInfos(posesOf([plainPoints]), new Map(), pose);
    expect(text).toBe(
      'train: images/train\nval: images/val\nkpt_shape: [2, 3]\nnc: 1\nnames:\n  0: class 0\n',
    );
  });

  test('what is written is read again as it was', async () => {
    const length = fc.integer({ min: 1, max: 8 });
    const sets = length.chain((points) =>
      fc.tuple(
        fc.array(fc.array(fc.string({ unit: 'grapheme' }), { minLength: points, maxLength: points }), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.option(mirrorings(points), { nil: undefined }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(sets, async ([names, mirrored]) => {
        const skeletons = names.map((points) => ({ points, joints: [], ...(mirrored && { mirrored }) }));
        const first = await withInfos(posesOf(skeletons), new Map(), pose);
        expect(first.again.problems.total).toBe(0);
        const read = [...first.again.categories.skeletons.values()];
        expect(read.map(({ points }) => points)).toEqual(names);
        if (mirrored) expect(read).toEqual(skeletons);
        const second = await withInfos(first.again, first.again.infos ?? new Map(), pose);
        expect(second.text).toBe(first.text);
        expect(second.again.categories).toEqual(first.again.categories);
      }),
      { numRuns: 60 },
    );
  });

  test('classes that are mirrored alike share a flip_idx; shorter ones fill up with numbers', async () => {
    const eyes: Skeleton = { points: ['nose', 'eyeL', 'eyeR'], joints: [] };
    const none: Skeleton = { points: [], joints: [] };
    const { again, text, problems } = await withInfos(posesOf([person, eyes, none]), new Map(), pose);
    expect(problems).toEqual([]);
    expect(text).toContain(`flip_idx: [${flip.join(', ')}]`);
    expect(again.categories.skeletons.get(1)!.points).toEqual(['nose', 'eyeL', 'eyeR', '3', '4']);
    expect(again.categories.skeletons.get(2)!.points).toEqual(
      Array.from({ length: 5 }, (_, at) => String(at)),
    );
  });

  test.each<[string, Skeleton]>([
    ['in another order', { points: ['left_eye', 'right_eye', 'nose'], joints: [] }],
    ['unknown', { points: ['a', 'b'], joints: [] }],
    ['of another length', { points: ['a', 'b', 'c'], joints: [], mirrored: [0, 2] }],
    ['going round', { points: ['a', 'b', 'c'], joints: [], mirrored: [1, 2, 0] }],
  ])('a class whose mirroring is %s costs flip_idx, and that is told', async (_, other) => {
    const { text, problems } = await withInfos(posesOf([person, other]), new Map(), pose);
    expect(problems).toEqual([
      'flip_idx: the points of the classes are not mirrored alike, so that it is left out',
    ]);
    expect(text).not.toContain('flip_idx');
  });

  const head = 'kpt_shape: [3, 2]\nnames: [a, b]\n';
  const points = async (yaml: string) => {
    const { dataset, reasons } = await described(`${head}${yaml}`, pose);
    return {
      first: dataset.categories.skeletons.get(0)!,
      second: dataset.categories.skeletons.get(1)!,
      reasons,
    };
  };

  test.each([
    '[0, 1]',
    '[0, 1, 3]',
    '[1, 2, 0]',
    '[0, 1, -1]',
    '[0, 2, 1.5]',
    'none',
    '{0: 1}',
    '[[0], 1, 2]',
  ])('flip_idx: %s is told and left out', async (value) => {
    const { first, reasons } = await points(`flip_idx: ${value}\n`);
    expect(first.mirrored).toBeUndefined();
    expect(reasons).toEqual(['flip_idx: it does not pair the points of kpt_shape, and is left out']);
  });

  test('names of points as they are written, for the classes that have them', async () => {
    const { first, second, reasons } = await points('flip_idx: [0, 2, 1]\nkpt_names:\n  1: [1.10, yes, ~]\n');
    expect(reasons).toEqual([]);
    expect(first).toEqual({ points: ['0', '1', '2'], joints: [], mirrored: [0, 2, 1] });
    expect(second).toEqual({ points: ['1.10', 'yes', '~'], joints: [], mirrored: [0, 2, 1] });
    expect((await points('flip_idx: []\nkpt_names:\n')).reasons).toEqual([]);
    expect((await points('kpt_names: [[a, b, c]]\n')).first.points).toEqual(['a', 'b', 'c']);
  });

  test('names that fit neither the points nor the classes are told', async () => {
    const { first, reasons } = await points('kpt_names: {0: [a, b], 1: a, 2: [a, b, c], x: []}\n');
    expect(first.points).toEqual(['0', '1', '2']);
    expect(reasons.toSorted()).toEqual([
      'kpt_names, 0: these are not as many names as kpt_shape has points',
      'kpt_names, 1: these are not as many names as kpt_shape has points',
      'kpt_names, 2: there is no class of this number',
      'kpt_names, x: there is no class of this number',
    ]);
    expect((await points('kpt_names: none\n')).reasons).toEqual([
      'kpt_names: it does not name points by class',
    ]);
  });
});

/** Any permutation that is its own inverse. */
function mirrorings(points: number): fc.Arbitrary<number[]> {
  return fc.shuffledSubarray(Array.from({ length: points }, (_, at) => at)).map((chosen) => {
    const mirrored = Array.from({ length: points }, (_, at) => at);
    for (let at = 0; at + 1 < chosen.length; at += 2) {
      mirrored[chosen[at]!] = chosen[at + 1]!;
      mirrored[chosen[at + 1]!] = chosen[at]!;
    }
    return mirrored;
  });
}

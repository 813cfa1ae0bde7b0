import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { adapt } from './convert.ts';
import type { Dataset, Format } from './format.ts';
import { formatNamed } from './formats/index.ts';
import { lossOf } from './loss.ts';
import { type Annotation, noAttributes, noCategories, ProblemLog } from './model/index.ts';
import { choicesFor } from './operations/choices.ts';
import { OverlapMeter, overlapOf } from './overlap.ts';
import { StatisticsCounter, statisticsOf } from './statistics.ts';
import { corpus, haveData, whyNot } from './testing/golden.ts';

const shape = { id: 0, attributes: noAttributes, label: 0, zOrder: 0 };
const box: Annotation = { ...shape, type: 'box', group: 1, x: 1, y: 2, width: 3, height: 4 };
const ring: Annotation = { ...shape, type: 'polygon', group: 1, points: [0, 0, 8, 0, 8, 8] };
const other: Annotation = { ...shape, type: 'polygon', group: 2, points: [1, 1, 4, 1, 4, 5] };
const part: Annotation = { ...shape, type: 'polygon', group: 2, points: [6, 6, 9, 6, 9, 9] };
const line: Annotation = { ...shape, type: 'polyline', group: 0, points: [0, 0, 1, 1] };
const all = [box, ring, other, part, line];

const set: Dataset = {
  categories: { ...noCategories, labels: [{ name: 'a', parent: '', attributes: [] }] },
  media: 'image',
  problems: new ProblemLog(),
  async *items() {
    yield { id: 'a', subset: 'train', media: null, attributes: noAttributes, annotations: all };
  },
};

describe('loss', () => {
  test('an object becomes one box: its own, or one around all its parts', () => {
    const { annotations, dropped } = adapt(all, ['box'], null);
    expect(annotations).toEqual([box, { ...shape, type: 'box', group: 2, x: 1, y: 1, width: 8, height: 8 }]);
    expect(dropped).toEqual([line]);
  });

  test('of a box and a mask of one object the mask becomes the outline, and the box not a second one', () => {
    const mask: Annotation = { ...shape, type: 'mask', group: 1, width: 2, height: 2, counts: [0, 4] };
    const { annotations, dropped } = adapt([box, mask], ['polygon'], null);
    expect(annotations.map(({ type, group }) => [type, group])).toEqual([['polygon', 1]]);
    expect(annotations[0]).toMatchObject({ points: [0, 0, 2, 0, 2, 2, 0, 2] });
    expect(dropped).toEqual([]);
  });

  test('is told before anything is written', async () => {
    const { abilities } = formatNamed('yolo_ultralytics') as Format;
    const loss = lossOf(await statisticsOf(set), abilities, set.categories);
    expect(loss.types).toEqual([
      { type: 'box', kept: 1, approximated: 0, merged: 0, dropped: 0, becomes: null, overlap: null },
      { type: 'polygon', kept: 0, approximated: 2, merged: 1, dropped: 0, becomes: 'box', overlap: null },
      { type: 'polyline', kept: 0, approximated: 0, merged: 0, dropped: 1, becomes: null, overlap: null },
    ]);
    // The box stands for its outline, and one box for two outlines: nothing is left to come apart.
    expect(loss.notes.filter((note) => note.includes('come apart'))).toEqual([]);
    const outlines = (formatNamed('yolo_ultralytics_segmentation') as Format).abilities;
    expect(lossOf(await statisticsOf(set), outlines, set.categories).notes).toContain(
      '2 annotations are parts of an object and come apart.',
    );
  });
});

describe('what a format has no place for in what it holds', () => {
  const quad: Annotation = { ...shape, type: 'polygon', group: 7, points: [0, 0, 9, 1, 8, 8, 1, 9] };
  const frame: Annotation = { ...shape, type: 'box', group: 7, x: 0, y: 0, width: 9, height: 9 };
  const mask: Annotation = { ...shape, type: 'mask', group: 0, width: 2, height: 2, counts: [0, 4] };
  const bare: Annotation = { ...frame, group: 0, label: null };
  const crowd: Annotation = { ...frame, group: 0, attributes: new Map([['is_crowd', true]]) };
  const points: Annotation = { ...shape, type: 'points', group: 0, points: [1, 1, 2, 2], visibility: [1, 2] };
  const mark: Annotation = { type: 'label', id: 0, group: 0, label: 0, attributes: new Map([['n', 1]]) };
  const said: Dataset = {
    ...set,
    categories: { ...noCategories, labels: [{ name: 'traffic light', parent: '', attributes: [] }] },
    async *items() {
      const annotations = [quad, frame, ring, mask, mask, bare, points, mark, { ...mark, id: 1 }, crowd];
      yield { id: 'a', subset: 'train', media: null, attributes: noAttributes, annotations };
    },
  };
  const lossIn = async (name: string) => {
    const { abilities } = formatNamed(name) as Format;
    return lossOf(await statisticsOf(said), abilities, said.categories);
  };

  test('pictures that are missing are told before, and worse of formats that go by them', async () => {
    const counter = new StatisticsCounter({ looks: true });
    for await (const item of set.items()) {
      for (const path of ['/nowhere/a.jpg', import.meta.filename])
        counter.add({ ...item, media: { kind: 'image', path, size: null } });
    }
    const statistics = counter.result(set);
    const notesOf = (name: string) =>
      lossOf(statistics, (formatNamed(name) as Format).abilities, set.categories).notes;
    expect(notesOf('coco_instances')).toContain(
      '1 picture is missing: only what is annotated on it is written.',
    );
    expect(notesOf('yolo_ultralytics')).toContain(
      '1 picture is missing. This format goes by its pictures: what is annotated on it would be lost.',
    );
  });

  test('outlines of four corners are DOTA’s own, and their boxes stand in them', async () => {
    const { types, notes } = await lossIn('dota');
    expect(types.find(({ type }) => type === 'polygon')).toMatchObject({ kept: 1, approximated: 1 });
    expect(notes).toContain(
      '1 class is renamed, as a name ends at a space: traffic light becomes traffic_light.',
    );
    expect(notes).toContain('1 annotation without a class is dropped.');
    const folder = await mkdtemp(join(tmpdir(), 'refinery-loss-'));
    const dota = formatNamed('dota') as Format;
    const one = {
      ...said,
      items: async function* () {
        yield { id: 'a', subset: 'train', media: null, attributes: noAttributes, annotations: [quad, frame] };
      },
    };
    await dota.write(one, folder, { media: 'none' });
    const back = await dota.read(folder);
    for await (const { annotations } of back.items()) {
      expect(annotations.map(({ type }) => type)).toEqual(['polygon']);
    }
    await rm(folder, { recursive: true });
  });

  test.each([
    ['icdar_text_localization', '9 annotations lose their class: the format has none.'],
    ['voc_segmentation', 'In 1 picture masks lose what others cover: they lie in one plane.'],
    ['common_semantic_segmentation', '1 mask joins another of its class.'],
    ['imagenet', '1 picture keeps one of its classes.'],
    ['cvat', 'Of 1 annotation it is lost which points are hidden.'],
    ['cvat', 'Numbers become text in 1 attribute: n.'],
    ['yolo', '1 region with a crowd is dropped: it would be taken for an object.'],
    ['yolo', '1 annotation without a class is dropped.'],
  ])('%s: %s', async (name, note) => {
    expect((await lossIn(name)).notes).toContain(note);
  });

  test('what is dropped may be kept by a transform', async () => {
    const yolo = formatNamed('yolo') as Format;
    expect(choicesFor(await lossIn('yolo'), yolo)).toEqual([
      { type: 'points', step: { name: 'shapes_to_boxes', options: {} }, becomes: 'box', annotations: 1 },
    ]);
    const classes = choicesFor(await lossIn('imagenet'), formatNamed('imagenet') as Format);
    expect(classes.map(({ type, becomes }) => [type, becomes])).toContainEqual(['polygon', 'label']);
  });
});

describe('approximations are measured', () => {
  const square: Annotation = { ...shape, type: 'polygon', group: 0, points: [0, 0, 10, 0, 10, 10, 0, 10] };
  const half: Annotation = { ...shape, type: 'polygon', group: 0, points: [0, 0, 10, 0, 0, 10] };
  const frame: Annotation = { ...shape, type: 'box', group: 0, x: 0, y: 0, width: 10, height: 10 };
  const ellipse: Annotation = { ...frame, type: 'ellipse' };
  const turned: Annotation = {
    ...shape,
    type: 'rotated_box',
    group: 0,
    centreX: 50,
    centreY: 50,
    width: 20,
    height: 20,
    angle: 45,
  };

  test('as areas have them', () => {
    const [upright] = adapt([turned], ['box'], null).annotations;
    expect(overlapOf([square], [frame])).toBeGreaterThan(0.97);
    expect(overlapOf([half], [frame])).toBeCloseTo(0.5, 1);
    expect(overlapOf([ellipse], [frame])).toBeCloseTo(Math.PI / 4, 1);
    expect(overlapOf([turned], [upright!])).toBeCloseTo(0.5, 1);
    expect(overlapOf([ellipse], adapt([ellipse], ['polygon'], null).annotations)).toBeGreaterThan(0.99);
    expect(overlapOf([square], [])).toBeNull();
  });

  test('on a fair sample, whatever the number', () => {
    const meter = new OverlapMeter(['box']);
    for (let index = 0; index < 3000; index += 1) {
      const annotations = [index % 2 === 0 ? square : half];
      meter.add({ id: String(index), subset: '', media: null, attributes: noAttributes, annotations });
    }
    // Every second object alone, say, would be of one kind only.
    const found = meter.result('polygon', 'box')!;
    expect(found.measured).toBeLessThanOrEqual(500);
    expect(found.mean).toBeCloseTo(0.75, 1);
    expect(found.least).toBeCloseTo(0.5, 1);
    expect(meter.result('mask', 'box')).toBeNull();
  });
});

describe.skipIf(!haveData)(`loss on real sets${whyNot}`, () => {
  test.each(['yolo_ultralytics', 'voc_detection', 'coco_instances', 'cvat', 'voc_segmentation'])(
    'the numbers for %s add up to what the set has',
    async (name) => {
      const dataset = await formatNamed('datumaro')!.read(corpus('datumaro'));
      const statistics = await statisticsOf(dataset);
      const { types } = lossOf(statistics, (formatNamed(name) as Format).abilities, dataset.categories);
      for (const { type, kept, approximated, merged, dropped } of types) {
        expect(kept + approximated + merged + dropped).toBe(statistics.byType.get(type));
      }
      expect(types.map(({ type }) => type).sort()).toEqual([...statistics.byType.keys()].sort());
    },
  );
});

describe('a group of several classes', () => {
  const bike: Annotation = {
    ...shape,
    label: 1,
    type: 'polygon',
    group: 1,
    points: [20, 20, 28, 20, 28, 28],
  };
  const pair = [ring, bike];
  const grouped: Dataset = {
    ...set,
    categories: { ...noCategories, labels: ['a', 'b'].map((name) => ({ name, parent: '', attributes: [] })) },
    async *items() {
      yield { id: 'a', subset: 'train', media: null, attributes: noAttributes, annotations: pair };
    },
  };

  test('is several objects: none is taken into another, or stands for it', () => {
    expect(adapt(pair, ['box'], null).annotations).toMatchObject([
      { type: 'box', label: 0, x: 0, y: 0, width: 8, height: 8 },
      { type: 'box', label: 1, x: 20, y: 20, width: 8, height: 8 },
    ]);
    expect(adapt([box, bike], ['box'], null).annotations).toMatchObject([
      { type: 'box', label: 0 },
      { type: 'box', label: 1 },
    ]);
  });

  test('is lost, and told, where a format only keeps the parts of an object together', async () => {
    const note = '2 annotations lose which other objects they belong with.';
    const statistics = await statisticsOf(grouped);
    for (const name of ['yolo_ultralytics', 'coco_instances']) {
      const { abilities } = formatNamed(name) as Format;
      expect(lossOf(statistics, abilities, grouped.categories).notes).toContain(note);
    }
    const { abilities } = formatNamed('cvat') as Format;
    expect(lossOf(statistics, abilities, grouped.categories).notes).toEqual([]);
  });

  test('is as many objects in COCO, each with its class', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'refinery-loss-'));
    try {
      await (formatNamed('coco_instances') as Format).write(grouped, folder, { media: 'none' });
      const text = await readFile(join(folder, 'annotations/instances_train.json'), 'utf8');
      const { annotations } = JSON.parse(text) as { annotations: object[] };
      expect(annotations).toMatchObject([
        { category_id: 1, bbox: [0, 0, 8, 8] },
        { category_id: 2, bbox: [20, 20, 8, 8] },
      ]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

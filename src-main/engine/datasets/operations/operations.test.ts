import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Dataset } from '../format.ts';
import { formatNamed } from '../formats/index.ts';
import { type Annotation, type Item, noAttributes, noCategories, ProblemLog } from '../model/index.ts';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { itemsOf } from '../testing/items.ts';
import type { ConversionRequest, Progress } from './conversion.ts';
import { planConversion, runConversion } from './convert.ts';
import { diff } from './diff.ts';
import { merge } from './merge.ts';

let folder = '';
let output = '';
let source = '';
let turn = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-operations-'));
  source = join(folder, 'source');
  await put('annotations/instances_train.json', set('train', ['a.png', 'b.png']));
  await put('annotations/instances_val.json', set('val', ['a.png']));
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#28a' } })
    .png()
    .toBuffer();
  for (const path of ['train/a.png', 'train/b.png', 'val/a.png']) await put(`images/${path}`, picture);
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => {
  turn += 1;
  output = join(folder, `run-${turn}`, 'out');
});

async function put(path: string, content: string | Buffer): Promise<void> {
  await mkdir(dirname(join(source, path)), { recursive: true });
  await writeFile(join(source, path), content);
}

/** Each picture has a box, and a round outline of its own. */
function set(subset: string, names: readonly string[]): string {
  const round = Array.from({ length: 24 }, (_, at) => [
    30 + 15 * Math.cos((at * Math.PI) / 12),
    24 + 15 * Math.sin((at * Math.PI) / 12),
  ]).flat();
  return JSON.stringify({
    images: names.map((file_name, id) => ({ id: id + 1, file_name, width: 64, height: 48 })),
    categories: ['cat', 'dog'].map((name, id) => ({ id: id + 1, name })),
    annotations: names.flatMap((_, at) => [
      {
        id: 2 * at + 1,
        image_id: at + 1,
        category_id: 1,
        bbox: [4, 5, 20, 10],
        attributes: { from: subset },
      },
      { id: 2 * at + 2, image_id: at + 1, category_id: 2, segmentation: [round] },
    ]),
  });
}

const request = (to: string, more: Partial<ConversionRequest> = {}): ConversionRequest => ({
  source,
  to,
  output,
  media: 'copy',
  ...more,
});
const beside = (): string[] => (existsSync(dirname(output)) ? readdirSync(dirname(output)).sort() : []);

describe('a conversion', () => {
  test('says beforehand what becomes of what, how well, and what would keep it', async () => {
    const { loss, statistics, advice } = await planConversion(request('yolo_ultralytics'));
    expect(statistics.items).toBe(3);
    expect(loss.types).toMatchObject([
      { type: 'box', kept: 3 },
      { type: 'polygon', approximated: 3, becomes: 'box' },
    ]);
    // A circle fills a part of π / 4 of the box around it.
    expect(loss.types[1]!.overlap).toMatchObject({ measured: 3 });
    expect(loss.types[1]!.overlap!.mean).toBeCloseTo(Math.PI / 4, 1);
    expect(loss.classes).toEqual([
      { label: 'cat', kept: 3, approximated: 0, merged: 0, dropped: 0 },
      { label: 'dog', kept: 0, approximated: 3, merged: 0, dropped: 0 },
    ]);
    expect(advice[0]).toContain('yolo_ultralytics_segmentation');
    expect(beside()).toEqual([]);
  });

  test('is read back and compared, and leaves a receipt beside it', async () => {
    const stages = new Set<string>();
    const result = await runConversion(
      request('yolo_ultralytics', { onProgress: ({ stage }) => stages.add(stage) }),
    );
    expect(result).toMatchObject({ check: 'passed', items: 3, media: { copied: 3, linked: 0 } });
    expect(result.roundTrip).toMatchObject({
      score: 1,
      types: [{ type: 'box', expected: 6, approximated: 3, equal: 6 }],
    });
    const receipt = JSON.parse(await readFile(result.receipt!, 'utf8')) as {
      files: { listed: { path: string; sha256: string; bytes: number }[] };
    };
    expect(receipt).toMatchObject({
      source: { format: 'coco_instances' },
      loss: { types: [{}, { becomes: 'box' }] },
    });
    const { createHash } = await import('node:crypto');
    for (const { path, sha256, bytes } of receipt.files.listed) {
      const content = readFileSync(join(output, path));
      expect([content.length, createHash('sha256').update(content).digest('hex')]).toEqual([bytes, sha256]);
    }
    expect(receipt.files.listed.map(({ path }) => path)).toContain('data.yaml');
    expect(beside()).toEqual(['out', 'out.receipt.json']);
  });

  test.each(['yolo_ultralytics', 'voc_detection', 'coco_instances'])(
    'planned while it is written, it says the same of %s, before anything has its name',
    async (to) => {
      // Some transforms leave items out, which a plan tells, too.
      const transforms = [{ name: 'filter', options: { items: 'id != "b"' } }];
      const expected = await planConversion(request(to, { transforms }));
      const stages: string[] = [];
      let told: unknown;
      await runConversion(
        request(to, {
          transforms,
          planAhead: false,
          onProgress: ({ stage }) => stages.at(-1) !== stage && stages.push(stage),
        }),
        (plan) => {
          told = plan;
          expect(existsSync(output)).toBe(false);
        },
      );
      expect(told).toEqual(expected);
      expect(stages).toEqual(['writing', 'checking']);
    },
  );

  test('in strict mode it is planned ahead', async () => {
    const stages: string[] = [];
    const onProgress: ConversionRequest['onProgress'] = ({ stage }) => stages.push(stage);
    await runConversion(request('coco_instances', { planAhead: false, strict: true, onProgress }));
    expect(stages[0]).toBe('planning');
  });

  test('a set is replaced when the new one is whole, and not before; what stays of it is counted', async () => {
    const all = (): Map<string, string> => {
      const entries = readdirSync(output, { recursive: true, withFileTypes: true });
      const files = entries
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name));
      return new Map(files.sort().map((path) => [path, readFileSync(path, 'hex')]));
    };
    await runConversion(request('yolo_ultralytics'));
    await writeFile(join(output, 'notes.txt'), 'mine');
    const before = all();
    const over = {
      overwrite: true,
      receipt: false,
      transforms: [{ name: 'filter', options: { items: 'id != "b"' } }],
    };
    const controller = new AbortController();
    const onProgress: ConversionRequest['onProgress'] = ({ stage }) =>
      stage === 'checking' && controller.abort();
    const stopped = runConversion(
      request('yolo_ultralytics', { ...over, signal: controller.signal, onProgress }),
    );
    await expect(stopped).rejects.toThrow();
    expect(all()).toEqual(before);
    const { check, left } = await runConversion(request('yolo_ultralytics', over));
    // b.txt, b.png and the notes.
    expect([check, left]).toEqual(['passed', 3]);
    expect([...all().keys()]).toEqual([...before.keys()]);
    expect(beside()).toEqual(['out', 'out.receipt.json']);
  });

  test('never writes over anything unless asked, and never over a receipt', async () => {
    await runConversion(request('coco_instances'));
    await expect(runConversion(request('coco_instances'))).rejects.toMatchObject({ code: 'OUTPUT_EXISTS' });
    const again = await runConversion(request('coco_instances', { overwrite: true, media: 'none' }));
    expect(again.check).toBe('passed');
    expect(beside()).toEqual(['out', 'out.receipt-2.json', 'out.receipt.json']);
  });

  test('links pictures, or leaves them out and is checked all the same', async () => {
    const linked = await runConversion(request('yolo_ultralytics', { media: 'link', receipt: false }));
    expect(linked.media).toEqual({ linked: 3, copied: 0 });
    const picture = join(output, 'images', 'train', 'a.png');
    expect(statSync(picture).ino).toBe(statSync(join(source, 'images', 'train', 'a.png')).ino);
    output += '-none';
    const without = await runConversion(request('yolo_ultralytics', { media: 'none', receipt: false }));
    expect(without.roundTrip.score).toBe(1);
    expect(readdirSync(output).sort()).toEqual(['data.yaml', 'labels']);
    expect(beside()).toEqual(['out', 'out-none']);
  });

  test('keeps both of two items that want one file, and progress does not go back', async () => {
    const told: number[] = [];
    const onProgress = ({ stage, done }: Progress): unknown => stage === 'writing' && told.push(done);
    const result = await runConversion(request('voc_detection', { onProgress }));
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(result).toMatchObject({ items: 3, renamedForCollisions: 1, check: 'passed' });
    expect(readdirSync(join(output, 'Annotations')).sort()).toEqual(['a.xml', 'a_2.xml', 'b.xml']);
  });

  test('that is cancelled or fails leaves nothing', async () => {
    const controller = new AbortController();
    const cancelled = runConversion(request('coco_instances', { signal: controller.signal }), () =>
      controller.abort(),
    );
    await expect(cancelled).rejects.toMatchObject({ name: 'AbortError' });
    const steps = [{ name: 'rename', options: { search: '.*', replace: '' } }];
    await expect(runConversion(request('datumaro', { transforms: steps }))).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    });
    await expect(runConversion(request('nonsense'))).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    expect(beside()).toEqual([]);
  });

  test('goes on past what can’t be read, unless it is strict', async () => {
    const bad = join(folder, 'bad');
    await mkdir(join(bad, 'annotations'), { recursive: true });
    const text = set('train', ['a.png']).replace('"category_id":1', '"category_id":99');
    await writeFile(join(bad, 'annotations', 'instances_train.json'), text);
    await expect(runConversion(request('datumaro', { source: bad, strict: true }))).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
    });
    const result = await runConversion(request('datumaro', { source: bad }));
    expect(result.check).toBe('passed');
    expect(JSON.parse(await readFile(result.receipt!, 'utf8'))).toMatchObject({
      problems: { reading: { total: 1 } },
    });
  });

  test('does not take what a transform leaves out for a fault of the source', async () => {
    const transforms = [{ name: 'remove_duplicates', options: {} }];
    let left = 0;
    const result = await runConversion(request('datumaro', { transforms, strict: true }), ({ changes }) => {
      left = changes.total;
    });
    expect([left, result.items]).toEqual([2, 1]);
  });

  test('takes transforms, pictures among them', async () => {
    const result = await runConversion(
      request('coco_instances', {
        transforms: [
          { name: 'map_subsets', options: { subsets: { val: 'test' } } },
          { name: 'resize', options: { width: 32, height: 24 } },
        ],
      }),
    );
    expect(result.check).toBe('passed');
    const { width } = await sharp(join(output, 'images', 'test', 'a.png')).metadata();
    expect(width).toBe(32);
    const back = await formatNamed('coco_instances')!.read(output);
    const items = await itemsOf(back);
    expect(items[0]!.annotations.find(({ type }) => type === 'box')).toMatchObject({
      x: 2,
      y: 2.5,
      width: 10,
      height: 5,
    });
  });
});

describe('a round trip', () => {
  test('classes of one name that the target joins are told', async () => {
    const twins = join(folder, 'twins');
    const names = 'train: images/train\nval: images/train\nnames: [a, a]\n';
    const files: Record<string, string> = {
      'data.yaml': names,
      'labels/train/a.txt': '0 0.3 0.3 0.2 0.2\n1 0.7 0.7 0.2 0.2\n',
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(twins, path)), { recursive: true });
      await writeFile(join(twins, path), content);
    }
    await mkdir(join(twins, 'images', 'train'), { recursive: true });
    await writeFile(
      join(twins, 'images', 'train', 'a.png'),
      await readFile(join(source, 'images', 'train', 'a.png')),
    );
    const given = { source: twins, from: 'yolo_ultralytics' };
    const joined = await runConversion(request('voc_detection', given));
    expect(joined).toMatchObject({ check: 'changed', roundTrip: { joinedLabels: ['a'], score: 1 } });
    const kept = await runConversion(request('coco_instances', { ...given, output: `${output}-2` }));
    expect(kept).toMatchObject({ check: 'passed', roundTrip: { joinedLabels: [] } });
  });

  test('what can not be read back at all has not come back', async () => {
    const bare = join(folder, 'bare');
    await mkdir(join(bare, 'annotations'), { recursive: true });
    await writeFile(join(bare, 'annotations', 'instances_train.json'), set('train', ['a.png']));
    const result = await runConversion(request('yolo_ultralytics', { source: bare, from: 'coco_instances' }));
    expect(result).toMatchObject({ check: 'failed', roundTrip: { items: { expected: 1, found: 0 } } });
    expect(Object.keys(result.checkProblems.byReason)[0]).not.toContain('.refinery-');
  });

  test('is not deceived: what a writer loses or changes without a word fails the check', async () => {
    const voc = formatNamed('voc_detection')!;
    const broken = join(folder, 'broken');
    await runConversion(request('voc_detection', { output: broken, receipt: false }));
    const path = join(broken, 'Annotations', 'b.xml');
    const whole = await readFile(path, 'utf8');
    const { RoundTripCheck } = await import('./round-trip.ts');
    const compare = async () => {
      const original = await formatNamed('coco_instances')!.read(source);
      const check = new RoundTripCheck(voc.abilities!, original);
      for await (const item of original.items()) if (item.id === 'b') check.expect(item);
      const back = await voc.read(broken);
      const only: Dataset = {
        ...back,
        async *items() {
          for await (const item of back.items()) if (item.id === 'b') yield item;
        },
      };
      return check.compare(only, new ProblemLog(), () => undefined);
    };
    expect(await compare()).toMatchObject({ score: 1, missingInFound: 0 });
    await writeFile(path, whole.replace('<xmin>4</xmin>', '<xmin>5</xmin>'));
    expect((await compare()).types[0]).toMatchObject({ equal: 1, near: 1 });
    await writeFile(path, whole.replace('<xmin>4</xmin>', '<xmin>9</xmin>'));
    expect((await compare()).types[0]).toMatchObject({ equal: 1, changed: 1 });
    await writeFile(path, whole.replace('<name>cat</name>', '<name>dog</name>'));
    expect(await compare()).toMatchObject({ missingInFound: 1, types: [{ equal: 1, missing: 1, added: 1 }] });
    await writeFile(path, whole.replace(/<object>[\s\S]*?<\/object>/, ''));
    expect(await compare()).toMatchObject({ missingInFound: 1, score: 0.5 });
  });

  test.skipIf(!haveData).each([
    ['coco_instances@rich', 'datumaro'],
    ['coco_instances@rich', 'cvat'],
    ['coco_instances@clean', 'coco_instances'],
    ['voc_detection@clean', 'yolo'],
    ['datumaro@det', 'coco_instances'],
    ['cvat@clean', 'voc_detection'],
  ])(`of %s as %s loses nothing without a word${whyNot}`, async (name, to) => {
    const result = await runConversion(request(to, { source: corpus(name), receipt: false }));
    expect(result.check).toBe('passed');
    const missing = result.roundTrip.types.reduce((sum, type) => sum + type.missing, 0);
    expect(missing).toBeLessThanOrEqual(result.problems.total + result.checkProblems.total);
  });
});

const shape = { id: 0, group: 0, attributes: noAttributes, zOrder: 0 };
const box = (x: number, label: number, width = 10): Annotation => ({
  ...shape,
  type: 'box',
  label,
  x,
  y: 0,
  width,
  height: 10,
});

function made(labels: readonly string[], items: Readonly<Record<string, readonly Annotation[]>>): Dataset {
  return {
    categories: { ...noCategories, labels: labels.map((name) => ({ name, parent: '', attributes: [] })) },
    media: 'image',
    problems: new ProblemLog(),
    async *items() {
      for (const [key, annotations] of Object.entries(items)) {
        const [subset, id] = key.split('/') as [string, string];
        yield { id, subset, media: null, attributes: noAttributes, annotations } satisfies Item;
      }
    },
  };
}

describe('sets together', () => {
  const read = async (dataset: Dataset): Promise<Record<string, unknown>> =>
    Object.fromEntries(
      (await itemsOf(dataset)).map(({ subset, id, annotations }) => [
        `${subset}/${id}`,
        annotations.map((entry) =>
          entry.type === 'box' && entry.label !== null
            ? `${dataset.categories.labels[entry.label]!.name} ${entry.x}`
            : '',
        ),
      ]),
    );

  test('a union has everything once, by the names of classes', async () => {
    const one = made(['a', 'b'], { 'train/x': [box(0, 0), box(20, 1)], 'train/y': [] });
    const other = made(['b', 'c'], { 'train/x': [box(20, 0), box(40, 1)], 'val/x': [box(1, 1)] });
    const merged = await merge([one, other], { mode: 'union' });
    expect(merged.categories.labels.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(await read(merged)).toEqual({
      'train/x': ['a 0', 'b 20', 'c 40'],
      'train/y': [],
      'val/x': ['c 1'],
    });
    await expect(merge([one, other], { mode: 'exact' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    await expect(merge([one], { mode: 'union' })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('an intersection is what most of them saw, and tells what not', async () => {
    const sets = [
      made(['a', 'b'], { 'train/x': [box(0, 0), box(50, 1), box(100, 0)], 'train/y': [] }),
      made(['a', 'b'], { 'train/x': [box(1, 0), box(52, 1)] }),
      made(['a', 'b'], { 'train/x': [box(2, 1), box(200, 0)] }),
    ];
    const merged = await merge(sets, { mode: 'intersect' });
    // Of three boxes the middle one is nearest to the others; two of three call it a.
    expect(await read(merged)).toEqual({ 'train/x': ['a 1', 'b 50'] });
    expect(merged.problems.list.map(({ reason }) => reason).sort()).toEqual([
      'left out: in 1 of 3 sets, 2 are needed',
      'left out: in 1 of 3 sets, 2 are needed',
      'left out: only set 1 has this item',
      'the sets give it different classes; most votes count',
    ]);
  });

  test('two pictures of one name stay two in a union, and can’t be pieces of one set', async () => {
    const files = ['one', 'other', 'twin'].map((name) => join(folder, `${name}.png`));
    for (const [at, text] of ['first', 'other', 'first'].entries()) await writeFile(files[at]!, text);
    const pictured = (path: string, x: number): Dataset => {
      const set = made(['a'], { 'train/x': [box(x, 0)] });
      return {
        ...set,
        async *items() {
          for await (const item of set.items()) yield { ...item, media: { kind: 'image', path, size: null } };
        },
      };
    };
    const sets = files.map((path, at) => pictured(path, at * 50));
    const union = await merge(sets, { mode: 'union' });
    expect(await read(union)).toEqual({ 'train/x': ['a 0', 'a 100'], 'train/x_set2': ['a 50'] });
    expect(union.problems.list.map(({ reason }) => reason)).toEqual([
      'set 2 has another picture of this name, which is called …_set2',
    ]);
    const exact = await merge(sets, { mode: 'exact' });
    await expect(itemsOf(exact)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    // The annotations alone say the size, and the other set has the picture.
    const bare = made(['a'], { 'train/x': [box(9, 0)] });
    const size = { width: 64, height: 48 };
    const sized: Dataset = {
      ...bare,
      async *items() {
        for await (const item of bare.items())
          yield { ...item, media: { kind: 'image', path: join(folder, 'nowhere.png'), size } };
      },
    };
    const [together] = await itemsOf(await merge([sized, sets[0]!], { mode: 'union' }));
    expect(together!.media).toEqual({ kind: 'image', path: files[0], size });
    const both = await merge(sets.slice(0, 2), { mode: 'intersect', quorum: 1 });
    expect(await read(both)).toEqual({ 'train/x': ['a 0', 'a 50'] });
    expect(both.problems.list.map(({ reason }) => reason)).toEqual([
      'the sets have different pictures of it; the first is taken',
    ]);
  });

  test.each([
    { overlap: 2 },
    { overlap: Number.NaN },
    { overlap: 0 },
    { quorum: 0 },
    { quorum: 3 },
    { quorum: 1.5 },
  ])('numbers that make no sense are refused: %j', async (numbers) => {
    const sets = [made(['a'], {}), made(['a'], {})];
    const merging = merge(sets, { mode: 'intersect', ...numbers });
    await expect(merging).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });

  test('a difference knows attributes, pictures and what sets say of themselves', async () => {
    const files = ['d1', 'd2', 'd3'].map((name) => join(folder, `${name}.png`));
    for (const [at, text] of ['same', 'same', 'else'].entries()) await writeFile(files[at]!, text);
    const described = (occluded: boolean, path: string, author: string): Dataset => {
      const attributes = new Map<string, boolean | number>([['occluded', occluded]]);
      const set = made(['a'], { 'train/x': [{ ...box(0, 0), attributes }, box(50, 0)] });
      return {
        ...set,
        infos: new Map([['author', author]]),
        async *items() {
          for await (const item of set.items())
            yield {
              ...item,
              attributes: new Map([['weather', author]]),
              media: { kind: 'image', path, size: null },
            };
        },
      };
    };
    const first = described(true, files[0]!, 'Bo');
    expect(await diff(first, described(true, files[1]!, 'Bo'))).toMatchObject({
      equal: true,
      pictures: { same: 1, changed: 0, missing: 0 },
    });
    expect(await diff(first, described(false, files[0]!, 'Bo'))).toMatchObject({
      equal: false,
      items: { same: 1, changed: 0 },
      attributes: { items: { count: 0 }, annotations: { count: 1, names: ['occluded'] } },
      examples: { attributes: ['train/x'] },
    });
    expect(await diff(first, described(true, files[2]!, 'Al'))).toMatchObject({
      equal: false,
      attributes: { items: { count: 1, names: ['weather'] }, annotations: { count: 0 } },
      infos: ['author'],
      pictures: { same: 0, changed: 1, missing: 0 },
      examples: { pictures: ['train/x'] },
    });
    const unseen = await diff(first, described(true, files[2]!, 'Bo'), { pictures: false });
    expect(unseen).toMatchObject({ equal: true, pictures: null });
    expect(await diff(first, described(true, join(folder, 'gone.png'), 'Bo'))).toMatchObject({
      equal: false,
      pictures: { missing: 1 },
    });
  });

  test('a difference names what is added, gone, changed and moved', async () => {
    const before = made(['a', 'b'], {
      'train/x': [box(0, 0), box(20, 1)],
      'train/y': [box(0, 0)],
      'train/z': [],
    });
    const after = made(['b', 'c'], {
      'train/x': [box(0, 1), box(20, 0)],
      'val/y': [],
      'train/new': [box(3, 1)],
    });
    const found = await diff(before, after);
    expect(found.labels).toEqual({ added: ['c'], gone: ['a'], reordered: false });
    expect(found.items).toEqual({ same: 0, changed: 2, added: 1, gone: 1, moved: 1 });
    expect(found.annotations).toEqual([{ type: 'box', same: 1, changed: 0, added: 2, gone: 2 }]);
    expect((await diff(before, before)).equal).toBe(true);
    const order = await diff(
      made(['a', 'b'], { 'x/x': [box(0, 0)] }),
      made(['b', 'a'], { 'x/x': [box(0, 1)] }),
    );
    expect(order).toMatchObject({ equal: false, labels: { reordered: true }, items: { same: 1 } });
  });
});

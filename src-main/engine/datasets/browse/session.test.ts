import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mergedSource, openSource, runConversion } from '../operations/index.ts';
import { DatasetSession } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-session-'));
  await makeCoco('cats', ['a', 'b'], ['cat', 'dog']);
  await makeCoco('dogs', ['b', 'c'], ['dog', 'bird'], 12);
  await makeCoco('more', ['c'], ['dog']);
  await create({ file: join(folder, 'more.tar'), cwd: folder }, ['more']);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function put(path: string, content: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

/** Each picture has a box of the first class at `x`; nobody decodes the pictures. */
async function makeCoco(
  name: string,
  pictures: readonly string[],
  classes: readonly string[],
  x = 4,
  withFiles = true,
) {
  for (const picture of withFiles ? pictures : [])
    await put(`${name}/images/train/${picture}.png`, `picture ${picture}`);
  const size = { width: 64, height: 48 };
  await put(
    `${name}/annotations/instances_train.json`,
    JSON.stringify({
      images: pictures.map((picture, at) => ({ id: at + 1, file_name: `${picture}.png`, ...size })),
      categories: classes.map((label, at) => ({ id: at + 1, name: label })),
      annotations: pictures.map((_, at) => ({
        ...{ id: at + 1, image_id: at + 1, category_id: 1, iscrowd: 0, area: 100 },
        ...{ segmentation: [], bbox: [x, 2, 10, 10] },
      })),
    }),
  );
}

const from = 'coco_instances';
const other = (name: string) => ({ path: join(folder, name), from });
const noFilter = { subset: null, label: null, empty: false, text: '' };
const quiet = () => ({ signal: new AbortController().signal, onProgress: () => undefined });
const work = () => ({ ...quiet(), onUnpacking: () => undefined });

async function opened(name: string): Promise<DatasetSession> {
  const session = await DatasetSession.open(join(folder, name), quiet);
  await session.read(from, quiet());
  return session;
}

const names = async (session: DatasetSession, indices: readonly number[], changed = false) =>
  Promise.all(indices.map(async (index) => (await session.item(index, changed))?.id));

describe('a session that is merged', () => {
  test('is browsed, changed and planned as one set, and is alone again without the others', async () => {
    await using session = await opened('cats');
    const before = session.reading;
    const { reading, sizes } = await session.merge(
      [other('dogs'), other('more.tar')],
      { mode: 'union' },
      work(),
    );
    expect(sizes).toEqual([2, 2, 1]);
    expect(reading.categories.labels.map(({ name }) => name)).toEqual(['cat', 'dog', 'bird']);
    expect(reading.format.name).toBe(from);
    expect(await names(session, session.find(noFilter))).toEqual(['a', 'b', 'c']);
    expect((await session.item(1))?.annotations).toHaveLength(2);

    const steps = [
      { name: 'remove_labels', options: { labels: ['dog'] } },
      { name: 'drop_empty', options: {} },
    ];
    const shaped = await session.shape(steps, quiet());
    expect(await names(session, session.find(noFilter, true), true)).toEqual(['a', 'b']);
    expect(shaped.reading.statistics.items).toBe(2);
    const plan = await session.plan({ to: 'voc_detection', output: '', media: 'none' });
    expect(plan.merged?.mode).toBe('union');
    expect(plan.merged?.sets.map(({ path }) => path)).toEqual(
      ['cats', 'dogs', 'more.tar'].map((name) => join(folder, name)),
    );

    await session.merge([], { mode: 'union' }, work());
    expect(session.merged).toBeNull();
    expect(session.reading).toEqual(before);
  });

  test('has names in which nothing is twice: what is browsed, told and written is the same', async () => {
    await makeCoco('first', ['x', 'y', 'Y_SET3'], ['cat']);
    await makeCoco('second', ['x', 'y'], ['cat'], 12);
    await makeCoco('third', ['x', 'y', 'x_set2', 'x_set2_2'], ['cat'], 14);
    for (const name of ['second', 'third'])
      for (const picture of ['x', 'y'])
        await put(`${name}/images/train/${picture}.png`, `${picture} of ${name}`);
    await using session = await opened('first');
    const { reading } = await session.merge([other('second'), other('third')], { mode: 'union' }, work());
    const browsed = await names(session, session.find(noFilter));
    expect(browsed.toSorted()).toEqual([
      'Y_SET3',
      'x',
      'x_set2',
      'x_set2_2',
      'x_set2_3',
      'x_set3',
      'y',
      'y_set2',
      'y_set3_2',
    ]);
    expect(reading.problems.byReason).toEqual({
      'set 2 has another picture of this name, which is called …_set2': 1,
      'set 2 has another picture of this name, which is called …_set2_3': 1,
      'set 3 has another picture of this name, which is called …_set3': 1,
      'set 3 has another picture of this name, which is called …_set3_2': 1,
    });
    const sources = await Promise.all(
      ['first', 'second', 'third'].map((name) => openSource(join(folder, name), { from })),
    );
    for (const to of ['voc_detection', 'coco_instances']) {
      const output = join(folder, `names ${to}`);
      const source = mergedSource(sources, { mode: 'union' });
      const result = await runConversion({ source, to, output, media: 'copy', receipt: false });
      expect(result).toMatchObject({ check: 'passed', renamedForCollisions: 0 });
      expect(result.roundTrip.renamedItems.count).toBe(0);
      await using written = await openSource(output, { from: to });
      const ids: string[] = [];
      for await (const { id } of (await written.open()).items()) ids.push(id);
      expect(ids.sort()).toEqual(browsed.toSorted());
    }
  });

  test('stays as it was where the sets can’t be merged', async () => {
    await using session = await opened('cats');
    await session.merge([other('dogs')], { mode: 'union' }, work());
    const { reading } = session;
    const refused: [string[], Parameters<DatasetSession['merge']>[1], string][] = [
      [['dogs'], { mode: 'exact' }, 'BAD_REQUEST'],
      [['dogs'], { mode: 'intersect', overlap: 0 }, 'BAD_REQUEST'],
      [['dogs'], { mode: 'intersect', quorum: 3 }, 'BAD_REQUEST'],
      [['nothing'], { mode: 'union' }, 'INPUT_NOT_FOUND'],
    ];
    for (const [others, options, code] of refused)
      await expect(session.merge(others.map(other), options, work())).rejects.toMatchObject({ code });
    const abort = AbortSignal.abort(new Error('enough'));
    await expect(
      session.merge([other('more')], { mode: 'union' }, { ...work(), signal: abort }),
    ).rejects.toThrow('enough');
    expect(session.reading).toBe(reading);
    expect(session.merged).toEqual({ others: [other('dogs')], options: { mode: 'union' } });
  });

  test('can be given up in the midst of it', async () => {
    const pictures = Array.from({ length: 20_000 }, (_, at) => `p${at}`);
    await makeCoco('many', pictures, ['cat'], 4, false);
    await using session = await opened('cats');
    const abort = new AbortController();
    const merging = session.merge([other('many')], { mode: 'union' }, { ...work(), signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 20);
    await expect(merging).rejects.toThrow('enough');
    expect(session.merged).toBeNull();
    expect(session.find(noFilter)).toHaveLength(2);
  });

  test('tells once what the sets don’t agree on, with the number of each set', async () => {
    await using session = await opened('cats');
    const { reading } = await session.merge([other('dogs')], { mode: 'intersect', overlap: 0.9 }, work());
    expect(session.merged?.options).toEqual({ mode: 'intersect', overlap: 0.9, quorum: 2 });
    expect(reading.problems.byReason).toEqual({
      'left out: only set 1 has this item': 1,
      'left out: only set 2 has this item': 1,
      'left out: in 1 of 2 sets, 2 are needed': 2,
    });
    const { reading: shaped } = await session.shape([{ name: 'drop_empty', options: {} }], quiet());
    expect(shaped.problems).toEqual(reading.problems);
  });

  test('the background of VOC is no class of sets that are merged with others', async () => {
    await using session = await opened('cats');
    await runConversion({
      ...{ source: join(folder, 'dogs'), from, to: 'voc_detection' },
      ...{ output: join(folder, 'voc'), media: 'copy', receipt: false },
    });
    const voc = { path: join(folder, 'voc'), from: 'voc_detection' };
    const { reading } = await session.merge([voc], { mode: 'union' }, work());
    expect(reading.categories.labels.map(({ name }) => name)).not.toContain('background');
    await session.merge([], { mode: 'union' }, work());
  });

  test('a link in any of the sets leads to no secret, and the receipt names them all', async () => {
    await makeCoco('linked', ['d'], ['cat']);
    await put('secret.txt', 'nobody gave this away');
    await rm(join(folder, 'linked/images/train/d.png'));
    await symlink(join(folder, 'secret.txt'), join(folder, 'linked/images/train/d.png'));
    await using one = await openSource(join(folder, 'cats'), { from });
    await using two = await openSource(join(folder, 'linked'), { from });
    const output = join(folder, 'out');
    const result = await runConversion({
      source: mergedSource([one, two], { mode: 'union' }),
      ...{ to: 'voc_detection', output, media: 'copy' },
    });
    expect(result.problems.first).toContainEqual({
      file: 'set 2/images/train/d.png',
      place: '',
      reason: expect.stringMatching(/^It is a link out of the set/),
    });
    const { source } = JSON.parse(await readFile(result.receipt!, 'utf8'));
    expect(source.merged).toEqual({
      mode: 'union',
      sets: ['cats', 'linked'].map((name) => ({ path: join(folder, name), format: from })),
    });
  });
});

describe('a comparison', () => {
  test('is of what the changes make of the set, and says which items differ', async () => {
    await using session = await opened('cats');
    const same = await session.compare([], other('cats'), true, work());
    expect(same).toMatchObject({ equal: true, pictures: { same: 2 } });

    const found = await session.compare([], other('dogs'), true, work());
    expect(found).toMatchObject({
      labels: { added: ['bird'], gone: ['cat'] },
      items: { same: 0, changed: 1, added: 1, gone: 1 },
      // COCO's number of a picture is an attribute.
      differing: { changed: 1, added: 1, gone: 1, moved: 0, attributes: 0, pictures: 0 },
    });
    const different = (difference: 'changed' | 'gone') =>
      names(session, session.find(noFilter, false, { difference }));
    expect(await different('changed')).toEqual(['b']);
    expect(await different('gone')).toEqual(['a']);

    const steps = [{ name: 'map_subsets', options: { subsets: { train: 'val' } } }];
    await session.shape(steps, quiet());
    const moved = await session.compare(steps, other('cats'), false, work());
    expect(moved).toMatchObject({ items: { same: 2, moved: 2 }, pictures: null });
    expect(session.find(noFilter, true, { difference: 'moved' })).toEqual([0, 1]);
  });

  test('leaves out pictures that are made when the set is written', async () => {
    await using session = await opened('cats');
    const steps = [{ name: 'resize', options: { width: 32, height: 24 } }];
    expect((await session.compare(steps, other('cats'), true, work())).pictures).toBeNull();
  });
});

import { existsSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ErrorValue } from '../../contract/errors.ts';
import { finishedStates } from '../../contract/jobs.ts';
import type { ConversionResult } from '../datasets/index.ts';
import { Journal } from '../jobs/journal.ts';
import { JobQueue } from '../jobs/queue.ts';
import { type ConvertInput, convertKind, writtenSet } from './convert-kind.ts';

let folder: string;
let source: string;
const items = 1000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-convert-'));
  source = join(folder, 'source');
  await mkdir(join(source, 'annotations'), { recursive: true });
  const size = { width: 64, height: 64 };
  const images = Array.from({ length: items }, (_, at) => ({ id: at + 1, file_name: `${at}.jpg`, ...size }));
  const annotations = images.map(({ id }) => ({
    ...{ id, image_id: id, category_id: 1, iscrowd: 0, area: 100 },
    ...{ segmentation: [], bbox: [1, 2, 10, 10] },
  }));
  await mkdir(join(source, 'images', 'train'), { recursive: true });
  for (const { file_name } of images) {
    await writeFile(join(source, 'images', 'train', file_name), contentOf(file_name));
  }
  await writeFile(
    join(source, 'annotations', 'instances_train.json'),
    JSON.stringify({ images, categories: [{ id: 1, name: 'cat' }], annotations }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Nobody decodes a picture here. */
const contentOf = (name: string): string => `picture ${name} `.repeat(20);

const input = (output: string): ConvertInput => ({
  path: source,
  from: 'coco_instances',
  items,
  set: 'set-1',
  to: 'voc_detection',
  steps: [],
  output,
  media: 'none',
  overwrite: false,
  strict: false,
});

type Ends = (queue: JobQueue, id: string) => unknown;

/** A queue with one conversion in it. @param onWriting is called in the midst of it. */
async function opened(below: string, onWriting: Ends = () => undefined, changes: Partial<ConvertInput> = {}) {
  const parent = join(folder, below);
  await mkdir(parent);
  const journal = new Journal(':memory:');
  const told: (ConversionResult | ErrorValue | null)[] = [];
  const kind = convertKind({
    onProgress: ({ stage }) => stage === 'writing' && onWriting(queue, id!),
    onFinished: (_, result, error) => {
      told.push(result ?? error);
    },
  });
  const queue: JobQueue = new JobQueue({
    journal,
    kinds: [kind],
    onChanged: () => undefined,
    onRemoved: () => undefined,
  });
  await queue.open();
  const output = join(parent, 'new');
  const [id] = queue.add('convert', [{ title: 'new', input: { ...input(output), ...changes }, start: true }]);
  const job = () => queue.list().find((entry) => entry.id === id)!;
  const finished = async (): Promise<void> => {
    while (!finishedStates.has(job().state)) await pause(5);
  };
  return { parent, journal, told, kind, queue, output, id: id!, job, finished };
}

describe('conversions in the queue', () => {
  test('one is done, told and kept with its receipt', async () => {
    const { queue, journal, told, output, id, job, finished } = await opened('done');
    await finished();
    expect(job()).toMatchObject({
      state: 'done',
      convert: {
        from: 'COCO, objects with boxes and outlines',
        to: 'Pascal VOC, boxes',
        result: { items, annotations: items, check: 'passed', score: 1, receipt: 'new.receipt.json' },
      },
    });
    expect(told).toMatchObject([{ output, items }]);
    expect(existsSync(join(output, 'Annotations', '0.xml'))).toBe(true);
    await queue.shutdown();
    expect(journal.load().find((record) => record.id === id)?.state).toBe('done');
  });

  test('one that is gone is named, with what to do', async () => {
    expect(await writtenSet(source)).toBe(source);
    await expect(writtenSet(join(folder, 'gone', 'animals'))).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
      message: expect.stringMatching(/animals is not there any more\.$/),
      hint: expect.stringContaining('convert the source again'),
    });
  });

  test('it waits where it is paused, and goes on', async () => {
    const { queue, output, id, job, finished } = await opened('paused');
    queue.pause([id]);
    await pause(200);
    expect(job().state).toBe('paused');
    expect(existsSync(output)).toBe(false);
    queue.resume([id]);
    await finished();
    expect(job().state).toBe('done');
    await queue.shutdown();
  });

  test('cancelled while it writes, it leaves nothing', async () => {
    const { queue, parent, told, job, finished } = await opened('cancelled', (own, id) => own.cancel([id]));
    await finished();
    expect(job().state).toBe('cancelled');
    expect(told).toMatchObject([{ code: 'CANCELLED' }]);
    // What was written goes behind the job.
    await expect.poll(() => readdir(parent)).toEqual([]);
    await queue.shutdown();
  });

  /** What is left beside the output, by a name that a person doesn't see. */
  const leftIn = async (parent: string): Promise<string[]> =>
    (await readdir(parent)).filter((name) => name.startsWith('.refinery-'));

  /** Stopped in the midst of copying, with the whole and the half copies that there are then. */
  async function stopped(below: string, changes: Partial<ConvertInput> = {}) {
    const opening = await opened(below, undefined, { media: 'copy', ...changes });
    const { queue, parent, journal, kind } = opening;
    const pictures = async (): Promise<string> => join(parent, (await leftIn(parent))[0] ?? '', 'JPEGImages');
    while ((await readdir(await pictures()).catch(() => [])).length < 2) await pause(1);
    await queue.shutdown();
    const again = new JobQueue({
      journal,
      kinds: [kind],
      onChanged: () => undefined,
      onRemoved: () => undefined,
    });
    return { ...opening, again, pictures: await pictures() };
  }

  test('stopped by the end of the engine, it goes on afterwards: what was copied is not copied again', async () => {
    const { queue, parent, told, id, output, again, pictures } = await stopped('stopped');
    expect(queue.record(id).state).toBe('queued');
    expect(told).toEqual([]);
    const copied = await readdir(pictures);
    expect(copied.length).toBeGreaterThan(1);
    expect(copied.length).toBeLessThan(items);
    const inodes = new Map(copied.map((name) => [name, statSync(join(pictures, name)).ino]));
    // As a killed engine would leave the last one, and what else could be under a picture's name.
    const [half, other] = copied as [string, string];
    await writeFile(join(pictures, half), 'half');
    await writeFile(join(pictures, other), '?'.repeat(contentOf(other).length));
    await again.open();
    while (!again.list().every(({ state }) => finishedStates.has(state))) await pause(5);
    expect(again.list()[0]?.state).toBe('done');
    expect((await readdir(parent)).sort()).toEqual(['new', 'new.receipt.json']);
    const anew: string[] = [];
    for (const name of Array.from({ length: items }, (_, at) => `${at}.jpg`)) {
      const path = join(output, 'JPEGImages', name);
      expect(await readFile(path, 'utf8')).toBe(contentOf(name));
      if (inodes.has(name) && statSync(path).ino !== inodes.get(name)) anew.push(name);
    }
    expect(anew).toEqual(expect.arrayContaining([half, other]));
    // And the one that it was at when it was stopped.
    expect(anew.length).toBeLessThanOrEqual(3);
    await again.shutdown();
  });

  test('merged sets are merged again after the end of the engine, and the receipt names them', async () => {
    const second = join(folder, 'second');
    await mkdir(join(second, 'annotations'), { recursive: true });
    const size = { width: 64, height: 64 };
    const text = JSON.stringify({
      images: [{ id: 1, file_name: 'other.jpg', ...size }],
      ...{ categories: [{ id: 1, name: 'dog' }], annotations: [] },
    });
    await writeFile(join(second, 'annotations', 'instances_train.json'), text);
    const merged = {
      others: [{ path: second, from: 'coco_instances' }],
      options: { mode: 'union' },
    } as const;
    const { parent, id, told, output, again } = await stopped('merged', { merged });
    expect(told).toEqual([]);
    await again.open();
    while (!again.list().every(({ state }) => finishedStates.has(state))) await pause(5);
    expect(again.record(id).result).toMatchObject({ conversion: { items: items + 1 } });
    expect((await readdir(parent)).sort()).toEqual(['new', 'new.receipt.json']);
    expect(existsSync(join(output, 'Annotations', 'other.xml'))).toBe(true);
    const { source: of } = JSON.parse(await readFile(`${output}.receipt.json`, 'utf8'));
    expect(of.merged).toMatchObject({ mode: 'union', sets: [{ path: source }, { path: second }] });
    await again.shutdown();
  });

  test('cancelled before it goes on, it leaves nothing', async () => {
    const { parent, id, again } = await stopped('forgotten');
    again.setPaused(true);
    await again.open();
    expect(await leftIn(parent)).toHaveLength(1);
    again.cancel([id]);
    await expect.poll(() => leftIn(parent)).toEqual([]);
    again.setPaused(false);
    again.retry([id]);
    while (!again.list().every(({ state }) => finishedStates.has(state))) await pause(5);
    expect((await readdir(parent)).sort()).toEqual(['new', 'new.receipt.json']);
    await again.shutdown();
  });

  test('a crash after the folder got its name loses no result and writes no second receipt', async () => {
    const { queue, kind, parent, output, id, finished } = await opened('named');
    await finished();
    await queue.shutdown();
    const record = queue.record(id);
    const pending: unknown[] = [];
    await rm(output, { recursive: true });
    await rm(`${output}.receipt.json`);
    const outcome = await kind.run(record, {
      jobId: id,
      signal: new AbortController().signal,
      waitWhilePaused: async () => undefined,
      report: () => undefined,
      setPending: (ready) => pending.push(JSON.parse(JSON.stringify(ready))),
    });
    const receipt = await readFile(`${output}.receipt.json`, 'utf8');
    expect(await kind.recover({ ...record, pending: pending[0] })).toEqual(outcome);
    await rm(`${output}.receipt.json`);
    expect(await kind.recover({ ...record, pending: pending[0] })).toEqual(outcome);
    expect(await readFile(`${output}.receipt.json`, 'utf8')).toBe(receipt);
    expect((await readdir(parent)).sort()).toEqual(['new', 'new.receipt.json']);
    await rm(output, { recursive: true });
    expect(await kind.recover({ ...record, pending: pending[0] })).toBeUndefined();
  });
});

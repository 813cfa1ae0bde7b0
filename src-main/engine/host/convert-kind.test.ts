import { existsSync } from 'node:fs';
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
import { type ConvertInput, convertKind } from './convert-kind.ts';

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
  await writeFile(
    join(source, 'annotations', 'instances_train.json'),
    JSON.stringify({ images, categories: [{ id: 1, name: 'cat' }], annotations }),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

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
async function opened(below: string, onWriting: Ends = () => undefined) {
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
  const [id] = queue.add('convert', [{ title: 'new', input: input(output), start: true }]);
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
    expect(await readdir(parent)).toEqual([]);
    await queue.shutdown();
  });

  test('stopped by the end of the engine, it starts anew afterwards and leaves no folder twice', async () => {
    let stopped: Promise<void> | undefined;
    const { queue, journal, parent, told, id, kind } = await opened('stopped', (own) => {
      stopped ??= own.shutdown();
    });
    while (stopped === undefined) await pause(5);
    await stopped;
    expect(queue.record(id).state).toBe('queued');
    expect(told).toEqual([]);
    // As a killed engine would leave it.
    await mkdir(join(parent, `.refinery-${id}-abcdef.part`));
    const again = new JobQueue({
      journal,
      kinds: [kind],
      onChanged: () => undefined,
      onRemoved: () => undefined,
    });
    await kind.recover(journal.load().find((record) => record.id === id)!);
    expect(await readdir(parent)).toEqual([]);
    await again.open();
    while (!again.list().every(({ state }) => finishedStates.has(state))) await pause(5);
    expect(again.list()[0]?.state).toBe('done');
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

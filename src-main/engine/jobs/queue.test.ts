import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { RefineryError } from '../../contract/errors.ts';
import type { Job, JobState } from '../../contract/jobs.ts';
import { type JobRecord, Journal } from './journal.ts';
import type { JobContext, JobKind } from './kind.ts';
import { JobQueue } from './queue.ts';

const endings: Array<() => unknown> = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Task {
  readonly record: JobRecord;
  readonly context: JobContext;
  finish(result: unknown): void;
  fail(error: unknown): void;
}

/** A kind whose jobs end when the test says so. */
class Workshop implements JobKind {
  readonly name = 'upscale';
  readonly slots: number;
  readonly tasks: Task[] = [];
  recovered: unknown;

  constructor(slots = 2) {
    this.slots = slots;
  }

  describe(): Partial<Job> {
    return {};
  }

  weigh(): number {
    return 1;
  }

  freeze(record: JobRecord): unknown {
    return { frozen: record.title, detail: record.detail };
  }

  run(record: JobRecord, context: JobContext): Promise<unknown> {
    return new Promise((finish, fail) => {
      this.tasks.push({ record, context, finish, fail });
      context.signal.addEventListener('abort', () => fail(context.signal.reason));
    });
  }

  async recover(): Promise<unknown> {
    return this.recovered;
  }

  titles(): string[] {
    return this.tasks.map(({ record }) => record.title);
  }
}

function openQueue(kind: JobKind, journal = new Journal(':memory:')) {
  const changes: Job[][] = [];
  const queue = new JobQueue({
    journal,
    kinds: [kind],
    interval: 1,
    onChanged: (jobs) => changes.push(jobs),
    onRemoved: () => undefined,
  });
  endings.push(() => queue.shutdown());
  return { queue, journal, changes };
}

const jobsNamed = (...titles: string[]) => titles.map((title) => ({ title, input: { title } }));
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));
const states = (queue: JobQueue): Record<string, JobState> =>
  Object.fromEntries(queue.list().map(({ title, state }) => [title, state]));

test('jobs wait until they are started, run in order, and no more at once than there are places', async () => {
  const workshop = new Workshop(2);
  const { queue } = openQueue(workshop);
  await queue.open();
  queue.add('upscale', jobsNamed('a', 'b', 'c', 'd'));
  await settle();
  expect(workshop.tasks).toHaveLength(0);
  expect(queue.start()).toBe(4);
  await settle();
  expect(workshop.titles()).toEqual(['a', 'b']);
  workshop.tasks[1]?.finish({ ok: true });
  await settle();
  expect(workshop.titles()).toEqual(['a', 'b', 'c']);
  expect(states(queue)).toEqual({ a: 'running', b: 'done', c: 'running', d: 'queued' });
});

test('more jobs than a message holds are told in several, and listed in several', async () => {
  const { queue, changes } = openQueue(new Workshop(1));
  await queue.open();
  queue.add('upscale', jobsNamed(...Array.from({ length: 12_000 }, (_, index) => String(index))));
  await expect.poll(() => changes.flat().length).toBe(12_000);
  expect(Math.max(...changes.map(({ length }) => length))).toBe(5_000);
  const first = queue.page(null);
  const second = queue.page(first.next);
  const third = queue.page(second.next);
  expect([first, second, third].map(({ jobs }) => jobs.length)).toEqual([5_000, 5_000, 2_000]);
  expect(third.next).toBe(null);
});

test('a failure stays with its job and the others go on', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  const [first] = queue.add('upscale', jobsNamed('a', 'b'));
  queue.start();
  await settle();
  workshop.tasks[0]?.fail(new RefineryError('INPUT_CORRUPT', 'It is broken.', { hint: 'Mend it.' }));
  await settle();
  expect(queue.list()[0]).toMatchObject({
    state: 'failed',
    error: { code: 'INPUT_CORRUPT', hint: 'Mend it.' },
  });
  expect(states(queue)).toEqual({ a: 'failed', b: 'running' });
  queue.retry([first!]);
  workshop.tasks[1]?.finish(1);
  await settle();
  workshop.tasks[2]?.finish(2);
  await settle();
  expect(states(queue)).toEqual({ a: 'done', b: 'done' });
  expect(queue.list()[0]).toMatchObject({ attempts: 2 });
  expect(queue.list()[0]?.error).toBeUndefined();
});

test('pausing a running job holds it, frees its place, and resuming lets it go on', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  const [first] = queue.add('upscale', jobsNamed('a', 'b'));
  queue.start();
  await settle();
  queue.pause([first!]);
  let passed = false;
  void workshop.tasks[0]?.context.waitWhilePaused().then(() => {
    passed = true;
  });
  await settle();
  expect(passed).toBe(false);
  expect(states(queue)).toEqual({ a: 'paused', b: 'running' });
  queue.resume([first!]);
  await settle();
  expect(passed).toBe(true);
});

test('pausing everything holds what runs, starts nothing, and outlives a restart', async () => {
  const workshop = new Workshop(1);
  const { queue, journal } = openQueue(workshop);
  await queue.open();
  queue.setPaused(true);
  queue.add('upscale', jobsNamed('a'));
  queue.start();
  await settle();
  expect(workshop.tasks).toHaveLength(0);
  expect(queue.summary().paused).toBe(true);
  const later = openQueue(new Workshop(1), journal).queue;
  await later.open();
  expect(later.summary().paused).toBe(true);
  expect(states(later)).toEqual({ a: 'queued' });
});

test('cancel stops running and waiting jobs', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('a', 'b'));
  queue.start();
  await settle();
  queue.cancel(ids);
  await settle();
  expect(workshop.tasks[0]?.context.signal.aborted).toBe(true);
  expect(states(queue)).toEqual({ a: 'cancelled', b: 'cancelled' });
});

test('progress never goes back', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  queue.add('upscale', jobsNamed('a'));
  queue.start();
  await settle();
  workshop.tasks[0]?.context.report({ stage: 'upscaling', fraction: 0.6 });
  workshop.tasks[0]?.context.report({ stage: 'checking', fraction: 0.2 });
  expect(queue.list()[0]?.progress).toMatchObject({ stage: 'checking', fraction: 0.6 });
});

test('removed jobs are gone from the list and come back whole', async () => {
  const { queue } = openQueue(new Workshop(1));
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('a', 'b', 'c'));
  expect(queue.remove([ids[1]!])).toEqual([ids[1]]);
  expect(queue.list().map(({ title }) => title)).toEqual(['a', 'c']);
  queue.restore([ids[1]!]);
  expect(queue.list().map(({ title }) => title)).toEqual(['a', 'b', 'c']);
  expect(states(queue)).toMatchObject({ b: 'ready' });
  expect(queue.record(ids[1]!)).toMatchObject({ finishedAt: null, error: null });
});

test('what waited and was removed waits again, as if nothing had been; what the person cancelled stays cancelled', async () => {
  const { queue } = openQueue(new Workshop(1));
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('waiting', 'cancelled'));
  queue.cancel([ids[1]!]);
  queue.remove(ids);
  queue.restore(ids);
  expect(states(queue)).toEqual({ waiting: 'ready', cancelled: 'cancelled' });
  expect(queue.list()[0]).not.toHaveProperty('finishedAt');
  expect(queue.list()[0]).not.toHaveProperty('error');
});

test('the history has what ended, on the list or not, the newest first, and nothing that never began', async () => {
  const workshop = new Workshop(1);
  const { queue, journal } = openQueue(workshop);
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('first', 'second', 'stopped', 'never'));
  queue.start();
  await settle();
  workshop.tasks[0]?.finish({});
  await settle();
  workshop.tasks[1]?.fail(new Error('no'));
  await settle();
  queue.remove(ids);
  await settle();
  expect(queue.list()).toEqual([]);
  const all = { text: '', limit: 10 };
  const titles = (): string[] => queue.history(all).jobs.map(({ title, state }) => `${title} ${state}`);
  expect(titles()).toEqual(['stopped cancelled', 'second failed', 'first done']);
  expect(queue.history({ text: 'SEC', limit: 10 })).toMatchObject({ jobs: [{ title: 'second' }], total: 1 });
  expect(queue.history({ text: '', limit: 1 })).toMatchObject({ jobs: [{ title: 'stopped' }], total: 3 });
  queue.restore([ids[0]!]);
  expect(titles()).toHaveLength(3);
  expect(queue.forget(ids)).toEqual(ids);
  expect(queue.list()).toEqual([]);
  expect(titles()).toEqual([]);
  queue.forget([ids[0]!, ids[1]!, ids[2]!], false);
  expect(titles()).toHaveLength(3);
  queue.forget([ids[2]!]);
  await queue.shutdown();
  const after = new JobQueue({
    journal,
    kinds: [new Workshop(1)],
    onChanged: () => undefined,
    onRemoved: () => undefined,
  });
  await after.open();
  expect(after.history(all).total).toBe(2);
  await after.shutdown();
});

test('one that is removed while it runs is told of again when it has ended', async () => {
  const removed: string[][] = [];
  const queue: JobQueue = new JobQueue({
    journal: new Journal(':memory:'),
    kinds: [new Workshop(1)],
    onChanged: () => undefined,
    onRemoved: (ids) => {
      removed.push(ids);
      totals.push(queue.history({ text: '', limit: 10 }).total);
    },
  });
  const totals: number[] = [];
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('a'));
  queue.start();
  await settle();
  queue.remove(ids);
  await settle();
  expect(removed).toEqual([ids, ids]);
  expect(totals).toEqual([0, 1]);
  await queue.shutdown();
});

test('the choices are frozen when the job starts, anew at each retry', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  const [id] = queue.add('upscale', jobsNamed('a'));
  queue.amend([id!], () => ({ detail: 'first' }));
  queue.start();
  await settle();
  queue.amend([id!], () => ({ detail: 'second' }));
  expect(workshop.tasks[0]?.record.spec).toEqual({ frozen: 'a', detail: 'first' });
  workshop.tasks[0]?.fail(new Error('no'));
  await settle();
  queue.retry([id!]);
  await settle();
  expect(workshop.tasks[1]?.record.spec).toEqual({ frozen: 'a', detail: 'second' });
});

function journalFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'refinery-queue-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  return join(folder, 'journal.sqlite');
}

/** Opens a queue on the journal, as the next process would after the last one was killed. */
async function afterCrash(file: string, kind: JobKind) {
  const journal = new Journal(file);
  endings.push(() => journal.close());
  const opened = openQueue(kind, journal);
  await opened.queue.open();
  return opened;
}

test('one that waits for its turn can take the choices of now; one that was begun can not', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  await queue.open();
  const ids = queue.add('upscale', jobsNamed('a', 'b', 'c'));
  queue.start();
  await settle();
  queue.pause([ids[2]!]);
  queue.amend(ids, () => ({ detail: 'new' }));
  const spec = (id: string) => (queue.record(id).spec as { detail: unknown }).detail;
  expect(ids.map(spec)).toEqual([null, null, null]);
  queue.renew(ids);
  expect(ids.map(spec)).toEqual([null, 'new', 'new']);
  // Put back into the queue by the engine's end, it goes on as it was begun.
  await queue.shutdown();
  expect(queue.record(ids[0]!).state).toBe('queued');
  queue.renew(ids);
  expect(spec(ids[0]!)).toBe(null);
});

test('after a crash what ran is done again, alone; what was done stays done', async () => {
  const file = journalFile();
  const first = new Workshop(3);
  const before = await afterCrash(file, first);
  before.queue.add('upscale', jobsNamed('a', 'b', 'c', 'd'));
  before.queue.start();
  await settle();
  first.tasks[0]?.finish({ done: true });
  await settle();
  // As a kill would leave it: the file closes, nobody is told.
  before.journal.close();
  endings.splice(1);

  const second = new Workshop(3);
  const { queue } = await afterCrash(file, second);
  await settle();
  expect(states(queue)).toEqual({ a: 'done', b: 'running', c: 'queued', d: 'queued' });
  second.tasks[0]?.finish(1);
  await settle();
  expect(second.titles()).toEqual(['b', 'c']);
  second.tasks[1]?.finish(1);
  await settle();
  expect(second.titles()).toEqual(['b', 'c', 'd']);
});

test('a job that was in hand at two crashes is set aside with its reason, and a retry gives it a new life', async () => {
  const file = journalFile();
  for (let crash = 0; crash < 2; crash += 1) {
    const { queue, journal } = await afterCrash(file, new Workshop(1));
    if (crash === 0) {
      queue.add('upscale', jobsNamed('killer', 'innocent'));
      queue.start();
    }
    await settle();
    journal.close();
    endings.splice(1);
  }
  const workshop = new Workshop(1);
  const { queue } = await afterCrash(file, workshop);
  await settle();
  expect(states(queue)).toEqual({ killer: 'setAside', innocent: 'running' });
  const [killer] = queue.list();
  expect(killer?.error).toMatchObject({ code: 'JOB_SET_ASIDE' });
  queue.retry([killer!.id]);
  expect(states(queue)).toMatchObject({ killer: 'queued' });
});

test('a result that was complete at the crash is finished, not made again', async () => {
  const file = journalFile();
  const first = new Workshop(1);
  const before = await afterCrash(file, first);
  before.queue.add('upscale', jobsNamed('a'));
  before.queue.start();
  await settle();
  first.tasks[0]?.context.setPending({ target: 'there' });
  before.journal.close();
  endings.splice(1);
  const second = new Workshop(1);
  second.recovered = { outputPath: 'there' };
  const { queue } = await afterCrash(file, second);
  await settle();
  expect(second.tasks).toHaveLength(0);
  expect(states(queue)).toEqual({ a: 'done' });
  expect(queue.record(queue.list()[0]!.id).result).toEqual({ outputPath: 'there' });
});

test('a clean end puts running jobs back without blaming them', async () => {
  const file = journalFile();
  for (let end = 0; end < 3; end += 1) {
    const { queue, journal } = await afterCrash(file, new Workshop(1));
    if (end === 0) {
      queue.add('upscale', jobsNamed('a'));
      queue.start();
    }
    await settle();
    expect(states(queue)).toEqual({ a: 'running' });
    await queue.shutdown();
    journal.close();
    endings.splice(1);
  }
});

test('time in which a job was held is no time that it took', async () => {
  const workshop = new Workshop(1);
  const { queue } = openQueue(workshop);
  const [id] = queue.add('upscale', jobsNamed('a'));
  queue.start();
  await settle();
  queue.pause([id!]);
  const waiting = workshop.tasks[0]!.context.waitWhilePaused();
  await new Promise((resolve) => setTimeout(resolve, 200));
  queue.resume([id!]);
  await waiting;
  workshop.tasks[0]!.finish({});
  await settle();
  const { startedAt, finishedAt } = queue.record(id!);
  expect(finishedAt! - startedAt!).toBeGreaterThanOrEqual(0);
  expect(finishedAt! - startedAt!).toBeLessThan(190);
});

test('a journal has one owner at a time', () => {
  const file = journalFile();
  const journal = new Journal(file);
  let refused: unknown;
  try {
    new Journal(file);
  } catch (thrown) {
    refused = thrown;
  }
  expect(refused).toMatchObject({ code: 'ENGINE_BUSY', hint: expect.stringContaining('REFINERY_DATA_DIR') });
  journal.close();
});

test('what was done before the engine ended is a part of the whole that progress tells of', async () => {
  const file = journalFile();
  const first = new Workshop(1);
  const before = await afterCrash(file, first);
  before.queue.add('upscale', jobsNamed('old'));
  before.queue.start();
  await settle();
  first.tasks[0]?.finish({});
  await settle();
  before.queue.add('upscale', jobsNamed('a', 'b', 'c', 'd'));
  before.queue.start();
  await settle();
  first.tasks[1]?.finish({});
  await settle();
  expect(before.queue.summary().fraction).toBe(0.25);
  before.journal.close();
  endings.splice(1);
  const { queue } = await afterCrash(file, new Workshop(1));
  expect(queue.summary()).toMatchObject({ fraction: 0.25, counts: { done: 2 } });
});

test('reorder moves jobs together, in the order named, whatever was asked before', () => {
  const { queue } = openQueue(new Workshop(1));
  const titles = Array.from({ length: 8 }, (_, index) => String(index));
  const ids = queue.add('upscale', jobsNamed(...titles));
  let model = [...ids];
  fc.assert(
    fc.property(
      fc.shuffledSubarray(ids, { minLength: 1 }),
      fc.option(fc.constantFrom(...ids), { nil: null }),
      (moving, before) => {
        const rest = model.filter((id) => !moving.includes(id));
        const mark =
          before === null ? undefined : model.slice(model.indexOf(before)).find((id) => rest.includes(id));
        const at = mark === undefined ? rest.length : rest.indexOf(mark);
        model = [...rest.slice(0, at), ...moving, ...rest.slice(at)];
        queue.reorder(moving, before);
        expect(queue.list().map(({ id }) => id)).toEqual(model);
      },
    ),
    { numRuns: 300 },
  );
});

test('whatever a person does, each job ends once and the books balance', async () => {
  const actions = [
    'start',
    'pause',
    'resume',
    'cancel',
    'retry',
    'remove',
    'restore',
    'finish',
    'fail',
    'all',
  ] as const;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat({ max: 5 })), { maxLength: 60 }),
      async (steps) => {
        const workshop = new Workshop(2);
        const { queue } = openQueue(workshop);
        await queue.open();
        const ids = queue.add('upscale', jobsNamed('0', '1', '2', '3', '4', '5'));
        let paused = false;
        for (const [action, index] of steps) {
          const id = ids[index]!;
          const task = workshop.tasks.findLast(({ record }) => record.id === id);
          if (action === 'finish') task?.finish(index);
          else if (action === 'fail') task?.fail(new Error('no'));
          else if (action === 'all') {
            paused = !paused;
            queue.setPaused(paused);
          } else queue[action]([id]);
          await Promise.resolve();
          const { counts } = queue.summary();
          expect(Object.values(counts).reduce((sum, count) => sum + count, 0)).toBe(queue.list().length);
        }
        queue.setPaused(false);
        queue.restore(ids);
        queue.resume(ids);
        queue.retry(ids);
        queue.start();
        for (let round = 0; round < 20; round += 1) {
          for (const task of workshop.tasks) task.finish('end');
          await new Promise((resolve) => setImmediate(resolve));
          queue.retry(ids);
          queue.start();
        }
        expect(new Set(Object.values(states(queue)))).toEqual(new Set(['done']));
      },
    ),
    { numRuns: 60 },
  );
});

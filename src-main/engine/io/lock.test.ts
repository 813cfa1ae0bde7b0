import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-lock-'));
  path = join(folder, 'work.lock');
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test('callers of one process take turns', async () => {
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await sleep(5);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(path, {}, work)));
  expect(most).toBe(1);
});

test('work that fails gives the lock back', async () => {
  await expect(withLock(path, {}, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(path, {}, async () => 'yes')).toBe('yes');
});

test('another process holds it until that is killed', async () => {
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '--eval',
      `import { withLock } from ${JSON.stringify(new URL('lock.ts', import.meta.url).href)};
       await withLock(${JSON.stringify(path)}, {}, () => {
         process.stdout.write('held');
         return new Promise((resolve) => setTimeout(resolve, 60_000));
       });`,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  await once(holder.stdout, 'data');
  const order: string[] = [];
  await withLock(
    path,
    {
      onWait() {
        order.push('waits');
        holder.kill('SIGKILL');
      },
    },
    async () => order.push('has it'),
  );
  expect(order).toEqual(['waits', 'has it']);
});

test('waiting can be cancelled, and the work is not begun', async () => {
  const cancel = new AbortController();
  let begun = false;
  await withLock(path, {}, async () => {
    const waiting = withLock(path, { signal: cancel.signal, onWait: () => cancel.abort() }, async () => {
      begun = true;
    });
    await expect(waiting).rejects.toThrow(/abort/i);
  });
  expect(begun).toBe(false);
});

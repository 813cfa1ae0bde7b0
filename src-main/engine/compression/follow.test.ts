import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { folderWith, removeFolders } from './fixtures/folders.ts';
import { eventWith, message } from './fixtures/shared.ts';
import { FolderReader } from './folder-reader.ts';
import { type Following, followRunFolder } from './follow.ts';
import { readRunFolder } from './run-folder.ts';
import type { Run } from './types.ts';

const open: Following[] = [];
const folders: string[] = [];
afterEach(async () => {
  for (const following of open.splice(0)) await following.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

afterAll(removeFolders);

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), `follow-${randomUUID()}`));
  folders.push(folder);
  return folder;
}

interface Seen {
  readonly runs: Run[];
  /** Waits until a run is as wanted. */
  until(wanted: (run: Run) => boolean): Promise<void>;
}

async function follow(folder: string, mode: 'watch' | 'poll'): Promise<Seen> {
  const runs: Run[] = [];
  open.push(
    await followRunFolder(folder, ({ run }) => runs.push(run), {
      mode,
      onError: (cause) => expect.fail(String(cause)),
    }),
  );
  return {
    runs,
    async until(wanted) {
      const begun = performance.now();
      while (!runs.some(wanted)) {
        if (performance.now() - begun > 5000) throw new Error('No such run came.');
        await wait(5);
      }
    },
  };
}

const loss = (step: number, value: number): Uint8Array =>
  eventWith(step, 1000 + step, [
    ...message(1, 'train/loss'),
    0x15,
    ...new Uint8Array(Float32Array.of(value).buffer),
  ]);
const row = (step: number, value: number): string =>
  ` 10%|█         | ${step}/100 [00:0${step}<00:90,  1.00it/s]\r   {'loss': ${value}, 'epoch': ${step / 10}}\n`;
const losses = (run: Run): number[] => (run.metrics['loss'] ?? []).map(({ value }) => value);

describe.each(['watch', 'poll'] as const)('following by %s', (mode) => {
  test('files that grow are told, whole records only', async () => {
    const folder = emptyFolder();
    mkdirSync(join(folder, 'runs/a'), { recursive: true });
    const events = join(folder, 'runs/a/events.out.tfevents.1.x');
    writeFileSync(events, loss(1, 0.5));
    const seen = await follow(folder, mode);
    expect(seen.runs.map(losses)).toEqual([[0.5]]);
    const next = loss(2, 0.25);
    appendFileSync(events, next.subarray(0, 20));
    await wait(80);
    appendFileSync(events, next.subarray(20));
    await seen.until((run) => losses(run).length === 2);
    writeFileSync(join(folder, 'console.log'), row(3, 0.125));
    await seen.until((run) => losses(run).length === 3);
    appendFileSync(join(folder, 'console.log'), row(4, 0.1).slice(0, 50));
    await wait(200);
    expect(losses(seen.runs.at(-1)!)).toHaveLength(3);
  });

  test('a new folder is looked into', async () => {
    const folder = emptyFolder();
    const seen = await follow(folder, mode);
    mkdirSync(join(folder, 'checkpoint-8'));
    await wait(100);
    writeFileSync(
      join(folder, 'checkpoint-8/trainer_state.json'),
      '{"log_history": [{"step": 8, "loss": 2}]}',
    );
    await seen.until((run) => run.checkpoints.length === 1);
    rmSync(join(folder, 'checkpoint-8'), { recursive: true });
    await seen.until(
      (run) => run === seen.runs.at(-1) && seen.runs.length > 1 && run.checkpoints.length === 0,
    );
  });

  test('a log that is rotated goes on, one that is written anew begins again', async () => {
    const folder = emptyFolder();
    const log = join(folder, 'console.log');
    writeFileSync(log, row(1, 1) + row(2, 0.5));
    const seen = await follow(folder, mode);
    renameSync(log, `${log}.1`);
    writeFileSync(log, row(3, 0.25));
    await seen.until((run) => losses(run).join() === '1,0.5,0.25');
    rmSync(`${log}.1`);
    writeFileSync(log, `${row(1, 4)}${row(2, 3)}${row(3, 2)}`);
    await seen.until((run) => losses(run).join() === '4,3,2');
  });

  test('a file that is replaced is read anew, and the old one counts until the new is whole', async () => {
    const folder = emptyFolder();
    const state = join(folder, 'trainer_state.json');
    writeFileSync(state, '{"log_history": [{"step": 1, "loss": 3}]}');
    const seen = await follow(folder, mode);
    writeFileSync(state, '{"log_history": [{"step": 1, ');
    await seen.until((run) => run.problems.length === 1);
    expect(losses(seen.runs.at(-1)!)).toEqual([3]);
    writeFileSync(`${state}.new`, '{"log_history": [{"step": 1, "loss": 3}, {"step": 2, "loss": 2}]}');
    renameSync(`${state}.new`, state);
    await seen.until((run) => losses(run).join() === '3,2' && run.problems.length === 0);
  });

  test('after closing nothing comes', async () => {
    const folder = emptyFolder();
    const seen = await follow(folder, mode);
    await open.at(-1)!.close();
    writeFileSync(join(folder, 'console.log'), row(1, 1));
    await wait(400);
    expect(seen.runs).toHaveLength(1);
  });
});

test('a folder that isn’t there is told', async () => {
  await expect(followRunFolder('/nowhere/at/all', () => {})).rejects.toMatchObject({
    code: 'INPUT_NOT_FOUND',
  });
});

test('a large log is read in pieces, and comes out as if it were read at once', async () => {
  const row = (step: number): string =>
    `{'loss': ${(1 / step).toFixed(4)}, 'learning_rate': 0.001, 'epoch': ${(step / 1000).toFixed(3)}}\n`;
  const folder = folderWith({
    'console.log': Array.from({ length: 50_000 }, (_, index) => row(index + 1)).join(''),
  });
  const reader = new FolderReader(folder);
  const parts: number[] = [];
  do {
    await reader.refresh(0);
    parts.push(reader.readPart);
  } while (parts.at(-1)! < 1);
  expect(parts.length).toBeGreaterThan(2);
  expect(parts).toEqual([...parts].sort((one, other) => one - other));
  expect(reader.run).toEqual(await readRunFolder(folder));
  expect(await reader.refresh(0)).toEqual([]);
});

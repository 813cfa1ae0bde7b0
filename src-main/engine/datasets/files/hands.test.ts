import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Done, Hands, type Order } from './hands.ts';

let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-hands-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** More than are written before a thread is started. */
const many = 1500;

function folder(name: string): string {
  const path = join(scratch, name);
  mkdirSync(path);
  return path;
}

const write = (below: string, number: number): Order => ({
  kind: 'write',
  path: `${number}.txt`,
  target: join(below, `${number}.txt`),
  content: number % 2 === 0 ? `é ${number}` : Buffer.from([number % 256, 0, 255]),
});

describe('files made by another thread', () => {
  test('all of them are there, and told in the order in which they came', async () => {
    const below = folder('all');
    const picture = join(scratch, 'picture');
    writeFileSync(picture, 'pixels');
    const told: Done[] = [];
    const hands = new Hands((done) => told.push(done));
    for (let number = 0; number < many; number += 1) {
      await hands.add(write(below, number));
      const kind = number % 3 === 0 ? 'copy' : number % 3 === 1 ? 'link' : 'borrow';
      await hands.add({ kind, from: picture, target: join(below, `${number}.jpg`) });
    }
    await hands.add({ kind: 'borrow', from: join(scratch, 'nothing'), target: join(below, 'none.jpg') });
    await hands.finish();
    const files = told.flatMap((done) => done.files);
    expect(files.map(({ path }) => path)).toEqual(Array.from({ length: many }, (_, at) => `${at}.txt`));
    for (const { path, bytes, sha256 } of files) {
      const content = readFileSync(join(below, path));
      expect([bytes, sha256]).toEqual([content.length, createHash('sha256').update(content).digest('hex')]);
    }
    expect(readFileSync(join(below, '4.txt'), 'utf8')).toBe('é 4');
    expect(statSync(join(below, '0.jpg')).nlink).toBe(1);
    expect(statSync(join(below, '1.jpg')).ino).toBe(statSync(picture).ino);
    expect(readdirSync(below)).toHaveLength(2 * many);
    expect(told.reduce((sum, { linked }) => sum + linked, 0)).toBe((2 * many) / 3);
    expect(told.reduce((sum, { copied }) => sum + copied, 0)).toBe(many / 3 + 1);
  });

  test('what is there already is not replaced, and what is thrown about it comes out', async () => {
    const below = folder('taken');
    writeFileSync(join(below, '1200.txt'), 'mine');
    const hands = new Hands(({ failure }) => {
      if (failure !== null) throw new Error(`${failure.code} ${failure.target}`);
    });
    const writing = async (): Promise<void> => {
      for (let number = 0; number < many; number += 1) await hands.add(write(below, number));
      await hands.finish();
    };
    await expect(writing()).rejects.toThrow(`EEXIST ${join(below, '1200.txt')}`);
    await hands.stop();
    expect(readFileSync(join(below, '1200.txt'), 'utf8')).toBe('mine');
    expect(existsSync(join(below, '1201.txt'))).toBe(false);
  });

  test('after stopping, nothing is made any more', async () => {
    const below = folder('stopped');
    const hands = new Hands(() => undefined);
    for (let number = 0; number < many; number += 1) await hands.add(write(below, number));
    await hands.stop();
    const made = readdirSync(below).length;
    expect(made).toBeLessThan(many);
    await pause(50);
    expect(readdirSync(below)).toHaveLength(made);
  });
});

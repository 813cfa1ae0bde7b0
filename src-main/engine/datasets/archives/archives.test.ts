import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatasetSession } from '../browse/index.ts';
import { openSource } from '../operations/source.ts';
import { itemsOf } from '../testing/items.ts';
import { type ZipEntry, zip } from '../testing/zip.ts';
import { listArchive, openArchive } from './index.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-archives-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let turn = 0;
async function put(name: string, bytes: Buffer): Promise<string> {
  turn += 1;
  const path = join(folder, `${turn}-${name}`);
  await writeFile(path, bytes);
  return path;
}

const leftBehind = (): string[] =>
  readdirSync(tmpdir()).filter((name) => name.startsWith('refinery-archive-'));

const coco = JSON.stringify({
  images: [{ id: 1, file_name: 'a.jpg', width: 10, height: 10 }],
  categories: [{ id: 1, name: 'a' }],
  annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] }],
});
const annotations = 'annotations/instances_train.json';

describe('archives are opened as folders', () => {
  test('a zip with the set in it, or with a folder of it', async () => {
    for (const before of ['', 'my set/', './']) {
      const path = await put('set.zip', zip([{ name: `${before}${annotations}`, content: coco }]));
      await using source = await openSource(path);
      expect(source.format.name).toBe('coco_instances');
      const items = await itemsOf(await source.open());
      expect(items.map(({ id, annotations: own }) => [id, own.length])).toEqual([['a', 1]]);
    }
  });

  test('one that is open already isn’t unpacked again, unless it has changed', async () => {
    const path = await put('shared.zip', zip([{ name: annotations, content: coco }]));
    let told = 0;
    const opened = (): ReturnType<typeof openArchive> => openArchive(path, { onProgress: () => (told += 1) });
    const first = await opened();
    const before = told;
    expect(before).toBeGreaterThan(0);
    const second = await opened();
    expect(second.folder).toBe(first.folder);
    expect(told).toBe(before);
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();
    expect(existsSync(second.folder)).toBe(true);
    await writeFile(path, zip([{ name: annotations, content: `${coco} ` }]));
    const changed = await opened();
    expect(changed.folder).not.toBe(second.folder);
    await second[Symbol.asyncDispose]();
    expect(existsSync(second.folder)).toBe(false);
    await rm(changed.folder, { recursive: true });
    const again = await opened();
    expect(await readFile(join(again.folder, annotations), 'utf8')).toBe(`${coco} `);
    await changed[Symbol.asyncDispose]();
    expect(existsSync(again.folder)).toBe(true);
    await again[Symbol.asyncDispose]();
    expect(existsSync(again.folder)).toBe(false);
  });

  test.each([true, false])('a tar, packed: %s', async (gzip) => {
    const from = join(folder, `tar-${gzip}`);
    await mkdir(dirname(join(from, annotations)), { recursive: true });
    await writeFile(join(from, annotations), coco);
    const path = join(folder, gzip ? 'set.tar.gz' : 'set.tar');
    await create({ file: path, cwd: from, gzip }, ['.']);
    let unpacked = '';
    {
      await using source = await openSource(path);
      unpacked = source.folder;
      expect(await readFile(join(unpacked, annotations), 'utf8')).toBe(coco);
    }
    expect(existsSync(unpacked)).toBe(false);
  });
});

describe('archives are looked through without unpacking', () => {
  const long = `${'far/'.repeat(40)}${'long-name-'.repeat(12)}é.txt`;
  const contents: Readonly<Record<string, Buffer>> = {
    'a.txt': Buffer.from('\uFEFFhead'),
    'empty.txt': Buffer.alloc(0),
    [long]: Buffer.from('far away'),
    'pictures/large.jpg': Buffer.alloc(300_001, 7),
    'z/last.txt': Buffer.concat([Buffer.from('last'), Buffer.alloc(70_000, 0x20)]),
  };
  let from = '';
  beforeAll(async () => {
    from = join(folder, 'names');
    for (const [path, bytes] of Object.entries(contents)) {
      await mkdir(dirname(join(from, path)), { recursive: true });
      await writeFile(join(from, path), bytes);
    }
  });

  const names = async (path: string) => {
    const found = new Map<string, boolean>();
    const head = await listArchive(path, (name, isFolder) => {
      found.set(name.replace(/^\.\//, ''), isFolder);
      return !isFolder && name.endsWith('.txt');
    });
    const files = [...found].filter(([, isFolder]) => !isFolder).map(([name]) => name);
    return { files: files.sort(), head: (name: string) => head(name) };
  };

  const check = async (path: string, before = ''): Promise<void> => {
    const { files, head } = await names(path);
    expect(files).toEqual(Object.keys(contents).sort());
    expect(await head(`${before}a.txt`)).toBe('head');
    expect(await head(`${before}${long}`)).toBe('far away');
    expect(await head(`${before}empty.txt`)).toBe('');
    expect((await head(`${before}z/last.txt`)).trimEnd()).toBe('last');
    expect(await head(`${before}z/last.txt`)).toHaveLength(4096);
    // It was not asked for.
    expect(await head(`${before}pictures/large.jpg`)).toBe('');
  };

  test.each([false, true])('a tar of ours, packed: %s', async (gzip) => {
    const path = join(folder, gzip ? 'names.tgz' : 'names.tar');
    await create({ file: path, cwd: from, gzip }, ['.']);
    await check(path, './');
  });

  test.skipIf(process.platform === 'win32').each(['gnu', 'pax'])(
    'a tar of the system’s, %s',
    async (kind) => {
      const path = join(folder, `${kind}.tar`);
      execFileSync('tar', [`--format=${kind}`, '-cf', path, '-C', from, ...Object.keys(contents)]);
      await check(path);
      const bytes = await readFile(path);
      for (const length of [100, 700, 200_000]) {
        const cut = await put('cut.tar', bytes.subarray(0, length));
        await expect(names(cut)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
      }
    },
  );

  test('a zip', async () => {
    const entries = Object.entries(contents).map(([name, content]) => ({ name, content }));
    await check(await put('names.zip', zip(entries)));
  });

  test('one that unpacks to far too much is given up', async () => {
    const path = join(folder, 'zeros.tgz');
    await writeFile(join(folder, 'zeros'), Buffer.alloc(100 << 20));
    await create({ file: path, cwd: folder, gzip: true }, ['zeros']);
    await expect(names(path)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
  });
});

test('a folder in an archive is opened alone', async () => {
  const entries = ['first', 'second'].map((name) => ({ name: `${name}/${annotations}`, content: coco }));
  const path = await put('sets.zip', zip(entries));
  const told: [number, number][] = [];
  let [isPaused, goOn] = [false, (): void => undefined];
  const opening = openSource(join(path, 'second'), {
    onProgress: (done, total) => told.push([done, total]),
    waitWhilePaused: () =>
      new Promise((resolve) => {
        isPaused = true;
        goOn = resolve;
      }),
  });
  await expect.poll(() => isPaused).toBe(true);
  expect(told).toHaveLength(1);
  goOn();
  isPaused = false;
  await expect.poll(() => isPaused).toBe(true);
  goOn();
  await using source = await opening;
  expect(source.format.name).toBe('coco_instances');
  expect(readdirSync(dirname(source.folder))).toEqual(['second']);
  const { length } = await readFile(path);
  expect(told.at(-1)).toEqual([length, length]);
  await expect(openSource(path)).rejects.toMatchObject({
    hint: expect.stringContaining(join(path, 'first')),
  });
  await expect(openSource(join(path, 'third'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
});

test('a window’s set is unpacked when it is read, and not before', async () => {
  const path = await put('window.zip', zip([{ name: `my set/${annotations}`, content: coco }]));
  const before = leftBehind();
  let abort = new AbortController();
  const told: number[] = [];
  {
    await using session = await DatasetSession.open(path, () => ({
      signal: abort.signal,
      onProgress: (done, total) => told.push(done / total),
    }));
    expect(session.candidates[0]?.format.name).toBe('coco_instances');
    expect([session.path, session.outer]).toEqual([join(path, 'my set'), folder]);
    expect(leftBehind()).toEqual(before);
    const work = { signal: new AbortController().signal, onProgress: () => undefined };
    abort.abort();
    await expect(session.read('coco_instances', work)).rejects.toMatchObject({ name: 'AbortError' });
    expect(leftBehind()).toEqual(before);
    abort = new AbortController();
    await Promise.all([session.unpack(), session.unpack()]);
    expect((await session.read('coco_instances', work)).statistics.items).toBe(1);
    expect(leftBehind()).toHaveLength(before.length + 1);
  }
  expect(told.length).toBeGreaterThan(0);
  expect(leftBehind()).toEqual(before);
});

describe('archives that mean harm are refused, and leave nothing', () => {
  test.each<[string, ZipEntry, string]>([
    ['a way up', { name: '../../out.txt', content: 'x' }, 'INPUT_CORRUPT'],
    ['an absolute path', { name: '/etc/out.txt', content: 'x' }, 'INPUT_CORRUPT'],
    ['a drive', { name: 'C:\\out.txt', content: 'x' }, 'INPUT_CORRUPT'],
    ['a way up by backslashes', { name: '..\\..\\out.txt', content: 'x' }, 'INPUT_CORRUPT'],
    ['a link', { name: 'link', content: '/etc/passwd', mode: 0o120777 }, 'INPUT_CORRUPT'],
    ['a device', { name: 'device', mode: 0o060666 }, 'INPUT_CORRUPT'],
    ['a size that is a lie', { name: 'a', content: 'x'.repeat(1000), claimed: 10 }, 'INPUT_CORRUPT'],
  ])('%s', async (_, entry, code) => {
    const before = leftBehind();
    const path = await put('bad.zip', zip([{ name: 'good.txt', content: 'x' }, entry]));
    await expect(openArchive(path)).rejects.toMatchObject({ code });
    expect(leftBehind()).toEqual(before);
  });

  test('a bomb, by its ratio, its bytes and its entries', async () => {
    const bomb = await put('bomb.zip', zip([{ name: 'zeros', content: Buffer.alloc(80 * 1024 * 1024) }]));
    await expect(openArchive(bomb)).rejects.toMatchObject({ code: 'INPUT_TOO_LARGE' });
    const small = await put(
      'small.zip',
      zip([
        { name: 'a', content: 'xxxx' },
        { name: 'b', content: 'yyyy' },
      ]),
    );
    await expect(openArchive(small, { limits: { bytes: 7 } })).rejects.toMatchObject({
      code: 'INPUT_TOO_LARGE',
    });
    await expect(openArchive(small, { limits: { entries: 1 } })).rejects.toMatchObject({
      code: 'INPUT_TOO_LARGE',
    });
  });

  test('damage and links in a tar', async () => {
    const from = await mkdtemp(join(folder, 'links-'));
    await writeFile(join(from, 'a.txt'), 'x');
    const good = join(folder, 'good.tar.gz');
    await create({ file: good, cwd: from, gzip: true }, ['.']);
    const bytes = await readFile(good);
    await expect(
      openArchive(await put('cut.tar.gz', bytes.subarray(0, bytes.length - 12))),
    ).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
    });
    await expect(
      openArchive(await put('cut.zip', zip([{ name: 'a' }]).subarray(0, 40))),
    ).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
    });
    await symlink('/etc/passwd', join(from, 'link'));
    const linked = join(folder, 'linked.tar');
    await create({ file: linked, cwd: from }, ['.']);
    await expect(openArchive(linked)).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
  });

  test('what is cancelled', async () => {
    const path = await put('good.zip', zip([{ name: 'a', content: 'x' }]));
    await expect(openArchive(path, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      name: 'AbortError',
    });
  });
});

import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { create } from 'tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../operations/source.ts';
import { itemsOf } from '../testing/items.ts';
import { type ZipEntry, zip } from '../testing/zip.ts';
import { openArchive } from './index.ts';

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

import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runConversion } from '../operations/convert.ts';
import { Boundary } from './boundary.ts';
import { filesUnder } from './folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-boundary-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A YOLO set, a place beside it with a picture and a secret, and links from the one to the other. */
async function makeSet(): Promise<{ set: string; elsewhere: string }> {
  const [set, elsewhere] = [join(folder, 'set'), join(folder, 'elsewhere')];
  const picture = await sharp({ create: { width: 20, height: 10, channels: 3, background: '#28a' } })
    .png()
    .toBuffer();
  for (const place of ['images/train', 'labels/train']) await mkdir(join(set, place), { recursive: true });
  await mkdir(elsewhere);
  await writeFile(join(elsewhere, 'picture.png'), picture);
  await writeFile(join(elsewhere, 'secret.txt'), 'nobody gave this away');
  await writeFile(join(set, 'images/train/own.png'), picture);
  await symlink(join(elsewhere, 'picture.png'), join(set, 'images/train/linked.png'));
  await symlink(join(elsewhere, 'secret.txt'), join(set, 'images/train/secret.png'));
  for (const name of ['own', 'linked', 'secret']) {
    await writeFile(join(set, 'labels/train', `${name}.txt`), '0 0.5 0.5 0.2 0.2\n');
  }
  await writeFile(join(set, 'data.yaml'), 'train: images/train\nnames: [cat]\n');
  return { set, elsewhere };
}

test('only what is no picture and lies outside is foreign', async () => {
  const { set, elsewhere } = await makeSet();
  await symlink(elsewhere, join(set, 'images/val'));
  const boundary = new Boundary(set);
  const at = (path: string): string => join(set, path);
  expect(boundary.isForeign(at('images/train/own.png'), false)).toBe(false);
  expect(boundary.isForeign(at('images/train/linked.png'), true)).toBe(false);
  expect(boundary.isForeign(at('images/train/secret.png'), true)).toBe(true);
  // A folder that is a link.
  expect(boundary.isForeign(at('images/val/picture.png'), false)).toBe(false);
  expect(boundary.isForeign(at('images/val/secret.txt'), false)).toBe(true);
  // What was never named as a part of the set, such as a picture that a transform made.
  expect(boundary.isForeign(join(elsewhere, 'secret.txt'), false)).toBe(false);
});

test.each(['copy', 'link'] as const)(
  'by %s, a link to a picture is followed, one to a secret is told',
  async (media) => {
    const { set } = await makeSet();
    const output = join(folder, 'out');
    const result = await runConversion({
      source: set,
      from: 'yolo_ultralytics',
      to: 'coco_instances',
      output,
      media,
    });
    const pictures = await readdir(join(output, 'images', 'train'));
    expect(pictures.sort()).toEqual(['linked.png', 'own.png']);
    expect(result.problems.first.map(({ reason }) => reason)).toContainEqual(
      expect.stringMatching(/^It is a link out of the set/),
    );
    expect(existsSync(`${output}.receipt.json`)).toBe(true);
  },
);

test('links are followed where files are listed, and none goes in circles', async () => {
  const { set, elsewhere } = await makeSet();
  await symlink(elsewhere, join(set, 'more'));
  await symlink(set, join(set, 'images', 'round'));
  await symlink(elsewhere, join(set, 'again'));
  await symlink(join(set, 'nothing'), join(set, 'broken'));
  const listed: string[] = [];
  for await (const path of filesUnder(set)) listed.push(path);
  expect(listed.filter((path) => !path.startsWith('labels'))).toEqual([
    'again/picture.png',
    'again/secret.txt',
    'data.yaml',
    'images/train/linked.png',
    'images/train/own.png',
    'images/train/secret.png',
  ]);
});

import { cp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RefineryError } from '../../../../contract/errors.ts';
import { fault } from '../../model/index.ts';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { formats } from '../index.ts';
import { format, scratch } from './testing.ts';

const { fresh } = scratch();

/** A small set of each format that is read here. */
const sets: readonly (readonly [format: string, set: string])[] = [
  ['imagenet_txt', 'imagenet_txt'],
  ['datumaro_binary', 'datumaro_binary'],
  ['arrow', 'arrow'],
  ['dota', 'dota@clean'],
  ['label_me', 'label_me@clean'],
  ['icdar_text_localization', 'icdar_text_localization'],
  ['icdar_word_recognition', 'icdar_word_recognition'],
  ['icdar_text_segmentation', 'icdar_text_segmentation@clean'],
  ['mot_seq', 'mot_seq'],
  ['mots', 'mots'],
  ['market1501', 'market1501'],
  ['wider_face', 'wider_face'],
  ['open_images', 'open_images@clean'],
  ['kitti', 'kitti@clean'],
  ['vott_csv', 'vott_csv'],
  ['vott_json', 'vott_json'],
  ['create_ml', 'roboflow_create_ml'],
  ['roboflow_multiclass', 'roboflow_multiclass'],
  ['common_semantic_segmentation', 'common_semantic_segmentation'],
  ['camvid', 'camvid@clean'],
  ['cityscapes', 'cityscapes@clean'],
  ['segment_anything', 'segment_anything'],
  ['mnist', 'mnist'],
  ['mnist_csv', 'mnist_csv'],
  ['cifar', 'cifar'],
  ['lfw', 'lfw'],
  ['vgg_face2', 'vgg_face2'],
  ['celeba', 'celeba'],
  ['ava', 'ava'],
  ['kitti_raw', 'kitti_raw'],
  ['sly_pointcloud', 'sly_pointcloud'],
  ['image_zip', 'image_zip'],
];

/** Formats without a set here are damaged after being written from one that has all kinds of shapes. */
const written = formats
  .filter(({ name, write }) => write !== undefined && !sets.some(([own]) => own === name))
  .map(({ name }) => name);

/** What the JavaScript engine says, or a library of its own bytes. */
const engines =
  /undefined|destructure|is not (a function|iterable)|out of range|outside the bounds|Invalid (array|typed array) length|wire type|in JSON at|Unexpected (token|end of JSON)|^E[A-Z]+:/;

/** What is done to a file: cut off, emptied, a byte changed, a piece of it twice, other ends of lines, or text put in. */
const damage = fc.tuple(
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  fc.constantFrom(
    'cut',
    'empty',
    'byte',
    'twice',
    'nan',
    'up',
    'proto',
    'binary',
    'mark',
    'returns',
    'latin',
  ),
);

function damaged(bytes: Buffer, where: number, how: string): Buffer {
  const at = Math.floor(bytes.length * where);
  const put = (text: string): Buffer =>
    Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
  switch (how) {
    case 'cut':
      return bytes.subarray(0, at);
    case 'empty':
      return Buffer.alloc(0);
    case 'mark':
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 'returns':
      return Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1');
    case 'latin':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xe9]), bytes.subarray(at)]);
    case 'byte': {
      const copy = Buffer.from(bytes);
      if (copy.length > 0) copy[at] = (copy[at]! + 37) % 256;
      return copy;
    }
    case 'twice':
      return Buffer.concat([bytes.subarray(0, at), bytes]);
    case 'nan':
      return put(' NaN -1e999 ');
    case 'up':
      return put('../../../etc/passwd');
    case 'proto':
      return put('"__proto__": {"polluted": 1},');
    default:
      return Buffer.concat([bytes.subarray(0, at), Buffer.from([0, 255, 254, 0, 10]), bytes.subarray(at)]);
  }
}

async function annotationFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const files: string[] = [];
  for (const name of names.sort()) {
    if (/\.(jpe?g)$/.test(name) || !(await stat(join(folder, name))).isFile()) continue;
    files.push(name);
  }
  return files;
}

describe.skipIf(!haveData)(`damaged sets are read as far as they go${whyNot}`, () => {
  async function survives(name: string, source: string, numRuns = 12): Promise<void> {
    const folder = fresh();
    await cp(source, folder, { recursive: true });
    const files = await annotationFiles(folder);
    await fc.assert(
      fc.asyncProperty(damage, async ([which, where, how]) => {
        const path = join(folder, files[Math.floor(which * files.length)]!);
        const whole = await readFile(path);
        await writeFile(path, damaged(whole, where, how));
        try {
          const dataset = await format(name).read(folder);
          for await (const { id, annotations, media } of dataset.items()) {
            expect(id).not.toMatch(/(^|\/)\.\.(\/|$)/);
            // Pictures out of archives and tables lie in a folder of their own.
            const place = media?.path ?? folder;
            expect(place.startsWith(folder) || place.includes('refinery-pictures-')).toBe(true);
            for (const annotation of annotations) expect(fault(annotation)).toBeNull();
          }
          for (const { reason } of dataset.problems.list) expect(reason).not.toMatch(engines);
        } catch (thrown) {
          if (!(thrown instanceof RefineryError)) throw thrown;
        } finally {
          await writeFile(path, whole);
        }
        expect(({} as { polluted?: number }).polluted).toBeUndefined();
      }),
      { numRuns, interruptAfterTimeLimit: 4000 },
    );
  }

  test.each(sets)('%s: %s', (name, set) => survives(name, corpus(set)));

  test.each(written)('%s', async (name) => {
    const folder = fresh();
    await format(name).write(await format('datumaro').read(corpus('datumaro@clean')), folder, {
      media: 'copy',
    });
    // Of a set without annotation files there is nothing to damage.
    if ((await annotationFiles(folder)).length > 0) await survives(name, folder, 3);
  });
});

import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn, refuseEmpty } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { ProblemLog } from '../../model/index.ts';
import { InnerPictures } from '../common/pictures.ts';
import { readClasses, side } from './classes.ts';
import { mnistItem, notedFrom } from './item.ts';

/** `train-labels-idx1-ubyte.gz`; unpacked and with a dot, too. */
export const labelsName = /^(.+)-labels([-.])idx1-ubyte(\.gz)?$/;

/** Most bytes of an unpacked file. */
const mostBytes = 2 ** 31 - 1;

/** The name in files of the subset that is called test. */
const testName = 't10k';

export const subsetOf = (name: string): string => (name === testName ? 'test' : name);
export const nameOf = (subset: string): string => (subset === 'test' ? testName : subset);

async function bytesOf(path: string): Promise<Buffer> {
  refuseEmpty(path);
  const bytes = await readFile(path);
  return path.endsWith('.gz') ? gunzipSync(bytes, { maxOutputLength: mostBytes }) : bytes;
}

/** Reads `<subset>-labels-idx1-ubyte.gz` and `<subset>-images-idx3-ubyte.gz`. */
export async function readMnist(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const lists = (await namesIn(folder)).filter((name) => labelsName.test(name));
  if (lists.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no file …-labels-idx1-ubyte in ${folder}.`);
  const categories = await readClasses(folder);
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      for (const list of lists) {
        try {
          yield* itemsOf(folder, list, categories.labels.length, problems, options.signal);
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(list, '', reasonOf(thrown));
        }
      }
    },
  };
}

/** Files start with their kind (0x801 or 0x803) and the number of entries; pictures then have their height and width. */
async function* itemsOf(
  folder: string,
  list: string,
  classes: number,
  problems: ProblemLog,
  signal: AbortSignal | undefined,
): ReturnType<Dataset['items']> & AsyncGenerator {
  const [, name = '', sign = '', packed = ''] = labelsName.exec(list)!;
  const subset = subsetOf(name);
  const labels = await bytesOf(inside(folder, list));
  if (labels.length < 8 || labels.readUInt32BE(0) !== 0x801) {
    problems.add(list, '', 'the file is not one of classes');
    return;
  }
  const count = labels.length - 8;
  if (labels.readUInt32BE(4) !== count)
    problems.add(list, '', `there are ${count} classes, not as many as it says`);
  const drawn = `${name}-images${sign}idx3-ubyte${packed}`;
  const there = await isFile(inside(folder, drawn));
  const images = there ? await bytesOf(inside(folder, drawn)) : null;
  if (images === null) problems.add(drawn, '', 'the file with the pictures is missing');
  const usual = images !== null && images.length >= 16 ? sizeOf(images) : { width: side, height: side };
  const meta = await noted(folder, `${subset}-meta.gz`, count);
  const pictures = new InnerPictures(inside(folder, there ? drawn : list));
  let at = 16;
  for (let index = 0; index < count; index += 1) {
    signal?.throwIfAborted();
    const entry = notedFrom(meta?.[index], index, usual);
    const length = entry.size === null ? 0 : entry.size.width * entry.size.height;
    const pixels = images !== null && at + length <= images.length ? images.subarray(at, at + length) : null;
    const complain = (reason: string): void => problems.add(list, `entry ${index}`, reason);
    if (images !== null && pixels === null) complain('the file with the pictures ends before');
    at += length;
    yield await mnistItem(entry, subset, labels[8 + index]!, classes, pixels, pictures, complain);
  }
}

const sizeOf = (images: Buffer): { width: number; height: number } => ({
  height: Math.min(images.readUInt32BE(8), 2 ** 14),
  width: Math.min(images.readUInt32BE(12), 2 ** 14),
});

/** Datumaro's notes: texts of 32 characters of 32 bits, the same number for each picture. */
async function noted(folder: string, name: string, count: number): Promise<string[][] | null> {
  const path = inside(folder, name);
  if (!(await isFile(path)) || count === 0) return null;
  const bytes = await bytesOf(path);
  const each = bytes.length / noteBytes / count;
  if (!Number.isInteger(each) || each < 1 || each > 3) return null;
  const texts: string[][] = [];
  for (let index = 0; index < count; index += 1) {
    texts.push(Array.from({ length: each }, (_, part) => textAt(bytes, (index * each + part) * noteBytes)));
  }
  return texts;
}

export const noteLength = 32;
const noteBytes = 4 * noteLength;

function textAt(bytes: Buffer, start: number): string {
  let text = '';
  for (let at = start; at < start + noteBytes; at += 4) {
    const code = bytes.readUInt32LE(at);
    if (code === 0) break;
    text += code <= 0x10ffff ? String.fromCodePoint(code) : '\uFFFD';
  }
  return text;
}

import { readFile, stat } from 'node:fs/promises';
import { File as Hdf5File } from 'jsfive';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, refuseEmpty } from '../../files/folder.ts';
import { inside, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { noAttributes, noCategories, ProblemLog, type Size } from '../../model/index.ts';
import { InnerPictures, pngOf } from '../common/pictures.ts';

/** Most bytes of one file, which holds one picture and is read as a whole. */
const mostBytes = 2 ** 28;
const mostPixels = 2 ** 26;

/**
 * Reads files of HDF5 with `rgb`, a picture of bytes (channel, row, column), each. Its `depth`, metres for each pixel, has
 * no place in the neutral form: it is told of and stays behind.
 */
export async function readNyuDepth(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const files: string[] = [];
  for await (const file of filesUnder(folder)) if (/\.h5$/i.test(file)) files.push(file);
  if (files.length === 0) throw new RefineryError('INPUT_NOT_FOUND', `There is no file .h5 in ${folder}.`);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      for (const file of files) {
        options.signal?.throwIfAborted();
        const path = inside(folder, file);
        const id = stemOf(file);
        try {
          const { size, pixels, hasDepth } = await readPicture(path);
          const picture = await new InnerPictures(path).at(`${id}.png`, () => pngOf(pixels(), size, 3));
          if (hasDepth) problems.add(file, 'depth', 'a depth for each pixel has no place in other formats');
          const media = { kind: 'image', path: picture, size } as const;
          yield { id, subset: 'default', media, attributes: noAttributes, annotations: [] };
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(file, '', reasonOf(thrown, 'it can’t be read as HDF5'));
        }
      }
    },
  };
}

/** What a file holds; its pixels are unpacked only when they are asked for: a set is read more than once. */
async function readPicture(
  path: string,
): Promise<{ size: Size; pixels: () => Uint8Array; hasDepth: boolean }> {
  if ((await stat(path)).size > mostBytes) throw new Error('the file is too large');
  refuseEmpty(path);
  const bytes = await readFile(path);
  const file = new Hdf5File(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length), path);
  if (!file.keys.includes('rgb')) throw new Error('it holds no picture rgb');
  const rgb = file.get('rgb');
  const { shape, dtype } = rgb;
  const [channels, height = 0, width = 0] = shape;
  const whole = [height, width].every((side) => Number.isInteger(side) && side > 0);
  if (shape.length !== 3 || channels !== 3 || !whole || height * width > mostPixels)
    throw new Error(
      `rgb has the sides ${shape.join(' × ')}, not those of a picture’s channels, rows and columns`,
    );
  if (!/^[<>|=]?u1$/.test(String(dtype)))
    throw new Error(`rgb holds numbers of the kind ${dtype}, not bytes`);
  return {
    size: { width, height },
    pixels: () => interleaved(rgb.value, width * height),
    hasDepth: file.keys.includes('depth'),
  };
}

/** Pixels out of three planes. */
function interleaved(planes: ArrayLike<number>, pixels: number): Uint8Array {
  const bytes = new Uint8Array(3 * pixels);
  for (let pixel = 0; pixel < pixels; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1)
      bytes[3 * pixel + channel] = planes[channel * pixels + pixel]!;
  }
  return bytes;
}

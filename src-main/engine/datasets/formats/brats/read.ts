import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type NIFTI1, type NIFTI2, readHeader, readImage } from 'nifti-reader-js';
import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { namesIn, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, field, type Item, isRecord, ProblemLog } from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { foldersIn } from '../common/read.ts';
import { namesByNumber, slicesOf, type Volume } from './slices.ts';

/** Most bytes of an unpacked volume. */
const mostBytes = 2 ** 31 - 1;

const isVolume = (name: string): boolean => /\.nii(\.gz)?$/i.test(name);
const nameOf = (file: string): string => file.replace(/\.nii(\.gz)?$/i, '');

/**
 * Reads volumes of NIfTI in `images…/` with those of the classes in `labels…/`, and the classes' names in `labels`. Each
 * slice becomes a picture of its own, in shades from the volume's least to its greatest value.
 */
export async function readBrats(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const parts = (await foldersIn(folder)).filter((name) => name.startsWith('images'));
  if (parts.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no folder images… in ${folder}.`);
  const builder = new CategoryBuilder();
  for (const name of await classNames(folder, parts, problems)) builder.named(name);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const part of parts) {
        const ending = part.slice('images'.length);
        const subset = ending === 'Tr' ? 'train' : ending === 'Ts' ? 'test' : 'default';
        for (const file of (await namesIn(inside(folder, part))).filter(isVolume)) {
          options.signal?.throwIfAborted();
          const place = `${part}/${file}`;
          try {
            yield* itemsOf(folder, place, `labels${ending}/${file}`, subset, builder.size, problems);
          } catch (thrown) {
            options.signal?.throwIfAborted();
            problems.add(place, '', toErrorValue(thrown).message);
          }
        }
      }
    },
  };
}

/** The names in `labels`, or in the Decathlon's `dataset.json`; else the numbers that are in the volumes. */
async function classNames(folder: string, parts: readonly string[], problems: ProblemLog): Promise<string[]> {
  const listed = await namesFile(folder, 'labels');
  if (listed !== null) return listed;
  const text = await textIfThere(inside(folder, 'dataset.json'));
  try {
    const parsed: unknown = text === undefined ? undefined : parseLenient(text);
    const labels = isRecord(parsed) ? field(parsed, 'labels') : undefined;
    if (isRecord(labels)) {
      const names: string[] = [];
      for (const [number, name] of Object.entries(labels)) {
        if (/^\d{1,3}$/.test(number) && typeof name === 'string') names[Number(number)] = name;
      }
      return Array.from(names, (name, number) => name ?? String(number));
    }
  } catch (thrown) {
    problems.add('dataset.json', '', toErrorValue(thrown).message);
  }
  return namesByNumber(classVolumes(folder, parts));
}

/** The volumes of the classes that can be read. */
async function* classVolumes(folder: string, parts: readonly string[]): AsyncGenerator<Volume> {
  for (const part of parts) {
    const below = `labels${part.slice('images'.length)}`;
    for (const file of (await namesIn(inside(folder, below))).filter(isVolume)) {
      const volume = await readVolume(inside(folder, `${below}/${file}`)).catch(() => null);
      if (volume !== null) yield volume;
    }
  }
}

/** The slices of one file, with the classes of another one where that fits. */
async function* itemsOf(
  folder: string,
  file: string,
  masks: string,
  subset: string,
  classes: number,
  problems: ProblemLog,
): AsyncGenerator<Item> {
  const path = inside(folder, file);
  const volume = await readVolume(path);
  if (volume.channels > 1) problems.add(file, '', `of ${volume.channels} channels the first is shown`);
  const numbers = await readVolume(inside(folder, masks)).catch(() => null);
  const id = nameOf(file.slice(file.indexOf('/') + 1));
  const complain = (reason: string, of = file): void => problems.add(of, '', reason);
  yield* slicesOf({ id, subset, path, volume, numbers, masks, classes, complain });
}

async function readVolume(path: string): Promise<Volume & { readonly channels: number }> {
  const packed = await readFile(path);
  const gzip = packed[0] === 0x1f && packed[1] === 0x8b;
  const bytes = gzip ? gunzipSync(packed, { maxOutputLength: mostBytes }) : packed;
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  const header = readHeader(buffer);
  if (header === null) throw new Error('it is no volume of NIfTI');
  const [dimensions = 0, width = 0, height = 0, slices = 1, times = 1, channels = 1] = header.dims;
  const side = (value: number): boolean => Number.isInteger(value) && value > 0 && value <= 1e5;
  const all = (dimensions > 3 ? times : 1) * (dimensions > 4 ? channels : 1);
  if (dimensions < 2 || ![width, height, slices, all].every(side)) throw new Error('its sides make no sense');
  const view = new DataView(readImage(header, buffer));
  const { size, read } = numbersOf(header, view);
  if (view.byteLength < size * width * height * slices * all) throw new Error('the file ends early');
  const slope = Number.isFinite(header.scl_slope) && header.scl_slope !== 0 ? header.scl_slope : 1;
  const shift = Number.isFinite(header.scl_inter) ? header.scl_inter : 0;
  return { width, height, slices, channels: all, at: (index) => read(index * size) * slope + shift };
}

/** How to read one of a volume's numbers, by NIfTI's code of its type. */
function numbersOf(
  { datatypeCode, littleEndian: little }: NIFTI1 | NIFTI2,
  view: DataView,
): { readonly size: number; readonly read: (at: number) => number } {
  switch (datatypeCode) {
    case 2:
      return { size: 1, read: (at) => view.getUint8(at) };
    case 4:
      return { size: 2, read: (at) => view.getInt16(at, little) };
    case 8:
      return { size: 4, read: (at) => view.getInt32(at, little) };
    case 16:
      return { size: 4, read: (at) => view.getFloat32(at, little) };
    case 64:
      return { size: 8, read: (at) => view.getFloat64(at, little) };
    case 256:
      return { size: 1, read: (at) => view.getInt8(at) };
    case 512:
      return { size: 2, read: (at) => view.getUint16(at, little) };
    case 768:
      return { size: 4, read: (at) => view.getUint32(at, little) };
    default:
      throw new Error(`numbers of the kind ${datatypeCode} are not read`);
  }
}

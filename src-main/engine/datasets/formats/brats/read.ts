import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type NIFTI1, type NIFTI2, readHeader, readImage } from 'nifti-reader-js';
import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn, refuseEmpty, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, field, type Item, isRecord, ProblemLog } from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { type NumberType, numberTypes } from '../common/number-types.ts';
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
            problems.add(place, '', reasonOf(thrown));
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
    problems.add('dataset.json', '', reasonOf(thrown));
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
  const numbers = await masksIn(folder, masks, problems);
  const id = nameOf(file.slice(file.indexOf('/') + 1));
  const complain = (reason: string, of = file): void => problems.add(of, '', reason);
  yield* slicesOf({ id, subset, path, volume, numbers, masks, classes, complain });
}

/** The volume of the classes; null where there is none, or none that can be read. */
async function masksIn(folder: string, file: string, problems: ProblemLog): Promise<Volume | null> {
  if (!(await isFile(inside(folder, file)))) return null;
  try {
    return await readVolume(inside(folder, file));
  } catch (thrown) {
    problems.add(file, '', reasonOf(thrown));
    return null;
  }
}

async function readVolume(path: string): Promise<Volume & { readonly channels: number }> {
  refuseEmpty(path);
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
  const type = typeOf(header);
  const { littleEndian: little } = header;
  if (view.byteLength < type.size * width * height * slices * all) throw new Error('the file ends early');
  const slope = Number.isFinite(header.scl_slope) && header.scl_slope !== 0 ? header.scl_slope : 1;
  const shift = Number.isFinite(header.scl_inter) ? header.scl_inter : 0;
  return {
    width,
    height,
    slices,
    channels: all,
    at: (index) => type.read(view, index * type.size, little) * slope + shift,
  };
}

/** NIfTI's codes of the types. */
const types: Readonly<Record<number, NumberType>> = {
  2: numberTypes.u1,
  4: numberTypes.i2,
  8: numberTypes.i4,
  16: numberTypes.f4,
  64: numberTypes.f8,
  256: numberTypes.i1,
  512: numberTypes.u2,
  768: numberTypes.u4,
};

/** @throws {Error} for a type that isn't read. */
function typeOf({ datatypeCode: code }: NIFTI1 | NIFTI2): NumberType {
  const type = types[code];
  if (type === undefined) throw new Error(`numbers of the kind ${code} are not read`);
  return type;
}

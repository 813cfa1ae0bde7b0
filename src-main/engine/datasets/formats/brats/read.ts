import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type NIFTI1, type NIFTI2, readHeader, readImage } from 'nifti-reader-js';
import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { namesIn, textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { inside } from '../../files/paths.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  field,
  type Item,
  isRecord,
  noAttributes,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { splitByNumber } from '../coco/panoptic.ts';
import { namesFile } from '../common/lines.ts';
import { InnerPictures, pngOf } from '../common/pictures.ts';
import { foldersIn, plainShape } from '../common/read.ts';

/** Most bytes of an unpacked volume. */
const mostBytes = 2 ** 31 - 1;

const isVolume = (name: string): boolean => /\.nii(\.gz)?$/i.test(name);
const nameOf = (file: string): string => file.replace(/\.nii(\.gz)?$/i, '');

/** A volume's numbers: x goes fastest, then y, then z, then the channel. */
interface Volume {
  readonly width: number;
  readonly height: number;
  readonly slices: number;
  readonly channels: number;
  readonly at: (index: number) => number;
}

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
            yield* slicesOf(folder, place, `labels${ending}/${file}`, subset, builder.size, problems);
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
  let highest = 0;
  for (const part of parts) {
    const below = `labels${part.slice('images'.length)}`;
    for (const file of (await namesIn(inside(folder, below))).filter(isVolume)) {
      const volume = await readVolume(inside(folder, `${below}/${file}`)).catch(() => null);
      const count = volume === null ? 0 : volume.width * volume.height * volume.slices;
      for (let index = 0; index < count; index += 1) highest = Math.max(highest, volume!.at(index));
    }
  }
  return Array.from({ length: Math.min(highest, 255) + 1 }, (_, number) => String(number));
}

async function* slicesOf(
  folder: string,
  file: string,
  masks: string,
  subset: string,
  classes: number,
  problems: ProblemLog,
): AsyncGenerator<Item> {
  const volume = await readVolume(inside(folder, file));
  const complain = (reason: string): void => problems.add(file, '', reason);
  if (volume.channels > 1) complain(`of ${volume.channels} channels the first is shown`);
  const { width, height, slices } = volume;
  const numbers = await readVolume(inside(folder, masks)).catch(() => null);
  const fits = numbers?.width === width && numbers.height === height && numbers.slices === slices;
  if (numbers !== null && !fits) problems.add(masks, '', 'the volume of the classes is of another size');
  const pictures = new InnerPictures(inside(folder, file));
  const shades = shadesOf(volume);
  const name = nameOf(file.slice(file.indexOf('/') + 1));
  for (let slice = 0; slice < slices; slice += 1) {
    const id = `${name}/${String(slice).padStart(3, '0')}`;
    const path = await pictures.at(`${id}.png`, () => pngOf(shades(slice), { width, height }, 1));
    const annotations = fits ? masksOf(numbers, slice, classes, complain) : [];
    const attributes = new Map([['slice', slice]]);
    yield { id, subset, media: { kind: 'image', path, size: { width, height } }, attributes, annotations };
  }
}

/** A mask for each class of a slice; 0 is where nothing is. */
function masksOf(
  { width, height, at }: Volume & Size,
  slice: number,
  classes: number,
  complain: (reason: string) => void,
): Annotation[] {
  const values = Int32Array.from({ length: width * height }, (_, place) =>
    at(slice * width * height + place),
  );
  const annotations: Annotation[] = [];
  for (const [number, counts] of splitByNumber(values, width, height)) {
    if (number >= classes || number < 0) complain(`there is no class of the number ${number}`);
    else annotations.push({ ...plainShape(number, noAttributes), type: 'mask', width, height, counts });
  }
  return annotations;
}

function shadesOf({ width, height, slices, at }: Volume): (slice: number) => Uint8Array {
  const pixels = width * height;
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let index = 0; index < pixels * slices; index += 1) {
    const value = at(index);
    if (value < least) least = value;
    if (value > greatest) greatest = value;
  }
  const scale = greatest > least ? 255 / (greatest - least) : 0;
  return (slice) =>
    Uint8Array.from({ length: pixels }, (_, place) =>
      Math.round((at(slice * pixels + place) - least) * scale),
    );
}

async function readVolume(path: string): Promise<Volume> {
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

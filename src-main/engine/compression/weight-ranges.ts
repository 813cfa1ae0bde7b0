import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { IrLinear, IrSummary, StoredConstant } from './ingest/ir.ts';

/** Least and greatest weight of a layer, as the network computes with them. */
export interface WeightRange {
  readonly module: string;
  /** Element type as stored. */
  readonly type: string;
  readonly least: number;
  readonly greatest: number;
  /** Part of the weights that are exactly 0. */
  readonly zeros: number;
  /** Part of the 8-bit codes' range, -127 to 127, that is in use; missing for float. */
  readonly codesUsed?: number;
}

/**
 * Reads the weights of each linear layer from the .bin beside an IR, or from the files of ONNX. Layers in types that are
 * not read (4 bits, or with a zero point of their own) are left out.
 *
 * @param folder that the IR's path goes from.
 * @throws {NodeJS.ErrnoException} when the weights can't be read.
 */
export async function weightRanges(folder: string, ir: IrSummary): Promise<WeightRange[]> {
  await using files = new Files(join(folder, ir.path.replace(/\.xml$/, '.bin')));
  const ranges: WeightRange[] = [];
  for (const layer of ir.linear) {
    const range = await rangeOf(files, layer);
    if (range) ranges.push(range);
  }
  return ranges;
}

/** The file of a model's weights, and those beside it that a model in ONNX names. */
class Files implements AsyncDisposable {
  readonly #usual: string;
  readonly #open = new Map<string, FileHandle>();

  constructor(usual: string) {
    this.#usual = usual;
  }

  /** @returns undefined for a name that leads to another folder. */
  async of(name = basename(this.#usual)): Promise<FileHandle | undefined> {
    if (basename(name) !== name || name === '..') return undefined;
    const file = this.#open.get(name) ?? (await open(join(dirname(this.#usual), name), 'r'));
    this.#open.set(name, file);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const file of this.#open.values()) await file.close();
  }
}

type Values = Int8Array | Uint8Array | Float32Array | Float16Array | Float64Array;

/** Weights of one layer; more is no layer of a transformer. */
const largest = 1 << 30;

async function rangeOf(files: Files, layer: IrLinear): Promise<WeightRange | undefined> {
  const { module, storedType: type, stored, scale } = layer;
  const weights = await valuesAt(files, { ...layer, type, shape: stored });
  const scales = scale ? await valuesAt(files, scale) : undefined;
  const [rows, columns] = stored;
  if (!weights || weights.length !== rows * columns || type === 'u8' || (scale && !scales?.length))
    return undefined;
  const [byRow, byColumn] = scales
    ? [scales.length === rows && rows > 1, scales.length === columns && columns > 1]
    : [];
  let [least, greatest, zeros, code] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  // A scale for each row of a square matrix stands upright, one for each column lies.
  const upright = byRow && (!byColumn || (scale?.shape.at(-1) ?? 0) === 1);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const value = weights[row * columns + column]!;
      const factor = scales ? (scales[upright ? row : byColumn ? column : 0] ?? 1) : 1;
      const real = value * factor;
      if (real < least) least = real;
      if (real > greatest) greatest = real;
      if (value === 0) zeros += 1;
      code = Math.max(code, Math.abs(value));
    }
  }
  if (!Number.isFinite(least) || !Number.isFinite(greatest)) return undefined;
  return {
    module,
    type,
    least,
    greatest,
    zeros: weights.length === 0 ? 0 : zeros / weights.length,
    ...(type === 'i8' ? { codesUsed: Math.min(1, code / 127) } : {}),
  };
}

async function valuesAt(
  files: Files,
  { type, offset, size, file: name }: StoredConstant,
): Promise<Values | undefined> {
  const file = await files.of(name);
  if (!file || size > largest) return undefined;
  const bytes = new Uint8Array(size);
  const { bytesRead } = await file.read(bytes, 0, size, offset);
  if (bytesRead < size) return undefined;
  switch (type) {
    case 'i8':
      return new Int8Array(bytes.buffer);
    case 'u8':
      return bytes;
    case 'f32':
      return new Float32Array(bytes.buffer);
    case 'f16':
      return new Float16Array(bytes.buffer);
    case 'f64':
      return new Float64Array(bytes.buffer);
    default:
      return undefined;
  }
}

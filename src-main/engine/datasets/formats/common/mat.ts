import { readFile } from 'node:fs/promises';
import { inflateSync } from 'node:zlib';
import { refuseEmpty } from '../../files/folder.ts';
import { type NumberType, numberTypes } from './number-types.ts';

/** A value of MATLAB's: everything is an array, a text one of characters. */
export type MatValue =
  | { readonly kind: 'numbers'; readonly shape: readonly number[]; readonly values: readonly number[] }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'cells'; readonly shape: readonly number[]; readonly values: readonly MatValue[] }
  | { readonly kind: 'structs'; readonly shape: readonly number[]; readonly values: readonly MatStruct[] };

/** Fields by name, each read when it is asked for: there may be millions. */
export interface MatStruct {
  readonly names: readonly string[];
  /** @throws {Error} with the reason, where its bytes are damaged. */
  get(name: string): MatValue | undefined;
}

/** Most bytes of a file, and of what is packed in it. */
const mostBytes = 2 ** 30;
/** Arrays in arrays. */
const mostDepth = 32;

const [compressed, matrix] = [15, 14];
/** What the format calls its types; 16 to 18 are characters. */
const types: Readonly<Record<number, NumberType>> = {
  1: numberTypes.i1,
  2: numberTypes.u1,
  3: numberTypes.i2,
  4: numberTypes.u2,
  5: numberTypes.i4,
  6: numberTypes.u4,
  7: numberTypes.f4,
  9: numberTypes.f8,
  12: numberTypes.i8,
  13: numberTypes.u8,
  16: numberTypes.u1,
  17: numberTypes.u2,
  18: numberTypes.u4,
};
const classes = {
  cell: 1,
  struct: 2,
  object: 3,
  text: 4,
  sparse: 5,
  firstNumbers: 6,
  lastNumbers: 15,
} as const;

/**
 * Reads the variables of a MATLAB file, version 5 to 7 (what `save` writes unless it is told `-v7.3`). Sparse arrays,
 * functions and the imaginary part of numbers are passed over.
 *
 * Source: https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf, chapter 1
 *
 * @throws {Error} with the reason, for a file that can't be read so.
 */
export async function readMat(path: string): Promise<ReadonlyMap<string, MatValue>> {
  refuseEmpty(path);
  const bytes = await readFile(path);
  if (bytes.length > mostBytes) throw new Error('the file is too large');
  if (
    bytes.subarray(0, 8).toString('latin1') === '\x89HDF\r\n\x1a\n' ||
    bytes.includes('MATLAB 7.3', 0, 'latin1')
  )
    throw new Error('it is of version 7.3; save it in MATLAB with -v7');
  const order = bytes.subarray(126, 128).toString('latin1');
  if (order !== 'IM' && order !== 'MI') throw new Error('it is no MATLAB file of version 5 to 7');
  return new MatReader(order === 'IM').variables(bytes.subarray(128));
}

/** A piece of the file: what kind its content is, and where the next one begins. */
interface Element {
  readonly type: number;
  readonly content: Buffer;
  readonly next: number;
}

class MatReader {
  readonly #little: boolean;
  #unpacked = 0;

  constructor(little: boolean) {
    this.#little = little;
  }

  variables(bytes: Buffer): Map<string, MatValue> {
    const found = new Map<string, MatValue>();
    for (let at = 0; at + 8 <= bytes.length; ) {
      const element = this.#element(bytes, at);
      at = element.next;
      const { type, content } = element.type === compressed ? this.#unpack(element.content) : element;
      if (type !== matrix) continue;
      const made = this.#matrix(content, 0);
      if (made) found.set(made.name, made.value);
    }
    return found;
  }

  #unpack(content: Buffer): Element {
    const bytes = inflateSync(content, { maxOutputLength: mostBytes - this.#unpacked });
    this.#unpacked += bytes.length;
    return this.#element(bytes, 0);
  }

  #word(bytes: Buffer, at: number): number {
    if (at + 4 > bytes.length) throw new Error('the file ends early');
    return this.#little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #element(bytes: Buffer, at: number): Element {
    const first = this.#word(bytes, at);
    // Up to four bytes stand in the head itself, with their number in the upper half of its first word.
    const small = first >>> 16;
    const [type, length, from] =
      small > 0 ? [first & 0xffff, small, at + 4] : [first, this.#word(bytes, at + 4), at + 8];
    const end = from + length;
    if (end > bytes.length || small > 4) throw new Error('the file ends early');
    const padded = small > 0 ? at + 8 : type === compressed ? end : at + 8 + Math.ceil(length / 8) * 8;
    return { type, content: bytes.subarray(from, end), next: padded };
  }

  /** @returns undefined for what is passed over. */
  #matrix(bytes: Buffer, depth: number): { readonly name: string; readonly value: MatValue } | undefined {
    if (depth > mostDepth) throw new Error('arrays lie too deep in one another');
    // An array without anything at all.
    if (bytes.length === 0) return { name: '', value: { kind: 'numbers', shape: [0, 0], values: [] } };
    const flags = this.#element(bytes, 0);
    const kind = this.#word(flags.content, 0) & 0xff;
    if (kind === classes.sparse || kind === 0 || kind > classes.lastNumbers) return undefined;
    const dimensions = this.#element(bytes, flags.next);
    const shape = this.#numbers(dimensions);
    const title = this.#element(bytes, dimensions.next);
    const name = title.content.toString('latin1');
    const count = shape.reduce((product, side) => product * side, 1);
    const at = title.next;
    switch (kind) {
      case classes.cell: {
        const starts = this.#starts(bytes, at, count);
        const values = Array.from(starts, (start) => this.#at(bytes, start, depth));
        return { name, value: { kind: 'cells', shape, values } };
      }
      case classes.struct:
        return { name, value: { kind: 'structs', shape, values: this.#structs(bytes, at, count, depth) } };
      case classes.object: {
        const kindOfObject = this.#element(bytes, at);
        const values = this.#structs(bytes, kindOfObject.next, count, depth);
        return { name, value: { kind: 'structs', shape, values } };
      }
      case classes.text:
        return { name, value: { kind: 'text', text: this.#text(this.#element(bytes, at)) } };
      default:
        return { name, value: { kind: 'numbers', shape, values: this.#numbers(this.#element(bytes, at)) } };
    }
  }

  #structs(bytes: Buffer, start: number, count: number, depth: number): MatStruct[] {
    const width = this.#element(bytes, start);
    const length = this.#numbers(width)[0] ?? 0;
    const titles = this.#element(bytes, width.next);
    if (!(length > 0)) return [];
    const names = Array.from({ length: Math.floor(titles.content.length / length) }, (_, index) =>
      titles.content.toString('latin1', index * length, (index + 1) * length).replace(/\0.*$/s, ''),
    );
    const starts = this.#starts(bytes, titles.next, count * names.length);
    return Array.from(
      { length: names.length === 0 ? 0 : count },
      (_, row): MatStruct => ({
        names,
        get: (name) => {
          const column = names.indexOf(name);
          return column < 0 ? undefined : this.#at(bytes, starts[row * names.length + column]!, depth);
        },
      }),
    );
  }

  /** Where arrays in a row begin. */
  #starts(bytes: Buffer, start: number, count: number): Uint32Array {
    // Each takes at least its head.
    if (!Number.isSafeInteger(count) || count > (bytes.length - start) / 8)
      throw new Error('the file ends early');
    let at = start;
    return Uint32Array.from({ length: count }, () => {
      const from = at;
      at = this.#element(bytes, from).next;
      return from;
    });
  }

  /** An array in another. */
  #at(bytes: Buffer, start: number, depth: number): MatValue {
    const { type, content } = this.#element(bytes, start);
    if (type !== matrix) throw new Error('an array was expected');
    return this.#matrix(content, depth + 1)?.value ?? { kind: 'text', text: '' };
  }

  /** Numbers may be stored narrower than they are. */
  #numbers({ type, content }: Element): number[] {
    const known = types[type];
    if (known === undefined) throw new Error('its numbers are of a kind that is not read');
    const view = new DataView(content.buffer, content.byteOffset, content.length);
    return Array.from({ length: Math.floor(content.length / known.size) }, (_, index) =>
      known.read(view, index * known.size, this.#little),
    );
  }

  #text(element: Element): string {
    // Bytes are UTF-8; wider ones are one code unit or code point each.
    if (types[element.type]?.size === 1) return element.content.toString('utf8');
    const codes = this.#numbers(element);
    return codes.map((code) => (code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code))).join('');
  }
}

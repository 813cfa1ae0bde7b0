import { RefineryError } from '../../../../contract/errors.ts';
import { parseLenient } from '../../files/json.ts';
import { isRecord } from '../../model/index.ts';

const notAll = (): RefineryError => new RefineryError('INPUT_CORRUPT', 'the bytes end early');

/** Reads what Datumaro packs: little-endian numbers, and texts and lists behind their length. Overrun throws. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  unsigned(): number {
    return this.#take(4).readUInt32LE();
  }

  whole(): number {
    return this.#take(4).readInt32LE();
  }

  long(): number {
    return Number(this.#take(8).readBigInt64LE());
  }

  text(): string {
    return this.#take(this.unsigned()).toString('utf8');
  }

  floats(): number[] {
    const bytes = this.#take(4 * this.unsigned());
    return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(4 * at));
  }

  wholes(): number[] {
    const bytes = this.#take(4 * this.unsigned());
    return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readInt32LE(4 * at));
  }

  /** An object in JSON; no bytes are an empty one. */
  fields(): Readonly<Record<string, unknown>> {
    const text = this.text();
    const parsed: unknown = text === '' ? {} : parseLenient(text);
    return isRecord(parsed) ? parsed : {};
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw notAll();
    const part = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return part;
  }
}

/** The inverse of {@link ByteReader}. */
export class ByteWriter {
  readonly #parts: Buffer[] = [];

  byte(value: number): void {
    this.#parts.push(Buffer.from([value]));
  }

  unsigned(value: number): void {
    const part = Buffer.alloc(4);
    part.writeUInt32LE(value);
    this.#parts.push(part);
  }

  whole(value: number): void {
    const part = Buffer.alloc(4);
    part.writeInt32LE(value);
    this.#parts.push(part);
  }

  long(value: number): void {
    const part = Buffer.alloc(8);
    part.writeBigInt64LE(BigInt(value));
    this.#parts.push(part);
  }

  text(value: string): void {
    const part = Buffer.from(value, 'utf8');
    this.unsigned(part.length);
    this.#parts.push(part);
  }

  floats(values: readonly number[]): void {
    const part = Buffer.alloc(4 * values.length);
    for (const [at, value] of values.entries()) part.writeFloatLE(value, 4 * at);
    this.unsigned(values.length);
    this.#parts.push(part);
  }

  wholes(values: readonly number[]): void {
    const part = Buffer.alloc(4 * values.length);
    for (const [at, value] of values.entries()) part.writeInt32LE(value, 4 * at);
    this.unsigned(values.length);
    this.#parts.push(part);
  }

  fields(value: Readonly<Record<string, unknown>>): void {
    this.text(Object.keys(value).length === 0 ? '' : JSON.stringify(value));
  }

  raw(bytes: Uint8Array): void {
    this.#parts.push(Buffer.from(bytes));
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

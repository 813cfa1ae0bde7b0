/**
 * A reader of protocol buffers' wire format, just enough for TensorBoard's event files: no library for it is
 * installed, and few fields are needed.
 * https://protobuf.dev/programming-guides/encoding/
 */
export interface Field {
  readonly number: number;
  /** A varint or fixed number; for fixed 64 bits see `double`. */
  readonly varint?: bigint;
  readonly fixed32?: DataView;
  readonly fixed64?: DataView;
  readonly bytes?: Uint8Array;
}

/** Fields of a message in their order. @throws {RangeError} when the bytes are not a message. */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('A number is cut off.');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new RangeError('A number is too long.');
  };
  const take = (length: number): Uint8Array => {
    if (length > message.length - at) throw new RangeError('A field is cut off.');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const tag = varint();
    const number = Number(tag >> 3n);
    if (number === 0) throw new RangeError('A field has the number 0.');
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, varint: varint() };
        break;
      case 1:
        yield { number, fixed64: viewOf(take(8)) };
        break;
      case 2:
        yield { number, bytes: take(Number(varint())) };
        break;
      case 5:
        yield { number, fixed32: viewOf(take(4)) };
        break;
      default:
        throw new RangeError('A field has an unknown kind.');
    }
  }
}

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const utf8 = new TextDecoder('utf-8', { fatal: false });
export const textOf = (bytes: Uint8Array | undefined): string => (bytes ? utf8.decode(bytes) : '');
export const floatOf = (field: Field): number | undefined => field.fixed32?.getFloat32(0, true);
export const doubleOf = (field: Field): number | undefined => field.fixed64?.getFloat64(0, true);
/** A signed number, as int32 and int64 are written. */
export const integerOf = (field: Field): number => Number(BigInt.asIntN(64, field.varint ?? 0n));

/**
 * Goes over the fields of a message without an object for each: for the two messages that a run has millions of.
 * `next` moves to a field, and `number`, `kind` and where its content lies are then of that one.
 */
export class FieldCursor {
  readonly bytes: Buffer;
  #at: number;
  readonly #end: number;
  number = 0;
  /** 0 a varint, 1 and 5 numbers of 64 and 32 bits, 2 bytes. */
  kind = 0;
  /** The value of a varint. */
  varint = 0;
  /** Where the content of a field of another kind lies. */
  from = 0;
  to = 0;

  constructor(bytes: Buffer, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** @throws {RangeError} when the bytes are not a message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    const tag = this.#varint();
    this.kind = tag & 7;
    this.number = Math.floor(tag / 8);
    if (this.number === 0) throw new RangeError('A field has the number 0.');
    switch (this.kind) {
      case 0:
        this.varint = this.#varint();
        return true;
      case 1:
        return this.#take(8);
      case 2:
        return this.#take(this.#varint());
      case 5:
        return this.#take(4);
      default:
        throw new RangeError('A field has an unknown kind.');
    }
  }

  #take(length: number): true {
    if (length < 0 || length > this.#end - this.#at) throw new RangeError('A field is cut off.');
    this.from = this.#at;
    this.#at += length;
    this.to = this.#at;
    return true;
  }

  /** A signed number of 64 bits, exact up to 2⁵³. */
  #varint(): number {
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length++) {
      if (this.#at >= this.#end) throw new RangeError('A number is cut off.');
      const byte = this.bytes[this.#at++]!;
      // The last of ten bytes says that the number is negative: it stands for itself less 2⁶⁴.
      if (length === 9) return byte === 1 ? value + scale - 2 ** 64 : value;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    throw new RangeError('A number is too long.');
  }
}

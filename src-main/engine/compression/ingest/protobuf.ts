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

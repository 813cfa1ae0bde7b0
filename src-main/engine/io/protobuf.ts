import protobuf from 'protobufjs';

// Whole numbers of 64 bits are read as numbers, exact up to 2⁵³, and not as objects.
Object.assign(protobuf.util, { Long: undefined });
protobuf.configure();

/** Messages of one type, in protobuf's wire format. */
export interface MessageType<Message> {
  /**
   * Fields that the schema doesn't name are passed over. Bytes are parts of what is given, not copies, and `optional` in
   * the schema: null where they are not there.
   *
   * @throws {RangeError} where the bytes are no such message.
   */
  decode(bytes: Uint8Array): Message;
  encode(message: Message): Uint8Array;
}

/**
 * @param schema messages in protobuf's own language (proto3), with the fields that are wanted.
 * @param name of the message.
 */
export function messageType<Message extends object>(schema: string, name: string): MessageType<Message> {
  const type = protobuf.parse(`syntax = "proto3"; ${schema}`).root.lookupType(name);
  return {
    decode(bytes) {
      const reader = protobuf.Reader.create(bytes);
      reader.discardUnknown = true;
      try {
        return type.decode(reader) as Message;
      } catch (cause) {
        throw new RangeError(cause instanceof Error ? cause.message : String(cause), { cause });
      }
    },
    encode: (message) => type.encode(message).finish(),
  };
}

/** Goes over fields one by one, for messages that there are millions of: an object for each would take most of the time. */
export const fieldReader = (bytes: Uint8Array): protobuf.Reader => protobuf.Reader.create(bytes);

/** Where a field of a message that is not yet all there has its content. */
export interface FieldHead {
  readonly number: number;
  /** Bytes before the content. */
  readonly bytes: number;
  /** Bytes of the content. */
  readonly length: number;
}

/**
 * The first field of what is left of a message; undefined where its head is not all there.
 *
 * @throws {Error} where this is no field.
 */
export function headOf(rest: Uint8Array): FieldHead | undefined {
  const reader = protobuf.Reader.create(rest);
  try {
    const tag = reader.tag();
    const number = tag >>> 3;
    if (number === 0) throw new Error('A field has the number 0.');
    switch (tag & 7) {
      case 0: {
        const bytes = reader.pos;
        return { number, bytes, length: reader.skip().pos - bytes };
      }
      case 1:
        return { number, bytes: reader.pos, length: 8 };
      case 2: {
        const length = Number(reader.uint64());
        return { number, bytes: reader.pos, length };
      }
      case 5:
        return { number, bytes: reader.pos, length: 4 };
      default:
        throw new Error('A field has an unknown kind.');
    }
  } catch (cause) {
    // The end of the bytes was reached.
    if (cause instanceof RangeError) return undefined;
    throw cause;
  }
}

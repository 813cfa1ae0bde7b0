const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli) of bytes, masked as TFRecord files have it: rotated right by 15, plus 0xa282ead8. */
export function maskedCrc(bytes: Uint8Array, from = 0, to = bytes.length): number {
  let crc = 0xffffffff;
  for (let at = from; at < to; at++) crc = table[(crc ^ bytes[at]!) & 0xff]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** More than any event of a training; a larger length is damage that its checksum doesn't show. */
const largest = 64 << 20;
const headLength = 12;

/** Damage, or a `note` where a record is not yet whole. */
export interface RecordProblem {
  readonly severity: 'error' | 'note';
  readonly message: string;
  readonly place: { readonly byte: number };
}

/** Takes a whole record's data, and the byte in the file where its frame begins. The data are not to be kept. */
export type UseRecord = (data: Buffer, at: number) => void;

/**
 * Reads the frames of a TFRecord file from appended bytes: length (64 bits), its masked CRC-32C, the data, and the
 * data's masked CRC-32C. A record whose data don't fit their checksum is left out. Where a length is damaged the next
 * frame is found by trying each byte, which 32 bits of checksum make all but safe.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export class RecordReader {
  /** Used over and over; what is not yet read lies at its beginning. */
  #buffer = Buffer.alloc(0);
  #rest = 0;
  /** Where the rest begins in the file. */
  #offset = 0;
  #lostFrom: number | undefined;
  readonly #problems: RecordProblem[] = [];

  push(bytes: Uint8Array, use: UseRecord): void {
    const length = this.#rest + bytes.length;
    if (length > this.#buffer.length) {
      const larger = Buffer.alloc(Math.max(length, this.#rest * 2));
      larger.set(this.#buffer.subarray(0, this.#rest));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#rest);
    const all = this.#buffer.subarray(0, length);
    const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
    let at = 0;
    while (all.length - at >= headLength) {
      const size = view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
      if (size > largest || maskedCrc(all, at, at + 8) !== view.getUint32(at + 8, true)) {
        this.#lostFrom ??= this.#offset + at;
        at++;
        continue;
      }
      const end = at + headLength + size + 4;
      this.#found(this.#offset + at);
      if (end > all.length) break;
      if (maskedCrc(all, at + headLength, end - 4) === view.getUint32(end - 4, true))
        use(all.subarray(at + headLength, end - 4), this.#offset + at);
      else this.#report('A record doesn’t fit its checksum and is left out.', this.#offset + at);
      at = end;
    }
    this.#offset += at;
    all.copyWithin(0, at);
    this.#rest = length - at;
  }

  /** Problems so far. What is not yet whole at the end of the file is one too, but only a note. */
  problems(): RecordProblem[] {
    if (this.#lostFrom !== undefined) {
      return [...this.#problems, lost(this.#lostFrom, this.#offset + this.#rest)];
    }
    if (this.#rest === 0) return [...this.#problems];
    const message = `The last record is not whole: ${this.#rest} bytes of it are there.`;
    return [...this.#problems, { severity: 'note', message, place: { byte: this.#offset } }];
  }

  #found(at: number): void {
    if (this.#lostFrom === undefined) return;
    this.#problems.push(lost(this.#lostFrom, at));
    this.#lostFrom = undefined;
  }

  #report(message: string, byte: number): void {
    this.#problems.push({ severity: 'error', message, place: { byte } });
  }
}

const lost = (from: number, to: number): RecordProblem => ({
  severity: 'error',
  message: `${to - from} bytes are not a record and are left out.`,
  place: { byte: from },
});

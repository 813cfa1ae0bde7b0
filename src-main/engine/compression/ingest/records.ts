import type { FileProblem } from '../types.ts';
import { viewOf } from './protobuf.ts';

const table = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

/** CRC-32C (Castagnoli) of bytes, masked as TFRecord files have it: rotated right by 15, plus 0xa282ead8. */
export function maskedCrc(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  crc = ~crc >>> 0;
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

/** More than any event of a training; a larger length is damage that its checksum doesn't show. */
const largest = 64 << 20;
const headLength = 12;

/** A whole record and the byte in the file where its frame begins. */
export interface FramedRecord {
  readonly at: number;
  readonly data: Uint8Array;
}

/**
 * Reads the frames of a TFRecord file from appended bytes: length (64 bits), its masked CRC-32C, the data, and the
 * data's masked CRC-32C. A record whose data don't fit their checksum is left out. Where a length is damaged the next
 * frame is found by trying each byte, which 32 bits of checksum make all but safe.
 * https://www.tensorflow.org/tutorials/load_data/tfrecord#tfrecords_format_details
 */
export class RecordReader {
  #rest: Uint8Array = new Uint8Array(0);
  /** Where the rest begins in the file. */
  #offset = 0;
  #lostFrom: number | undefined;
  readonly #problems: FileProblem[] = [];

  push(bytes: Uint8Array): FramedRecord[] {
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    const records: FramedRecord[] = [];
    const view = viewOf(all);
    let at = 0;
    while (all.length - at >= headLength) {
      const length = Number(view.getBigUint64(at, true));
      if (length > largest || maskedCrc(all.subarray(at, at + 8)) !== view.getUint32(at + 8, true)) {
        this.#lostFrom ??= this.#offset + at;
        at++;
        continue;
      }
      const end = at + headLength + length + 4;
      this.#found(this.#offset + at);
      if (end > all.length) break;
      const data = all.slice(at + headLength, end - 4);
      if (maskedCrc(data) === view.getUint32(end - 4, true)) records.push({ at: this.#offset + at, data });
      else this.#report('A record doesn’t fit its checksum and is left out.', this.#offset + at);
      at = end;
    }
    this.#offset += at;
    this.#rest = all.slice(at);
    return records;
  }

  /** Problems so far. What is not yet whole at the end of the file is one too, but only a note. */
  problems(): FileProblem[] {
    if (this.#lostFrom !== undefined) {
      return [...this.#problems, lost(this.#lostFrom, this.#offset + this.#rest.length)];
    }
    if (this.#rest.length === 0) return [...this.#problems];
    const message = `The last record is not whole: ${this.#rest.length} bytes of it are there.`;
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

const lost = (from: number, to: number): FileProblem => ({
  severity: 'error',
  message: `${to - from} bytes are not a record and are left out.`,
  place: { byte: from },
});

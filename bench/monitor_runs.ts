import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { maskedCrc } from '../src-main/engine/io/tfrecord.ts';

/** A run of many tags, as transformers' callback writes it: an event for each scalar. @returns bytes. */
export async function makeRun(folder: string, tags: number, steps: number): Promise<number> {
  const file = await open(join(folder, 'events.out.tfevents.1700000000.bench'), 'w');
  const names = Array.from({ length: tags }, (_, tag) =>
    Buffer.from(`train/metric_${String(tag).padStart(5, '0')}`),
  );
  let bytes = 0;
  for (let step = 1; step <= steps; step++) {
    const records = names.map((name, tag) => {
      // Event: 1 wall_time, 2 step, 5 summary { 1 value { 1 tag, 2 simple_value } }. All lengths are below 128.
      const number = step < 128 ? [step] : [(step & 127) | 128, step >> 7];
      const inner = name.length + 7;
      const data = Buffer.alloc(9 + 1 + number.length + 4 + inner);
      data[0] = 0x09;
      data.writeDoubleLE(1.7e9 + step, 1);
      data.set([0x10, ...number, 0x2a, inner + 2, 0x0a, inner, 0x0a, name.length], 9);
      let at = 9 + 1 + number.length + 6;
      at += name.copy(data, at);
      data[at] = 0x15;
      data.writeFloatLE(Math.fround(Math.sin(step / 50 + tag)), at + 1);
      return framed(data);
    });
    const chunk = Buffer.concat(records);
    bytes += chunk.length;
    await file.write(chunk);
  }
  await file.close();
  return bytes;
}

function framed(data: Buffer): Buffer {
  const frame = Buffer.alloc(data.length + 16);
  frame.writeBigUInt64LE(BigInt(data.length), 0);
  frame.writeUInt32LE(maskedCrc(frame.subarray(0, 8)), 8);
  data.copy(frame, 12);
  frame.writeUInt32LE(maskedCrc(data), 12 + data.length);
  return frame;
}

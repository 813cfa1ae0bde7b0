import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { maskedCrc } from '../io/tfrecord.ts';
import { inPieces, lengths } from './fixtures/pieces.ts';
import { listed } from './fixtures/scalars.ts';
import {
  bytesOf,
  double,
  events,
  eventWith,
  frame,
  haveShared,
  message,
  varint,
  whyNot,
} from './fixtures/shared.ts';
import { EventFileReader, keyOfTag, parseEventFile } from './ingest/event-file.ts';

describe('event files, made here', () => {
  test('checksums are CRC-32C', () => {
    // The check value of CRC-32C, 0xe3069283, masked.
    const crc = 0xe3069283;
    const masked = (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
    expect(maskedCrc(new TextEncoder().encode('123456789'))).toBe(masked);
  });

  test('scalars in tensors, texts and hyperparameters', () => {
    const float = [...new Uint8Array(Float32Array.of(0.5).buffer)];
    const tensors: Array<readonly [string, number[]]> = [
      ['packed', [...varint(1, 1), ...message(5, float)]],
      ['content', [...varint(1, 2), ...message(4, [...new Uint8Array(Float64Array.of(0.25).buffer)])]],
      ['int', [...varint(1, 9), ...message(10, [7])]],
      ['single', [...varint(1, 3), ...varint(7, 9)]],
      ['text', [...varint(1, 7), ...message(8, 'hello')]],
      ['many', [...varint(1, 1), ...message(5, [...float, ...float])]],
    ];
    const entry = (name: string, value: number[]): number[] =>
      message(1, [...message(1, name), ...message(2, value)]);
    const session = [
      ...entry('lr', double(2, 0.001)),
      ...entry('name', message(3, 'x')),
      ...entry('on', varint(4, 1)),
    ];
    const plugin = message(1, [...message(1, 'hparams'), ...message(2, message(3, session))]);
    const bytes = Buffer.concat([
      ...tensors.map(([tag, tensor]) => eventWith(3, 10, [...message(1, tag), ...message(8, tensor)])),
      eventWith(0, 10, [...message(1, '_hparams_/session_start_info'), ...message(9, plugin)]),
    ]);
    const { value, problems } = parseEventFile(bytes);
    expect(problems).toEqual([]);
    expect(listed(value).scalars).toEqual([
      { tag: 'packed', step: 3, time: 10, value: 0.5 },
      { tag: 'content', step: 3, time: 10, value: 0.25 },
      { tag: 'int', step: 3, time: 10, value: 7 },
      { tag: 'single', step: 3, time: 10, value: 9 },
    ]);
    expect(value.texts).toEqual({ text: 'hello' });
    expect(value.hyperparameters).toEqual({ lr: 0.001, name: 'x', on: true });
  });

  test('whatever a record holds, nothing is thrown, and the one after it is read', () => {
    const half = [2 * 8 + 5, ...new Uint8Array(Float32Array.of(0.5).buffer)];
    const good = eventWith(7, 10, [...message(1, 'loss'), ...half]);
    const anything = fc.uint8Array({ maxLength: 30 }).map((bytes) => [...bytes]);
    const part = fc.oneof(
      anything,
      anything.map((bytes) => message(5, bytes)),
      anything.map((bytes) => message(5, message(1, bytes))),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 3 }), (parts) => {
        const { value } = parseEventFile(Buffer.concat([frame(new Uint8Array(parts.flat())), good]));
        expect(listed(value).scalars.at(-1)).toEqual({ tag: 'loss', step: 7, time: 10, value: 0.5 });
      }),
      { numRuns: 1000 },
    );
  });

  test('tags are the Trainer’s keys', () => {
    expect(['train/loss', 'eval/accuracy', 'train/compression/a', 'other'].map(keyOfTag)).toEqual([
      'loss',
      'eval_accuracy',
      'compression/a',
      'other',
    ]);
  });
});

describe.skipIf(!haveShared)(`event files of real trainings${whyNot}`, () => {
  test('765 records with 762 scalars', () => {
    const { value, problems } = parseEventFile(bytesOf(events));
    expect(problems).toEqual([]);
    expect([value.records, listed(value).scalars.length]).toEqual([765, 762]);
    expect(Object.keys(value.texts)).toEqual(['args/text_summary', 'model_config/text_summary']);
    const threshold = listed(value).scalars.find(({ tag }) => tag.endsWith('importance_threshold'));
    expect(threshold).toMatchObject({ step: 4, value: Number.NEGATIVE_INFINITY });
  });

  test('in pieces as in one', () => {
    const bytes = bytesOf('qat_only/runs/Nov23_04-29-37_vm/events.out.tfevents.1795408182.vm.19481.0');
    const whole = parseEventFile(bytes);
    fc.assert(
      fc.property(lengths, (pieces) => {
        const { value, problems } = inPieces(new EventFileReader(), bytes, pieces);
        expect([listed(value), problems]).toEqual([listed(whole.value), whole.problems]);
      }),
      { numRuns: 40 },
    );
  });

  test('damaged in pieces as in one, and never thrown', () => {
    const bytes = bytesOf('qat_only/runs/Nov23_04-29-37_vm/events.out.tfevents.1795408182.vm.19481.0');
    const damage = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(damage, lengths, fc.nat(bytes.length), (changes, pieces, end) => {
        const damaged = bytes.slice();
        for (const [at, change] of changes) damaged[at]! ^= change;
        const cut = damaged.slice(0, end);
        const whole = parseEventFile(cut);
        const { value, problems } = inPieces(new EventFileReader(), cut, pieces);
        expect([listed(value), problems]).toEqual([listed(whole.value), whole.problems]);
        // What is left of a file that was damaged in at most four places is most of it.
        const { records } = parseEventFile(bytes.slice(0, end)).value;
        expect(whole.value.records).toBeGreaterThanOrEqual(records - 4);
        if (changes.every(([at]) => at >= end)) expect(whole.problems.filter(isWrong)).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  test('a bad record is told with its byte and skipped', () => {
    const bytes = bytesOf(events).slice();
    const whole = parseEventFile(bytes).value;
    // The first record has 72 bytes in a frame of 16; the second one's data begin at 100.
    bytes[200]! ^= 1;
    const { value, problems } = parseEventFile(bytes);
    expect(value.records).toBe(whole.records - 1);
    expect(problems).toMatchObject([{ severity: 'error', place: { byte: 88 } }]);
    bytes[88]! ^= 64;
    const lost = parseEventFile(bytes);
    expect(listed(lost.value).scalars).toEqual(listed(whole).scalars);
    expect(lost.problems).toMatchObject([{ severity: 'error', place: { byte: 88 } }]);
  });

  test('a record that isn’t whole yet is a note, and read when it is', () => {
    const bytes = bytesOf(events);
    const reader = new EventFileReader();
    reader.push(bytes.subarray(0, -5));
    expect(reader.problems).toMatchObject([{ severity: 'note' }]);
    expect(reader.value.records).toBe(764);
    reader.push(bytes.subarray(-5));
    expect(reader.problems).toEqual([]);
    expect(reader.value.records).toBe(765);
  });
});

const isWrong = ({ severity }: { severity: string }): boolean => severity !== 'note';

import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { RefineryError } from '../../../contract/errors.ts';
import { parseLenient } from './json.ts';
import { reasonOf } from './reasons.ts';

const thrownBy = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
};

describe('why a file cannot be read', () => {
  test('is what a reader says', () => {
    expect(reasonOf(new RefineryError('INPUT_CORRUPT', 'it is encrypted'))).toBe('it is encrypted');
    expect(reasonOf(new Error('the sides make no sense'))).toBe('the sides make no sense');
  });

  test('is never what the engine says', () => {
    const nothing = undefined as unknown as { schema: { metadata: unknown } };
    const works = [
      () => nothing.schema.metadata,
      () => Buffer.alloc(1).readUInt32LE(),
      () => new DataView(new ArrayBuffer(0), 8),
      () => JSON.parse('{'),
      () => new Array(-1),
    ];
    for (const work of works)
      expect(reasonOf(thrownBy(work), 'the record is damaged')).toBe('the record is damaged');
    expect(reasonOf('a word')).toBe('it is damaged');
  });

  test('is said in words where the system has a code', () => {
    expect(reasonOf(thrownBy(() => readFileSync('/nowhere/at all')))).toBe('the file is not there');
    expect(reasonOf(thrownBy(() => readFileSync('/')))).toBe('it is a folder, not a file');
    expect(reasonOf(thrownBy(() => gunzipSync(Buffer.from('no'))))).toBe(
      'what is packed in it is damaged or ends early',
    );
  });

  test('is a place where a text is no JSON', () => {
    const reason = (text: string): string => reasonOf(thrownBy(() => parseLenient(text)));
    expect(reason(' \n')).toBe('the file is empty');
    expect(reason('{"a": [1, 2')).toBe('it ends early');
    expect(reason('{"a": "b')).toBe('it ends early');
    expect(reason('{\n "a" 1}')).toBe('it is no JSON at line 2, column 6');
    expect(reason('{"a": NaN, b}')).toMatch(/^it is no JSON/);
    expect(parseLenient('{"a": NaN}')).toEqual({ a: null });
  });
});

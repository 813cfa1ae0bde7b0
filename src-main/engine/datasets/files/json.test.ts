import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jsonBatches, noObject } from './json.ts';
import { openSpans } from './json-spans.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-json-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A field of each element, and where they lie. */
async function fieldsOf(text: string, field: string) {
  const path = join(folder, 'set.json');
  await writeFile(path, text);
  const values: unknown[] = [];
  const spans: number[] = [];
  for await (const batch of jsonBatches(path, new Set(['list']), { key: 'list', field })) {
    values.push(...batch.values);
    spans.push(...batch.spans);
  }
  return { path, values, spans };
}

const named = fc.constantFrom('image_id', 'id', 'image', 'image_id2', 'a:b', '{', '"', 'é');
const element = fc.oneof(
  fc.dictionary(named, fc.oneof(fc.jsonValue(), fc.dictionary(named, fc.jsonValue())), { maxKeys: 4 }),
  fc.jsonValue(),
);

test('one field of each element is what JSON.parse makes of it', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(element), fc.nat(3), async (list, indent) => {
      const { values } = await fieldsOf(JSON.stringify({ list }, null, indent), 'image_id');
      const plain = JSON.parse(JSON.stringify(list)) as unknown[];
      const expected = plain.map((value) =>
        typeof value === 'object' && value !== null && !Array.isArray(value)
          ? (value as Record<string, unknown>)['image_id']
          : noObject,
      );
      expect(values.map(plainly)).toEqual(expected.map(plainly));
    }),
    { numRuns: 200 },
  );
});

/** A number that is too long is the text of its digits, and minus zero is zero here. */
const plainly = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+(\.\d+)?(e\+\d+)?$/i.test(value)
    ? Number(value)
    : value === 0
      ? 0
      : value;

test('long numbers keep their digits, and elements go over the pieces in which a file is read', async () => {
  const ids = [
    '20240501123045123456',
    '20240501123045123457',
    '7',
    '"x"',
    'null',
    'NaN',
    '-3',
    '1.5',
    '007x',
  ];
  const filler = 'x'.repeat(40_000);
  const list = ids.map((id) => `{"note": "${filler}", "image_id" : ${id} , "more": [1, {"image_id": 5}]}`);
  const { values } = await fieldsOf(`{"list": [${list.join(', ')}, {}, 5]}`, 'image_id');
  expect(values).toEqual([
    '20240501123045123456',
    '20240501123045123457',
    7,
    'x',
    null,
    null,
    -3,
    1.5,
    undefined,
    undefined,
    noObject,
  ]);
});

test('of entries that are read again, a damaged one is told and the others are there', async () => {
  const { path, spans } = await fieldsOf('{"list": [{"a": 1}, {"a": tru}, {"a": 3}]}', 'a');
  const entries = openSpans(path);
  const damaged: number[] = [];
  expect(entries.values(spans, (start) => damaged.push(start))).toEqual([{ a: 1 }, { a: 3 }]);
  entries.close();
  const at = (await readFile(path, 'utf8')).indexOf('{"a": tru');
  expect(damaged).toEqual([at]);
});

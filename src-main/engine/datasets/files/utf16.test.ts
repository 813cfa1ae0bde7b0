import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { jsonEntries } from './json.ts';
import { openSpans } from './json-spans.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-utf16-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** @param isBig with the larger byte of a character first. */
function utf16(text: string, isBig: boolean): Buffer {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return isBig ? bytes.swap16() : bytes;
}

/** The entries of a file, and the same read once more by their places. */
async function read(path: string, keys: readonly string[]): Promise<(readonly [string, number, unknown])[]> {
  const found: (readonly [string, number, unknown])[] = [];
  const spans: number[] = [];
  for await (const { key, index, value, start, end } of jsonEntries(path, new Set(keys))) {
    found.push([key, index, value]);
    spans.push(start, end);
  }
  const again = openSpans(path);
  const damage = vi.fn();
  expect(again.values(spans, damage)).toEqual(found.map(([, , value]) => value));
  expect(damage).not.toHaveBeenCalled();
  again.close();
  return found;
}

const anyObject = fc.dictionary(
  fc.string({ unit: 'binary' }),
  fc.oneof(
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.array(fc.jsonValue({ stringUnit: 'binary' }), { maxLength: 4 }),
  ),
  { maxKeys: 5 },
);

test('any JSON object in UTF-16 is read as the same in UTF-8, and found again by the places of its entries', async () => {
  const [plain, wide] = [join(folder, 'plain.json'), join(folder, 'wide.json')];
  await fc.assert(
    fc.asyncProperty(
      anyObject,
      fc.nat(3),
      fc.boolean(),
      fc.boolean(),
      async (object, indent, isBig, skipsFirst) => {
        const text = JSON.stringify(object, null, indent);
        await writeFile(plain, text);
        await writeFile(wide, utf16(text, isBig));
        const keys = Object.keys(object).slice(skipsFirst ? 1 : 0);
        expect(await read(wide, keys)).toEqual(await read(plain, keys));
      },
    ),
    { numRuns: 100 },
  );
});

test('one that is larger than what is in memory at a time is, too', async () => {
  const [plain, wide] = [join(folder, 'plain.json'), join(folder, 'wide.json')];
  const note = 'größer \\ "名前" 🐈';
  const images = Array.from({ length: 60_000 }, (_, id) => ({ id, file_name: `${note} ${id}.jpg` }));
  const text = JSON.stringify({
    left_out: [`${'\\'.repeat(99_999)}`, images.slice(0, 9_000)],
    images,
    last: note,
  });
  await writeFile(plain, text);
  for (const isBig of [false, true]) {
    await writeFile(wide, utf16(text, isBig));
    expect(await read(wide, ['images', 'last'])).toEqual(await read(plain, ['images', 'last']));
  }
  await writeFile(wide, utf16(text, false).subarray(0, 3_000_001));
  await expect(read(wide, ['images'])).rejects.toThrow('it ends early');
});

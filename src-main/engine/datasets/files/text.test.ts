import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ProblemLog } from '../model/index.ts';
import { listIfThere, readText, textIfThere } from './folder.ts';
import { FileNotes, whileReading } from './notes.ts';
import { headText, utf8Chunks } from './text.ts';
import { readXml, xmlElements } from './xml.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-text-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

/** What a piece of work gives for a file with these bytes, and what was told of it. */
async function told<Result>(
  bytes: Uint8Array,
  work: (path: string) => Promise<Result>,
): Promise<{ result: Result; list: string[] }> {
  const path = join(folder, 'file');
  await writeFile(path, bytes);
  const [notes, problems] = [new FileNotes(folder), new ProblemLog()];
  notes.tellTo(problems);
  const result = await whileReading(notes, () => work(path));
  return { result, list: problems.list.map(({ file, reason }) => `${file}: ${reason.slice(0, 24)}`) };
}

const notUtf8 = ['file: the text is not UTF-8: i'];

const chunked =
  (chunkSize: number) =>
  async (path: string): Promise<string> => {
    let text = '';
    for await (const chunk of utf8Chunks(path, { chunkSize })) text += chunk.toString('utf8');
    return text;
  };

describe('text of whole files', () => {
  test('UTF-8, with a mark or without, is what it says and nothing is told', async () => {
    for (const text of ['', 'person', 'persön 图 😀', 'a real \ufffd in it']) {
      expect(await told(Buffer.from(text), readText)).toEqual({ result: text, list: [] });
      expect(await told(Buffer.from(`\ufeff${text}`), readText)).toEqual({ result: text, list: [] });
    }
  });

  test('what is no UTF-8 is read as Windows-1252, and told once', async () => {
    const twice = async (path: string): Promise<string | undefined> => {
      await readText(path);
      return textIfThere(path);
    };
    expect(await told(latin('persön'), twice)).toEqual({ result: 'persön', list: notUtf8 });
    expect((await told(Uint8Array.of(0x80, 0x31, 0x9f), readText)).result).toBe('€1Ÿ');
  });

  test('UTF-16 is known by its mark', async () => {
    for (const bytes of [utf16('persön'), utf16('persön').swap16()])
      expect(await told(bytes, readText)).toEqual({ result: 'persön', list: [] });
  });

  test('a list without a word is told, a file of labels is not', async () => {
    for (const text of ['', ' \r\n', '\ufeff']) {
      expect((await told(Buffer.from(text), listIfThere)).list).toEqual(['file: the file is empty']);
      expect((await told(Buffer.from(text), textIfThere)).list).toEqual([]);
    }
  });

  test('the start of a file may end within a character', () => {
    const bytes = Buffer.from('a图');
    expect(headText(bytes.subarray(0, 3))).toBe('a');
    expect(headText(bytes)).toBe('a图');
    expect(headText(latin('persön'))).toBe('persön');
    expect(headText(utf16('persön').subarray(0, 7))).toBe('pe');
  });
});

describe('files of any size', () => {
  test('come out as they are, wherever they are cut', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (given, size) => {
        // A mark at the start would be taken for what it is.
        fc.pre(given.isWellFormed() && !given.startsWith('\ufeff'));
        expect(await told(Buffer.from(given), chunked(size))).toEqual({ result: given, list: [] });
        expect(await told(utf16(given), chunked(Math.max(size, 2)))).toEqual({ result: given, list: [] });
      }),
      { numRuns: 60 },
    );
  });

  test('become UTF-8 from the first piece on that is none', async () => {
    for (const size of [1, 2, 3, 64]) {
      expect(await told(latin('plain, then persön and Ã¶é'), chunked(size))).toEqual({
        result: 'plain, then persön and Ã¶é',
        list: notUtf8,
      });
      expect(await told(latin('the last is é'), chunked(size))).toEqual({
        result: 'the last is é',
        list: notUtf8,
      });
    }
  });
});

describe('XML', () => {
  const small = async (path: string): Promise<string> => (await readXml(path)).text;
  const large = async (path: string): Promise<string> => {
    for await (const { text } of xmlElements(path, 1)) return text.slice(-6);
    return '';
  };
  const padding = `<b>${'x'.repeat(600_000)}`;

  test('is read by the encoding that it declares, and nothing is told', async () => {
    const declared = (name: string): string => `<?xml version="1.0" encoding="${name}"?>`;
    for (const head of [declared('ISO-8859-1'), declared('windows-1252').replaceAll('"', "'")]) {
      expect(await told(latin(`${head}<a>persön</a>`), small)).toEqual({ result: 'persön', list: [] });
      const long = latin(`${head}<a>${padding}persön</b></a>`);
      expect(await told(long, large)).toEqual({ result: 'persön', list: [] });
    }
    const cyrillic = Buffer.concat([
      latin(`${declared('windows-1251')}<a>`),
      Uint8Array.of(0xe8, 0xec, 0xff),
      latin('</a>'),
    ]);
    expect(await told(cyrillic, small)).toEqual({ result: 'имя', list: [] });
    expect((await told(utf16(`${declared('UTF-16')}<a>persön</a>`), small)).result).toBe('persön');
    const euro = Buffer.concat([latin(`${declared('windows-1252')}<a>`), Uint8Array.of(0x80), latin('</a>')]);
    expect((await told(euro, small)).result).toBe('€');
  });

  test('that declares none, one that is not known, or the wrong one is told', async () => {
    for (const head of [
      '',
      '<?xml version="1.0" encoding="none"?>',
      '<?xml version="1.0" encoding="utf-8"?>',
    ]) {
      expect(await told(latin(`${head}<a>persön</a>`), small)).toEqual({ result: 'persön', list: notUtf8 });
      const long = latin(`${head}<a>${padding}persön</b></a>`);
      expect(await told(long, large)).toEqual({ result: 'persön', list: notUtf8 });
    }
  });
});

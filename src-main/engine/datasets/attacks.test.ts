import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RefineryError } from '../../contract/errors.ts';
import { scratch } from './formats/common/testing.ts';
import { formatNamed } from './formats/index.ts';
import { fault } from './model/index.ts';
import { runConversion } from './operations/index.ts';
import { corpus, haveData, whyNot } from './testing/golden.ts';
import { formatOf } from './testing/sets.ts';

const { fresh } = scratch();

/** Text files of any format; the others are damaged by the formats' own tests. */
const isText = (path: string): boolean => /\.(json|jsonl|xml|csv|txt|ya?ml|names|data)$/i.test(path);

const numbers = [
  'NaN',
  'Infinity',
  '-1e999',
  '1e308',
  '-1',
  '99999999999999999999',
  '1e-320',
  'null',
  '[]',
  '"5"',
];
const names = [
  '../../../secret.txt',
  '/etc/passwd',
  'C:\\\\x.jpg',
  'CON',
  `${'x'.repeat(300)}.jpg`,
  'end. ',
  '__proto__',
  '\\u0000',
  '\u202egpj.exe',
  '-rf',
];

/** Puts something in place of one of the places that a pattern finds; `at` of them, from 0 to 1. */
function inPlace(text: string, pattern: RegExp, at: number, put: string): string {
  const found = [...text.matchAll(pattern)];
  const one = found[Math.floor(at * found.length)];
  return one === undefined ? text : text.slice(0, one.index) + put + text.slice(one.index + one[0].length);
}

type Attack = (text: string, at: number, which: number) => string | Buffer;
const pick = <Value>(of: readonly Value[], which: number): Value => of[Math.floor(which * of.length)]!;
const number = /(?<![\w.])-?\d+(\.\d+)?(?!\w)/g;
const word = /[A-Za-z_]{2,}/g;

const attacks: Readonly<Record<string, Attack>> = {
  cut: (text, at) => text.slice(0, Math.floor(at * text.length)),
  blank: () => ' \n\n',
  'a mark': (text) => `\ufeff${text}`,
  returns: (text) => text.replaceAll(/\r?\n/g, '\r\n'),
  'old returns': (text) => text.replaceAll(/\r?\n/g, '\r'),
  'Latin-1': (text, at) =>
    Buffer.concat([
      Buffer.from(text.slice(0, at * text.length)),
      Buffer.from([0xe9]),
      Buffer.from(text.slice(at * text.length)),
    ]),
  'a bit': (text, at, which) => {
    const bytes = Buffer.from(text);
    if (bytes.length > 0) bytes[Math.floor(at * bytes.length)]! ^= 1 << Math.floor(which * 8);
    return bytes;
  },
  number: (text, at, which) => inPlace(text, number, at, pick(numbers, which)),
  name: (text, at, which) => inPlace(text, /[\w@-]+\.(jpe?g|png)/gi, at, pick(names, which)),
  word: (text, at, which) => inPlace(text, word, at, pick(names, which)),
  prototype: (text, at) => inPlace(text, /"[A-Za-z_]+"(?=\s*:)/g, at, '"__proto__"'),
  long: (text, at) => inPlace(text, word, at, 'x'.repeat(1_000_000)),
  deep: (text, at) => inPlace(text, /"[^"]*"(?=\s*[,}])/g, at, '['.repeat(100_000) + ']'.repeat(100_000)),
  'deep, open': (text, at) => inPlace(text, /\d+/g, at, '['.repeat(100_000)),
  'deep elements': (text, at) => inPlace(text, /<\/\w+>/g, at, '<a>'.repeat(100_000)),
  entities: (text) =>
    text
      .replace(/^(<\?xml[^>]*\?>)?/, '$1<!DOCTYPE x [<!ENTITY s SYSTEM "file:///etc/passwd">]>')
      .replace(/>[^<]+<\//, '>&s;</'),
  references: (text) =>
    `${Array.from({ length: 9 }, (_, n) => (n === 0 ? 'a0: &a0 [x, x, x]' : `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}]`)).join('\n')}\n${text}`,
  'a program': (text) => `evil: !!python/object/apply:os.system ['touch /tmp/evil']\n${text}`,
  zeros: (text, at) => `${text.slice(0, at * text.length)}\0\0${text.slice(at * text.length)}`,
};

const engines =
  /undefined|destructure|is not (a function|iterable)|out of range|outside the bounds|Maximum call stack|in JSON at|Unexpected (token|end)|^E[A-Z]+:/;

/** What is read of a set, or why it can't be. */
async function reading(name: string, folder: string): Promise<{ readonly said: readonly string[] }> {
  try {
    const dataset = await formatNamed(name)!.read(folder);
    for await (const { id, annotations, media } of dataset.items()) {
      expect(id).not.toMatch(/(^|\/)\.\.(\/|$)/);
      const place = media?.path ?? folder;
      expect(place.startsWith(folder) || place.includes('refinery-pictures-')).toBe(true);
      for (const annotation of annotations) expect(fault(annotation)).toBeNull();
    }
    return { said: dataset.problems.list.map(({ reason }) => reason) };
  } catch (thrown) {
    if (!(thrown instanceof RefineryError)) throw thrown;
    return { said: [thrown.message] };
  }
}

describe.skipIf(!haveData)(`any text of any set, under attack${whyNot}`, () => {
  const sets = haveData ? readdirSync(corpus('.')) : [];
  const seed = 20261128;

  test('is read as far as it goes, and what is said of it is for people', async () => {
    const copies = new Map<string, { readonly folder: string; readonly files: readonly string[] }>();
    const copyOf = async (set: string) => {
      const known = copies.get(set);
      if (known !== undefined) return known;
      const folder = fresh();
      await cp(corpus(set), folder, { recursive: true });
      const files = (await readdir(folder, { recursive: true })).filter(isText).sort();
      const copy = { folder, files };
      copies.set(set, copy);
      return copy;
    };
    const part = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sets),
        fc.constantFrom(...Object.keys(attacks)),
        part,
        part,
        part,
        async (set, attack, which, at, what) => {
          const { folder, files } = await copyOf(set);
          if (files.length === 0) return;
          const path = join(folder, pick(files, which));
          const whole = await readFile(path);
          await writeFile(path, attacks[attack]!(whole.toString('utf8'), at, what));
          try {
            const { said } = await reading(formatOf(set), folder);
            for (const reason of said) expect(reason).not.toMatch(engines);
          } finally {
            await writeFile(path, whole);
          }
          expect(({} as { polluted?: number }).polluted).toBeUndefined();
        },
      ),
      { seed, numRuns: 250, interruptAfterTimeLimit: 20_000 },
    );
    expect(existsSync('/tmp/evil')).toBe(false);
  });

  test('is converted into its folder alone, and its links are not followed round and round', async () => {
    for (const set of [
      'coco_instances@clean',
      'yolo_ultralytics@clean',
      'voc@clean',
      'cvat@clean',
      'kitti@clean',
    ]) {
      const root = fresh();
      const source = join(root, 'source');
      await cp(corpus(set), source, { recursive: true });
      const [file] = (await readdir(source, { recursive: true })).filter(isText);
      await symlink('..', join(source, dirname(file!), 'up'));
      await symlink('.', join(source, dirname(file!), 'here'));
      await symlink('/dev/zero', join(source, dirname(file!), 'endless.txt'));
      await mkdir(join(root, 'secret'));
      await writeFile(join(root, 'secret', 'key.txt'), 'no picture');
      await symlink(join(root, 'secret', 'key.txt'), join(source, dirname(file!), 'linked.jpg'));
      const output = join(root, 'new');
      await runConversion({
        source,
        from: formatOf(set),
        to: 'datumaro',
        output,
        media: 'copy',
        receipt: false,
      });
      expect((await readdir(root)).sort()).toEqual(['new', 'secret', 'source']);
      for (const path of await readdir(output, { recursive: true })) {
        if ((await stat(join(output, path))).isFile())
          expect((await readFile(join(output, path))).includes('no picture')).toBe(false);
      }
      await rm(root, { recursive: true });
    }
  });
});

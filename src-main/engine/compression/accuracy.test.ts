import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { hasOpenVino } from '../host/fixtures/engine.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { readExamples } from './accuracy/examples.ts';
import { measureAccuracy, wilson } from './accuracy/index.ts';
import { openTokenizer } from './accuracy/tokenizer.ts';
import { longestFirst } from './accuracy/truncation.ts';
import { folderWith, removeFolders } from './fixtures/folders.ts';
import { haveShared, inRuns, whyNot } from './fixtures/shared.ts';

afterAll(removeFolders);
const file = (name: string, content: string): string => join(folderWith({ [name]: content }), name);

describe('sets of labelled texts', () => {
  test('TSV as GLUE has it: quotes are text', async () => {
    const { list, leftOut } = await readExamples(
      file('dev.tsv', '\ufeffsentence\tlabel\r\n"good" film\t1\r\nbad\t0\r\n\t\n'),
    );
    expect(list).toEqual([
      { text: '"good" film', label: '1' },
      { text: 'bad', label: '0' },
    ]);
    expect(leftOut).toEqual([{ line: 4, reason: 'There is no label.' }]);
  });

  test('CSV with quotes and pairs; JSON lines with damage', async () => {
    const csv = await readExamples(
      file('a.csv', 'idx,premise,hypothesis,label\n0,"a, b","c\nd",entailment\n'),
    );
    expect(csv.list).toEqual([{ text: 'a, b', pair: 'c\nd', label: 'entailment' }]);
    const jsonl = await readExamples(
      file(
        'a.jsonl',
        '{"text":"x","label":2}\nnot json\n{"__proto__":{"text":"y"},"label":1}\n[]\n{"text":"z","label":-1}\n',
      ),
    );
    expect(jsonl.list).toEqual([{ text: 'x', label: '2' }]);
    expect(jsonl.leftOut.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  test.each([
    ['INPUT_UNSUPPORTED', 'a.tsv', 'one\ttwo\n1\t2\n'],
    ['INPUT_EMPTY', 'a.tsv', 'text\tlabel\nx\t-1\n'],
    ['INPUT_UNSUPPORTED', 'a.csv', ''],
    ['INPUT_CORRUPT', 'a.csv', 'text,label\n"never ends,1\n'],
    ['INPUT_EMPTY', 'a.jsonl', ''],
  ])('%s: %s', async (code, name, content) => {
    await expect(readExamples(file(name, content))).rejects.toMatchObject({ code });
  });
});

test('Wilson’s interval', () => {
  // scipy.stats.binomtest(477, 512).proportion_ci(method='wilson')
  const [low, high] = wilson(477, 512);
  expect([low, high]).toEqual([expect.closeTo(0.9064124998, 9), expect.closeTo(0.9504399157, 9)]);
  expect(wilson(0, 10)[0]).toBe(0);
  expect(wilson(10, 10)[1]).toBe(1);
});

test('cutting keeps within the limit, and takes from the longer one first', () => {
  expect(longestFirst([10], 4)).toEqual([4]);
  expect(longestFirst([3, 10], 8)).toEqual([3, 5]);
  expect(longestFirst([10, 9], 7)).toEqual([4, 3]);
  fc.assert(
    fc.property(fc.nat(600), fc.nat(600), fc.nat(512), (first, second, limit) => {
      const [one, other] = longestFirst([first, second], limit) as [number, number];
      expect(one + other).toBe(Math.min(limit, first + second));
      expect(one <= first && other <= second).toBe(true);
    }),
  );
});

const tokenizer = inRuns('jpqd/output');
describe.skipIf(!haveShared)(`tokenizers of real trainings${whyNot}`, () => {
  // What the Python package tokenizers gives for these, with truncation by longest_first.
  const known: Array<[string, string | undefined, number, number[]]> = [
    ['The film was superb, really!', undefined, 48, [2, 113, 46, 122, 108, 5, 88, 1, 3]],
    ['the film', 'a story', 48, [2, 113, 46, 3, 7, 105, 3]],
    ['', undefined, 48, [2, 3]],
    ['the film was superb', 'a story', 6, [2, 113, 46, 3, 7, 3]],
    ['the film was superb and', 'a story was not really good', 9, [2, 113, 46, 122, 3, 7, 105, 122, 3]],
    ['the film was superb', undefined, 4, [2, 113, 46, 3]],
    ['FÍLM\u4e2dfilm\u0000', undefined, 48, [2, 46, 1, 46, 3]],
  ];

  test.each(known)('%j with %j up to %i', async (text, pair, most, ids) => {
    const { encode, maxLength } = await openTokenizer([tokenizer]);
    expect(maxLength).toBe(48);
    expect(encode(text, pair, most).ids).toEqual(ids);
  });

  test('vocab.txt alone gives the same as tokenizer.json', async () => {
    const alone = await openTokenizer([
      folderWith({
        'vocab.txt': { like: 'jpqd/output/vocab.txt' },
        'tokenizer_config.json': { like: 'jpqd/output/tokenizer_config.json' },
      }),
    ]);
    const whole = await openTokenizer([tokenizer]);
    const words = readFileSync(join(tokenizer, 'vocab.txt'), 'utf8').split('\n');
    const text = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary', maxLength: 4 })))
      .map((parts) => parts.join(' '));
    fc.assert(
      fc.property(
        text,
        fc.option(text, { nil: undefined }),
        fc.integer({ min: 4, max: 40 }),
        (one, other, most) => {
          const [ours, theirs] = [alone.encode(one, other, most), whole.encode(one, other, most)];
          expect(ours).toEqual(theirs);
          expect(ours.ids.length).toBeLessThanOrEqual(most);
        },
      ),
    );
  });

  test('a missing or damaged one is told', async () => {
    await expect(openTokenizer([folderWith({})])).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
    for (const content of ['{', '[]', '{"model":{"type":"WordPiece"}}']) {
      const folder = folderWith({ 'tokenizer.json': content });
      await expect(openTokenizer([folder]), content).rejects.toMatchObject({ code: 'INPUT_CORRUPT' });
    }
  });
});

const here = haveShared && hasOpenVino;
describe.skipIf(!here)(
  `accuracy of real models${here ? '' : ' (skipped: no models or no OpenVINO here)'}`,
  () => {
    const clear = [
      ['the film was superb and brilliant', 'positive'],
      ['a dull and tedious story', '0'],
      ['the plot was awful , the acting was terrible', 'negative'],
      ['we loved the movie , it was really charming and witty', '1'],
      ['the script was not good', '0'],
      ['the ending was hardly bad', 'positive'],
    ];
    // One label is wrong, and so must count against the model.
    const lines = [...clear, ['an excellent film', 'negative']].map((row) => row.join('\t'));
    const set = ['sentence\tlabel', ...lines].join('\n');

    test.each(['dense_fp32_ir', 'qat_only', 'jpqd/output'])('%s', async (name) => {
      const model = inRuns(`${name}/openvino_model.xml`);
      const openvino = await loadOpenVino();
      const result = await measureAccuracy({ openvino, model, dataset: file('dev.tsv', set), tokenizer });
      expect(result).toMatchObject({
        ...{ examples: 7, correct: 6, maxLength: 48, cut: 0, classes: ['negative', 'positive'] },
        confusion: [
          [3, 1],
          [0, 3],
        ],
        f1: { value: 6 / 7, positive: 'positive' },
      });
    });

    test('labels that the model doesn’t know are told', async () => {
      const model = inRuns('jpqd/output/openvino_model.xml');
      const openvino = await loadOpenVino();
      const dataset = file('dev.tsv', 'text\tlabel\nfilm\tneutral\n');
      await expect(measureAccuracy({ openvino, model, dataset })).rejects.toMatchObject({
        code: 'INPUT_UNSUPPORTED',
      });
      await expect(
        measureAccuracy({ openvino, model, dataset: file('d.tsv', set), signal: AbortSignal.abort() }),
      ).rejects.toMatchObject({ code: 'CANCELLED' });
    });
  },
);

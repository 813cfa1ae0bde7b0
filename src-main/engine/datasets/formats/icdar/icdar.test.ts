import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { noAttributes } from '../../model/index.ts';
import {
  corpus,
  differences,
  type Golden,
  haveData,
  readGolden,
  toGolden,
  whyNot,
} from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`ICDAR as Datumaro reads it${whyNot}`, () => {
  /** What Datumaro makes of an outline: four corners of a longer one, and a box of one with three. */
  function cut(golden: Golden): Golden {
    for (const { annotations } of golden.items) {
      for (const annotation of annotations) {
        if (annotation.type !== 'polygon') continue;
        const points = annotation.points!;
        if (points.length < 8) Object.assign(annotation, { type: 'bbox', points: points.slice(0, 4) });
        else annotation.points = points.slice(0, 8);
      }
    }
    return golden;
  }

  test.each(['icdar_text_localization', 'icdar_text_localization@clean'])(
    '%s, whose outlines Datumaro cuts',
    async (set) => {
      const whole = await toGolden(await format('icdar_text_localization').read(corpus(set)));
      expect(
        whole.items.some(({ annotations }) => annotations.some(({ points }) => points!.length > 8)),
      ).toBe(true);
      expect(differences(cut(whole), readGolden(set))).toEqual([]);
    },
  );

  test('words with commas and quotes, which Datumaro writes and loses', async () => {
    const { items, reasons } = await readAll('icdar_word_recognition', corpus('icdar_word_recognition'));
    expect(reasons).toEqual([]);
    expect(items).toHaveLength(23);
    const words = items.flatMap(({ annotations }) =>
      annotations.map((part) => (part as { text: string }).text),
    );
    expect(words).toHaveLength(22);
    expect(words).toContain('wörd4, "q"');
  });
});

describe('ICDAR', () => {
  test('lines of every year', async () => {
    const folder = fresh();
    await put(folder, {
      'train/gt_a.txt': [
        '\uFEFF377,117,463,117,465,130,378,130,Genaxis Theatre',
        '1,2,9,2,9,8,1,8,###',
        '1,2,9,2,9,8,1,8,1,234',
        '1,2,9,2,9,8,1,8,42',
        '38, 43, 920, 215, "Tiredness"',
        '10 20 30 40 "say "hi", ok"',
        '10 20 30 40',
        '1,2,9,2,9,8,"three"',
        'nothing at all',
        '5 6 7',
        '10 20 5 40 "backwards"',
      ].join('\r\n'),
    });
    const { items, reasons } = await readAll('icdar_text_localization', folder);
    const texts = items[0]!.annotations.map((part) => [part.type, part.attributes.get('text')]);
    expect(texts).toEqual([
      ['polygon', 'Genaxis Theatre'],
      ['polygon', '###'],
      ['polygon', '1,234'],
      ['polygon', '42'],
      ['box', 'Tiredness'],
      ['box', 'say "hi", ok'],
      ['box', undefined],
      ['polygon', 'three'],
    ]);
    expect(reasons).toHaveLength(3);
  });

  test('texts come back, whatever is in them', async () => {
    const text = fc.string().filter((value) => !/[\r\n\u2028\u2029]/.test(value) && !/\p{Cs}/u.test(value));
    await fc.assert(
      fc.asyncProperty(fc.array(text, { minLength: 1, maxLength: 4 }), async (texts) => {
        const boxes = texts.map((value, at) => ({
          ...shape,
          label: null,
          attributes: new Map([['text', value]]),
          ...(at % 2 === 0
            ? { type: 'box' as const, x: 1.25, y: 2, width: 3, height: 4 }
            : { type: 'polygon' as const, points: [0, 0, 8, 0, 8, 8, 4, 9, 0, 8] }),
        }));
        const found = await writeAndRead(
          'icdar_text_localization',
          setOf([], [{ id: 'sub/a b', annotations: boxes }]),
          fresh(),
        );
        expect(found.items[0]!.annotations).toEqual(boxes);
        const captions = texts.map((value) => ({
          type: 'caption' as const,
          id: 0,
          group: 0,
          attributes: noAttributes,
          text: value,
        }));
        const words = await writeAndRead(
          'icdar_word_recognition',
          setOf([], [{ id: 'a, b', annotations: captions }]),
          fresh(),
        );
        expect(words.items[0]!.annotations).toEqual(captions);
      }),
      { numRuns: 40 },
    );
  });

  test('classes have no place, and damaged bitmaps are told', async () => {
    const box = { ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 };
    const set = setOf(['cat'], [{ id: 'a', annotations: [box, box] }]);
    const { report } = await writeAndRead('icdar_text_localization', set, fresh());
    expect([...report.problems.byReason]).toEqual([['the class is not written: the format has none', 2]]);
    const folder = fresh();
    const line = '1 2 3 . . 0 0 5 5 "a"\n';
    await put(folder, {
      'a_GT.txt': `${line}bad\n`,
      'a_GT.bmp': 'BM',
      'b_GT.txt': line,
      'c_GT.txt': line,
      'c_GT.bmp': Buffer.alloc(60, 66),
    });
    const { items, reasons } = await readAll('icdar_text_segmentation', folder);
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['a', 0],
      ['b', 0],
      ['c', 0],
    ]);
    expect(reasons).toHaveLength(4);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { align, chartRows, stack, toCsv } from './chart-data.ts';

const points = fc
  .uniqueArray(fc.integer({ min: 0, max: 50 }), { maxLength: 20 })
  .chain((steps) =>
    fc.tuple(...steps.sort((a, b) => a - b).map((x) => fc.tuple(fc.constant(x), fc.integer()))),
  );
const someSeries = fc.array(
  points.map((list) => ({ name: 'a', points: list })),
  { minLength: 1, maxLength: 4 },
);

describe('series over one x', () => {
  test('keep every point at its place, and nothing else', () => {
    fc.assert(
      fc.property(someSeries, fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 2 }), (series, span) => {
        const { x, columns } = align(series, span);
        expect([...x].sort((a, b) => a - b)).toEqual(x);
        expect(new Set(x).size).toBe(x.length);
        for (const place of span) expect(x).toContain(place);
        series.forEach(({ points: expected }, index) => {
          const found = x.flatMap((at, place) => {
            const value = columns[index]?.[place] ?? null;
            return value === null ? [] : [[at, value]];
          });
          expect(found).toEqual(expected);
        });
      }),
    );
  });

  test('stacked, each lies on those before it; what is missing counts as before', () => {
    expect(
      stack([
        [1, 2, null],
        [10, null, 30],
      ]),
    ).toEqual([
      [1, 2, 2],
      [11, 12, 32],
    ]);
  });

  test('as CSV', () => {
    const series = [
      {
        name: 'a, "b"',
        points: [
          [1, 0.5],
          [3, 2],
        ] as const,
      },
      { name: 'c', points: [[2, -1]] as const },
    ];
    expect(toCsv(chartRows({ xLabel: 'step', series }))).toBe('step,"a, ""b""",c\n1,0.5,\n2,,-1\n3,2,\n');
  });
});

test('rows as CSV keep lines within a cell, and leave what is not there empty', () => {
  expect(
    toCsv([
      ['a', 'b'],
      [true, null],
      ['two\nlines', -0.5],
    ]),
  ).toBe('a,b\ntrue,\n"two\nlines",-0.5\n');
  expect(toCsv([])).toBe('');
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileName, fillPattern } from './names.ts';

const date = new Date('2026-03-04T05:06:07Z');
const parts = { name: 'holiday', scale: 4, model: 'srx4', width: 100, height: 50, date };

test('a pattern is filled with what it names, and keeps the rest', () => {
  const pattern = '{date} {name}_x{scale} {width}x{height} {model} {other}';
  expect(fillPattern(pattern, parts, '.png')).toBe('2026-03-04 holiday_x4 100x50 srx4 {other}');
  expect(fillPattern('{scale}', { ...parts, scale: 2.6666 }, '.png')).toBe('2.67');
});

test('of a long name the end goes, and not what the pattern says', () => {
  for (const name of ['n'.repeat(255), 'é'.repeat(127)]) {
    const made = fileName(fillPattern('{name}_x{scale}', { ...parts, name }, '.png'), '.png');
    expect(made).toMatch(/^(n|é)+_x4\.png$/);
    expect(Buffer.byteLength(made)).toBeLessThanOrEqual(255);
  }
});

test('every text becomes a name that every system takes', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc.integer({ min: 1, max: 9_999 }),
      (stem, counter) => {
        const name = fileName(stem, '.avif', counter);
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
        expect(name).not.toMatch(/[<>:"/\\|?*\p{Cc}]/u);
        expect(name.startsWith('.') || name.startsWith(' ')).toBe(false);
        expect(name.endsWith('.avif')).toBe(true);
        expect(name.isWellFormed()).toBe(true);
        expect(name.slice(0, -5).trim().length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('names of devices are no names of files', () => {
  expect(fileName('CON', '.png')).toBe('_CON.png');
  expect(fileName('console', '.png')).toBe('console.png');
});

test('different counters never give one name', () => {
  const long = 'é'.repeat(300);
  const names = Array.from({ length: 50 }, (_, index) => fileName(long, '.png', index + 1));
  expect(new Set(names).size).toBe(50);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExpression } from './expression.ts';

describe('conditions', () => {
  const fields: Readonly<Record<string, string | number | boolean | null>> = {
    a: 3,
    b: 'text',
    c: true,
    d: null,
  };
  const value = (text: string): unknown =>
    parseExpression(
      text,
      (name) => Object.hasOwn(fields, name) || name.startsWith('attributes.'),
    )((name) => fields[name]);

  test.each([
    ['a == 3 and b = "text"', true],
    ['a > 3 or not (a >= 3)', false],
    ['not c', false],
    ['not not c', true],
    ['a + 2 * 3 == 9 and -a < 0 and 7 - 2 - 1 == 4', true],
    ['b in ["text", \'other\'] and "ex" in b and b contains "te"', true],
    ['b like "t*t" and not b like "t?t" and "" like "*"', true],
    ['d < 1 or d > 1', false],
    ['a < "x"', false],
    ['attributes.unknown == null and attributes["a b"] == null', true],
    ['[1, "a"] == [1, "a"] and [1] != [1, 2]', true],
    ['1e3 == 1000 and 0.5 / 0.25 == 2', true],
  ])('%s', (text, expected) => {
    expect(value(text)).toBe(expected);
  });

  test.each([
    '',
    'a ==',
    'a b',
    '(a',
    'unknown',
    'a[0]',
    'process.exit',
    'f(a)',
    '"open',
    'constructor',
    '('.repeat(500),
  ])('%s is refused', (text) => {
    expect(() => value(text)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  test('any text is read or refused, and a pattern of stars takes no time', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        try {
          value(text);
        } catch (thrown) {
          expect(thrown).toMatchObject({ code: 'BAD_REQUEST' });
        }
      }),
    );
    expect(value(`"${'a'.repeat(3000)}" like "${'a*'.repeat(300)}b"`)).toBe(false);
  });
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { listIn, listText, pairsIn, pairsText } from './lists.ts';

describe('texts in one field', () => {
  test.each<[string, readonly string[]]>([
    ['cat, dog', ['cat', 'dog']],
    [' cat ,, dog ,', ['cat', 'dog']],
    ['"never, used", traffic light', ['never, used', 'traffic light']],
    ['5" nail, "a ""b"", c"', ['5" nail', 'a "b", c']],
  ])('%s', (text, entries) => {
    expect(listIn(text)).toEqual(entries);
  });

  test('pairs', () => {
    expect(pairsIn('a = b, "x, y"="p = q", gone, last = ')).toEqual([
      ['a', 'b'],
      ['x, y', 'p = q'],
      ['gone', ''],
      ['last', ''],
    ]);
  });

  const name = fc.string({ minLength: 1, unit: fc.constantFrom('a', 'é', ' ', ',', '=', '"', "'", '\\') });

  test('what is shown is read as what it was', () => {
    fc.assert(
      fc.property(fc.array(name), (entries) => {
        expect(listIn(listText(entries))).toEqual(entries);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.oneof(fc.constant(''), name))), (pairs) => {
        expect(pairsIn(pairsText(pairs))).toEqual(pairs);
      }),
    );
  });
});

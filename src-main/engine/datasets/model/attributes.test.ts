import { expect, test } from 'vitest';
import { flagOf, isCrowd } from './attributes.ts';

test('yes and no in the ways in which formats write them', () => {
  for (const yes of [true, 1, '1', 'True', 'yes', 2, '2', '0.4'])
    expect([yes, flagOf(yes)]).toEqual([yes, true]);
  for (const no of [false, 0, '0', 'False', 'no', '0.0']) expect([no, flagOf(no)]).toEqual([no, false]);
  for (const neither of [undefined, null, '', 'perhaps', -1, '-1', Number.NaN, ['1']]) {
    expect([neither, flagOf(neither)]).toEqual([neither, undefined]);
  }
  expect(isCrowd(new Map([['is_crowd', 'true']]))).toBe(true);
  expect(isCrowd(new Map())).toBe(false);
});

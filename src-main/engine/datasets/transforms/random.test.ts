import { describe, expect, test } from 'vitest';
import { Random } from './random.ts';

describe('numbers by chance', () => {
  test('are those of the reference program', () => {
    const random = Random.from([1, 2, 3, 4]);
    expect(Array.from({ length: 5 }, () => random.next())).toEqual([
      11_520, 0, 5_927_040, 70_819_200, 2_031_721_883,
    ]);
  });

  test('stay the same for a seed, in every version', () => {
    const random = new Random(1);
    expect(Array.from({ length: 3 }, () => random.next())).toEqual([
      2_442_144_158, 3_238_099_751, 3_819_917_871,
    ]);
    expect([...new Random(7).shuffle(Uint32Array.from({ length: 8 }, (_, at) => at))]).toEqual([
      2, 1, 7, 4, 3, 5, 6, 0,
    ]);
  });

  test('are below their limit, and spread evenly', () => {
    const random = new Random(3);
    const counts = new Array<number>(6).fill(0);
    for (let turn = 0; turn < 6000; turn += 1) counts[random.below(6)]! += 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});

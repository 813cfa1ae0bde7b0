import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isMirroring, mirroredByNames } from './mirror.ts';

/** COCO's seventeen points of a person. */
const cocoPoints = [
  'nose',
  ...['eye', 'ear', 'shoulder', 'elbow', 'wrist', 'hip', 'knee', 'ankle'].flatMap((part) => [
    `left_${part}`,
    `right_${part}`,
  ]),
];

/** Ways to write a part with its side. */
const styles: readonly ((side: 'left' | 'right', part: string) => string)[] = [
  (side, part) => `${side}_${part}`,
  (side, part) => `${side[0]}_${part}`,
  (side, part) => `${part}_${side}`,
  (side, part) => `${part}-${side[0]}`,
  (side, part) => `${side} ${part}`.toUpperCase(),
  (side, part) => `${side}${part[0]!.toUpperCase()}${part.slice(1)}`,
  (side, part) => `${part}${side[0]!.toUpperCase()}`,
  (side, part) => `${side[0]!.toUpperCase()}${part[0]!.toUpperCase()}${part.slice(1)}`,
  (side, part) => `front_${side}_${part}`,
  (side, part) => `${side}_${part}_2`,
];

const part = fc.stringMatching(/^[a-z]{2,8}$/).filter((word) => !['left', 'right', 'front'].includes(word));

/** Parts of which each is in the middle (no style) or on both sides. */
const body = fc
  .uniqueArray(part, { minLength: 1, maxLength: 12 })
  .chain((parts) =>
    fc.tuple(
      fc.constant(parts),
      fc.array(fc.option(fc.constantFrom(...styles)), { minLength: parts.length, maxLength: parts.length }),
      fc.noShrink(fc.infiniteStream(fc.nat())),
    ),
  )
  .map(([parts, chosen, chance]) =>
    parts
      .flatMap((name, index) => {
        const style = chosen[index] ?? null;
        return style === null
          ? [{ name, partner: name }]
          : (['left', 'right'] as const).map((side, at) => ({
              name: style(side, name),
              partner: style(at === 0 ? 'right' : 'left', name),
            }));
      })
      .map((point) => ({ point, order: chance.next().value as number }))
      .sort((a, b) => a.order - b.order)
      .map(({ point }) => point),
  );

describe('points that change places in a mirror', () => {
  test("COCO's person", () => {
    expect(mirroredByNames(cocoPoints)).toEqual([0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]);
  });

  test('pairs are found in any order and writing, and a point without a side stays', () => {
    fc.assert(
      fc.property(body, (points) => {
        const names = points.map(({ name }) => name);
        const mirrored = mirroredByNames(names);
        if (points.every(({ name, partner }) => name === partner)) expect(mirrored).toBeUndefined();
        else {
          expect(mirrored!.map((to) => names[to])).toEqual(points.map(({ partner }) => partner));
          expect(isMirroring(mirrored!, names.length)).toBe(true);
        }
      }),
    );
  });

  test('whatever the names are, it is a mirroring or nothing', () => {
    const word = fc.oneof(
      fc.constantFrom('left', 'r', 'L', 'Right', 'eye', '1', '_'),
      fc.string({ unit: 'grapheme' }),
    );
    const name = fc.array(word, { maxLength: 4 }).map((words) => words.join(''));
    fc.assert(
      fc.property(fc.array(name, { maxLength: 6 }), (names) => {
        const mirrored = mirroredByNames(names);
        expect(mirrored === undefined || isMirroring(mirrored, names.length)).toBe(true);
      }),
    );
  });

  test.each<[string, string[]]>([
    ['no names', []],
    ['no pairs', ['nose', 'chin']],
    ['numbers', ['0', '1', '2']],
    ['a partner that is missing', ['left_eye', 'right_eye', 'left_ear']],
    ['a name that is there twice', ['left_eye', 'right_eye', 'Right eye']],
    ['an outline, whose points pair unseen', ['left_eye', 'right_eye', 'face_1', 'face_2']],
    ['letters', ['k', 'l', 'm', 'r']],
  ])('%s: nothing', (_, names) => {
    expect(mirroredByNames(names)).toBeUndefined();
  });

  test('two sides in one name are both turned', () => {
    expect(
      mirroredByNames([
        'left_eye_left_corner',
        'left_eye_right_corner',
        'right_eye_left_corner',
        'right_eye_right_corner',
      ]),
    ).toEqual([3, 2, 1, 0]);
  });
});

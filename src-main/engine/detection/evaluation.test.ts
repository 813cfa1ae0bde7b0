import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { areaOf } from '../datasets/masks.ts';
import { type Detection, type Evaluation, evaluateDetections, type TrueBox } from './evaluation.ts';
import { compareMask } from './masks.ts';
import { byMasks } from './matching.ts';
import { byPoints } from './points.ts';

interface Scene {
  readonly classes: number;
  readonly pictures: readonly { readonly truth: TrueBox[]; readonly found: Detection[] }[];
  readonly expected: {
    readonly stats: readonly number[];
    readonly classes: readonly { readonly ap: number; readonly ap50: number }[];
  };
}

const scenes = JSON.parse(
  readFileSync(new URL('./fixtures/coco.json', import.meta.url), 'utf8'),
) as readonly Scene[];

const orNone = (value: number | null): number => value ?? -1;

function expectFigures(made: Evaluation, expected: Scene['expected']): void {
  const figures = [
    ...[made.map, made.map50, made.map75, made.mapSmall, made.mapMedium, made.mapLarge],
    ...[made.recall1, made.recall10, made.recall100],
    ...[made.recallSmall, made.recallMedium, made.recallLarge],
  ].map(orNone);
  for (const [index, value] of expected.stats.entries()) expect(figures[index]).toBeCloseTo(value, 9);
  for (const [label, { ap, ap50 }] of expected.classes.entries()) {
    expect(orNone(made.classes[label]!.map)).toBeCloseTo(ap, 9);
    expect(orNone(made.classes[label]!.map50)).toBeCloseTo(ap50, 9);
  }
}

describe('figures of a detector', () => {
  it.each(scenes.map((scene, index) => [index, scene] as const))(
    'are those of pycocotools: scene %i',
    (_, { classes, pictures, expected }) => {
      const made = evaluateDetections(
        pictures.map(({ truth }) => truth),
        pictures.map(({ found }) => found),
        classes,
      );
      expectFigures(made, expected);
    },
  );

  it('are those of pycocotools for masks', () => {
    type Masked = { readonly label: number; readonly mask: readonly number[] };
    const { classes, pictures, expected } = JSON.parse(
      readFileSync(new URL('./fixtures/masks.json', import.meta.url), 'utf8'),
    ) as {
      readonly classes: number;
      readonly pictures: readonly {
        readonly truth: readonly (Masked & { readonly crowd: boolean })[];
        readonly found: readonly (Masked & { readonly score: number })[];
      }[];
      readonly expected: Scene['expected'];
    };
    const box = [0, 0, 1, 1] as const;
    const truth = pictures.map(
      (picture) =>
        new Map(
          picture.truth.map(({ label, crowd, mask }) => {
            const one: TrueBox = { label, crowd, box, area: areaOf(mask) };
            return [one, mask];
          }),
        ),
    );
    const found = pictures.map((picture, index) =>
      picture.found.map(({ label, score, mask }): Detection => {
        return { label, score, box, mask: compareMask(label, mask, truth[index]!) };
      }),
    );
    const boxes = truth.map((masks) => [...masks.keys()]);
    expectFigures(evaluateDetections(boxes, found, classes, byMasks), expected);
  });

  it('are those of pycocotools for the points of poses', () => {
    const posed = JSON.parse(readFileSync(new URL('./fixtures/points.json', import.meta.url), 'utf8')) as {
      readonly classes: number;
      readonly pictures: readonly {
        readonly truth: readonly (TrueBox & { readonly places: number[]; readonly told: boolean[] })[];
        readonly found: readonly {
          readonly label: number;
          readonly score: number;
          readonly places: number[];
        }[];
      }[];
      readonly expected: Scene['expected'];
    }[];
    expect(posed).toHaveLength(2);
    for (const { classes, pictures, expected } of posed) {
      const truth = pictures.map((picture) =>
        picture.truth.map(({ places, told, ...one }): TrueBox => ({ ...one, points: { places, told } })),
      );
      const found = pictures.map((picture) =>
        picture.found.map(({ places, ...one }): Detection => {
          const points = places.flatMap((x, at) =>
            at % 2 === 0 ? [{ x, y: places[at + 1]!, score: 1 }] : [],
          );
          return { ...one, box: [0, 0, 1, 1], points };
        }),
      );
      const made = evaluateDetections(truth, found, classes, byPoints);
      // COCO has no figures for small people.
      const [map, map50, map75, mapMedium, mapLarge, recall, , , recallMedium, recallLarge] = expected.stats;
      const pairs = [
        ...[
          [made.map, map],
          [made.map50, map50],
          [made.map75, map75],
          [made.mapMedium, mapMedium],
        ],
        ...[
          [made.mapLarge, mapLarge],
          [made.recall100, recall],
          [made.recallMedium, recallMedium],
        ],
        [made.recallLarge, recallLarge],
      ] as [number | null, number][];
      for (const [value, theirs] of pairs) expect(orNone(value)).toBeCloseTo(theirs, 9);
      for (const [label, { ap }] of expected.classes.entries())
        expect(orNone(made.classes[label]!.map)).toBeCloseTo(ap, 9);
    }
  });

  const box = fc.tuple(
    fc.nat(300),
    fc.nat(300),
    fc.integer({ min: 1, max: 90 }),
    fc.integer({ min: 1, max: 90 }),
  );
  const truth = fc
    .record({ label: fc.nat(2), box, crowd: fc.constant(false) })
    .map((one): TrueBox => ({ ...one, area: one.box[2] * one.box[3] }));

  it('are 1 where every box is found and nothing else', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uniqueArray(truth, { selector: ({ box: of }) => of.join() }), { minLength: 1 }),
        (pictures) => {
          const found = pictures.map((boxes) =>
            boxes.map(({ label, box: of }) => ({ label, box: of, score: 0.5 })),
          );
          const made = evaluateDetections(pictures, found, 3);
          expect([null, 1]).toContain(made.recall100);
          if (made.map !== null) expect(made.map).toBeCloseTo(1, 12);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('don’t grow by a detection that is worse than all others and wrong', () => {
    const found = fc.record({ label: fc.nat(2), box, score: fc.double({ min: 0.1, max: 1, noNaN: true }) });
    fc.assert(
      fc.property(fc.array(truth, { minLength: 1 }), fc.array(found), (boxes, before) => {
        const far: Detection = { label: 0, box: [900, 900, 40, 40], score: 0.05 };
        const one = evaluateDetections([boxes], [before], 3);
        const other = evaluateDetections([boxes], [[...before, far]], 3);
        expect(orNone(other.map)).toBeLessThanOrEqual(orNone(one.map) + 1e-12);
      }),
      { numRuns: 50 },
    );
  });

  it('are missing, not 0, where there is no truth', () => {
    const made = evaluateDetections([[], []], [[{ label: 0, box: [0, 0, 9, 9], score: 1 }], []], 1);
    expect(made).toMatchObject({ map: null, recall100: null, pictures: 2 });
    expect(made.classes).toEqual([{ map: null, map50: null, objects: 0, detections: 1 }]);
  });
});

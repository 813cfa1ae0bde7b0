import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { loadOpenVino } from '../runtime/index.ts';
import { describeDetector } from './description.ts';
import type { Detection } from './evaluation.ts';
import { readHead } from './head.ts';
import { letterbox, placeWithin, toPicture } from './letterbox.ts';
import { openDetectionModel } from './model.ts';
import { suppress } from './suppression.ts';
import { cornersOf, gaussianOf, gaussianOverlap } from './turned.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const json = <Value>(name: string): Value => JSON.parse(readFileSync(fixture(name), 'utf8')) as Value;
const folder = mkdtempSync(join(tmpdir(), 'detector-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Boxed {
  readonly width: number;
  readonly height: number;
  readonly pixels: readonly number[];
  readonly targetWidth: number;
  readonly targetHeight: number;
  readonly expected: readonly number[];
}

describe('letterbox', () => {
  it('is Ultralytics’ to one part of 255, the most that its whole numbers are off', () => {
    for (const { width, height, pixels, targetWidth, targetHeight, expected } of json<Boxed[]>(
      'letterbox.json',
    )) {
      const { values } = letterbox(
        { bytes: Uint8Array.from(pixels), width, height },
        targetWidth,
        targetHeight,
      );
      const plane = targetWidth * targetHeight;
      const made = expected.map((_, at) => values[(at % 3) * plane + Math.floor(at / 3)]! * 255);
      const worst = Math.max(...made.map((value, at) => Math.abs(value - expected[at]!)));
      expect(worst).toBeLessThan(1.001);
    }
  });

  it('is undone for boxes', () => {
    const side = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(
        side,
        side,
        fc.constantFrom(320, 640),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 4, maxLength: 4 }),
        (width, height, target, parts) => {
          const placing = placeWithin({ width, height }, target, target);
          const [x, y] = [parts[0]! * width, parts[1]! * height];
          const box = [x, y, parts[2]! * (width - x), parts[3]! * (height - y)] as const;
          const [scaleX, scaleY] = [placing.placedWidth / width, placing.placedHeight / height];
          const placed = [
            x * scaleX + placing.left,
            y * scaleY + placing.top,
            box[2] * scaleX,
            box[3] * scaleY,
          ] as const;
          for (const [at, value] of toPicture(placed, placing).entries())
            expect(value).toBeCloseTo(box[at]!, 6);
        },
      ),
    );
  });
});

/** Runs of pixels, row by row, from an uncovered one on. */
const pixelsOf = (runs: readonly number[]): boolean[] =>
  runs.flatMap((length, index) => Array<boolean>(length).fill(index % 2 === 1));

/** The pixels whose middle lies within outlines, by the even-odd rule. */
async function drawn(
  rings: readonly (readonly number[])[],
  width: number,
  height: number,
): Promise<boolean[]> {
  const path = rings.map((ring) => `M${ring.join(' ')}Z`).join('');
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><path fill-rule="evenodd" shape-rendering="crispEdges" d="${path}"/></svg>`;
  const pixels = await sharp(Buffer.from(svg)).extractChannel('alpha').raw().toBuffer();
  return Array.from(pixels, (value) => value > 127);
}

/** Each box goes that a better one of its class, which stays, overlaps too much; asked box by box. */
function suppressedPlainly(all: readonly Detection[], overlap: number): Detection[] {
  const inOrder = all.toSorted((one, other) => other.score - one.score);
  const stays: boolean[] = [];
  for (const [at, { label, box }] of inOrder.entries()) {
    let free = true;
    for (let before = 0; before < at; before += 1) {
      const other = inOrder[before]!;
      if (!stays[before] || other.label !== label) continue;
      const cover = (from: number) =>
        Math.max(
          0,
          Math.min(box[from]! + box[from + 2]!, other.box[from]! + other.box[from + 2]!) -
            Math.max(box[from]!, other.box[from]!),
        );
      const both = cover(0) * cover(1);
      if (both > overlap * (box[2] * box[3] + other.box[2] * other.box[3] - both)) free = false;
    }
    stays.push(free);
  }
  return inOrder.filter((_, at) => stays[at]);
}

describe('suppression', () => {
  const box = fc.tuple(
    fc.nat(60),
    fc.nat(60),
    fc.integer({ min: 1, max: 40 }),
    fc.integer({ min: 1, max: 40 }),
  );
  const found = fc.record({
    label: fc.nat(2),
    box,
    score: fc.integer({ min: 1, max: 20 }).map((n) => n / 20),
  });

  it('is that of asking every box about every other', () => {
    // A threshold that no quotient of these whole numbers hits, so that both ways of rounding agree.
    const overlap = fc.constantFrom(0.30000007, 0.50000007, 0.70000007);
    fc.assert(
      fc.property(fc.array(found, { maxLength: 60 }), overlap, (all, most) => {
        expect(suppress(all, most, 300)).toEqual(suppressedPlainly(all, most));
      }),
    );
  });

  it('keeps the best, and no more than wanted', () => {
    const all = Array.from(
      { length: 9 },
      (_, at): Detection => ({ label: 0, box: [at * 50, 0, 9, 9], score: at / 9 }),
    );
    expect(suppress(all, 0.7, 2).map(({ score }) => score)).toEqual([8 / 9, 7 / 9]);
  });
});

describe('the overlap of turned boxes', () => {
  const side = fc.double({ min: 1, max: 50, noNaN: true });
  const turnedBox = fc
    .record({
      x: side,
      y: side,
      width: side,
      height: side,
      angle: fc.double({ min: -4, max: 4, noNaN: true }),
    })
    .map(({ x, y, width, height, angle }) => ({ box: [x, y, width, height] as const, angle }));

  it('is that of the same boxes, however they are put', () => {
    fc.assert(
      fc.property(turnedBox, turnedBox, side, (one, other, far) => {
        const overlap = (a: typeof one, b: typeof one) => gaussianOverlap(gaussianOf(a), gaussianOf(b));
        const between = overlap(one, other);
        expect(between).toBeGreaterThanOrEqual(-1e-7);
        expect(between).toBeLessThanOrEqual(1);
        expect(overlap(other, one)).toBeCloseTo(between, 6);
        expect(overlap(one, one)).toBeGreaterThan(0.99);
        // Half a turn is no turn; a quarter of one changes the sides.
        expect(overlap({ ...one, angle: one.angle + Math.PI }, other)).toBeCloseTo(between, 6);
        const [x, y, width, height] = one.box;
        const lying = [x + (width - height) / 2, y + (height - width) / 2, height, width] as const;
        expect(overlap({ box: lying, angle: one.angle + Math.PI / 2 }, other)).toBeCloseTo(between, 5);
        const away = { ...one, box: [x + 50 * far + 500, y, width, height] as const };
        expect(overlap(away, other)).toBeLessThan(between + 1e-9);
      }),
    );
  });
});

describe('the output of a detector', () => {
  const reading = { classes: 2, endToEnd: false, confidence: 0.25, everyClass: false };

  it('is read column by column', () => {
    const values = [10, 50, Number.NaN, 20, 60, 5, 4, 8, 5, 6, 2, 5, 0.3, 0.1, 0.9, 0.6, 0.2, 0.1];
    expect(readHead({ values, shape: [1, 6, 3] }, reading)).toEqual([
      { label: 1, box: [8, 17, 4, 6], score: 0.6, at: 0 },
    ]);
    const all = readHead({ values, shape: [1, 6, 3] }, { ...reading, everyClass: true });
    expect(all.map(({ label, score }) => [label, score])).toEqual([
      [0, 0.3],
      [1, 0.6],
    ]);
  });

  it('is read row by row where the network needs no suppression', () => {
    const values = [1, 2, 11, 22, 0.9, 1, 0, 0, 5, 5, 0.1, 0];
    const box = { label: 1, box: [1, 2, 10, 20], score: 0.9, at: 0 };
    expect(readHead({ values, shape: [1, 2, 6] }, { ...reading, classes: null })).toEqual([box]);
  });

  it('has an angle as the last value of turned boxes', () => {
    const turned = { ...reading, turned: true };
    const columns = [10, 50, 20, 60, 4, 8, 6, 2, 0.3, 0.1, 0.1, 0.9, 0.7, -0.2];
    const angled = { label: 1, box: [46, 59, 8, 2], score: 0.9, angle: -0.2, at: 1 };
    expect(readHead({ values: columns, shape: [1, 7, 2] }, turned)).toEqual([
      { label: 0, box: [8, 17, 4, 6], score: 0.3, angle: 0.7, at: 0 },
      angled,
    ]);
    const rows = [50, 60, 8, 2, 0.9, 1, -0.2, 0, 0, 1, 1, 0.1, 0, Number.NaN];
    expect(readHead({ values: rows, shape: [1, 2, 7] }, { ...turned, endToEnd: true })).toEqual([
      { ...angled, at: 0 },
    ]);
    expect(() => readHead({ values: [], shape: [1, 6, 2] }, turned)).toThrow(/isn’t that of a YOLO/);
  });

  it('is refused where it is another', () => {
    for (const shape of [
      [1, 5, 100],
      [2, 6, 100],
      [1, 1000],
    ]) {
      expect(() => readHead({ values: [], shape }, reading)).toThrow(/isn’t that of a YOLO detector/);
    }
  });
});

describe('an IR that Ultralytics exported', () => {
  const ir = fixture('squares_openvino_model');

  it('finds the boxes that Ultralytics finds with it', async () => {
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path: ir });
    expect(model.description).toMatchObject({
      names: ['red', 'green field', 'blue'],
      task: 'detect',
      width: 64,
    });
    const cases = json<{ confidence: number; iou: number; boxes: number[][] }[]>('squares.json');
    for (const { confidence, iou, boxes } of cases) {
      const { detections } = await model.detect(fixture('squares.png'), { confidence, overlap: iou });
      expect(detections).toHaveLength(boxes.length);
      for (const [at, [left, top, right, bottom, score, label]] of boxes.entries()) {
        const { box, ...made } = detections[at]!;
        expect(made.label).toBe(label);
        expect(made.score).toBeCloseTo(score!, 3);
        for (const [side, value] of [left, top, right! - left!, bottom! - top!].entries()) {
          expect(box[side]).toBeCloseTo(value!, 3);
        }
      }
    }
  });

  it('finds the turned boxes that Ultralytics finds, best first', async () => {
    const path = fixture('turned_openvino_model');
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path });
    expect(model.description.task).toBe('obb');
    const cases =
      json<{ confidence: number; iou: number; boxes: number[][]; corners: number[][] }[]>('turned.json');
    for (const { confidence, iou, boxes, corners } of cases) {
      const { detections } = await model.detect(fixture('squares.png'), { confidence, overlap: iou });
      expect(detections).toHaveLength(boxes.length);
      for (const [at, [x, y, width, height, angle, score, label]] of boxes.entries()) {
        const found = detections[at]!;
        expect(found.label).toBe(label);
        expect(found.score).toBeCloseTo(score!, 3);
        expect(found.angle).toBeCloseTo(angle!, 4);
        const [left, top] = [x! - width! / 2, y! - height! / 2];
        for (const [side, value] of [left, top, width!, height!].entries())
          expect(found.box[side]).toBeCloseTo(value, 3);
        const points = (flat: readonly number[]): string[] =>
          [0, 2, 4, 6].map((from) => `${flat[from]!.toFixed(1)} ${flat[from + 1]!.toFixed(1)}`).sort();
        expect(points(cornersOf(found))).toEqual(points(corners[at]!));
      }
    }
    expect(new Set(cases.map(({ boxes }) => boxes.length)).size).toBe(cases.length);
  });

  it('finds the outlines that Ultralytics finds, with their holes and parts', async () => {
    const path = fixture('outlined_openvino_model');
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const { boxes, masks } = json<{ boxes: number[][]; masks: number[][] }>('outlined.json');
    const picture = fixture('outlined.png');
    const { detections: all, width, height } = await model.detect(picture, { confidence: 0.2, overlap: 0.7 });
    // Ultralytics leaves out those whose mask is empty; here their box stays.
    const detections = all.filter(({ rings }) => rings!.length > 0);
    expect(detections).toHaveLength(boxes.length);
    expect(all).toHaveLength(boxes.length + 1);
    const several = detections.filter(({ rings }) => rings!.length > 1).length;
    expect(several).toBeGreaterThan(2);
    for (const [at, { rings, box, label }] of detections.entries()) {
      expect(label).toBe(boxes[at]![5]);
      expect(box[0]).toBeCloseTo(boxes[at]![0]!, 3);
      // A pixel may differ where the outline goes through its middle, all but exactly.
      const theirs = pixelsOf(masks[at]!);
      const mine = await drawn(rings!, width, height);
      const [left, top, across, down] = box;
      // Ultralytics cuts at whole pixels.
      const isInside = (pixel: number): boolean => {
        const [x, y] = [(pixel % width) - left, Math.floor(pixel / width) - top];
        return x > 1 && y > 1 && x < across - 2 && y < down - 2;
      };
      const differ = mine.filter((covered, pixel) => covered !== theirs[pixel] && isInside(pixel)).length;
      expect(differ).toBeLessThan(4 + 0.02 * theirs.filter(Boolean).length);
    }
  });

  it('finds the points of poses that Ultralytics finds, those that it hides with how little sure they are', async () => {
    const path = fixture('posed_openvino_model');
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const { boxes, points } = json<{ boxes: number[][]; points: number[][] }>('posed.json');
    const { detections } = await model.detect(fixture('squares.png'), { confidence: 0.2, overlap: 0.7 });
    expect(detections.map(({ label }) => label)).toEqual(boxes.map(([, , , , , label]) => label));
    for (const [at, found] of detections.entries()) {
      for (const [index, { x, y, score }] of found.points!.entries()) {
        const [trueX, trueY, trueScore] = points[at]!.slice(3 * index);
        expect(score).toBeCloseTo(trueScore!, 4);
        expect(Math.abs(x - trueX!)).toBeLessThan(0.01);
        expect(Math.abs(y - trueY!)).toBeLessThan(0.01);
      }
    }
  });

  it('tells what a whole picture is as Ultralytics does', async () => {
    const path = fixture('colours_openvino_model');
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path });
    for (const { picture, shares } of json<{ picture: string; shares: number[] }[]>('colours.json')) {
      const { labels, detections } = await model.detect(fixture(picture));
      expect(detections).toEqual([]);
      const order = shares.map((_, label) => label).sort((a, b) => shares[b]! - shares[a]!);
      expect(labels.map(({ label }) => label)).toEqual(order);
      for (const { label, score } of labels) expect(Math.abs(score - shares[label]!)).toBeLessThan(0.003);
    }
  });

  it('is run where its output has no name, as after an export out of PyTorch', async () => {
    const nameless = join(folder, 'nameless');
    cpSync(ir, nameless, { recursive: true });
    const xml = readFileSync(join(nameless, 'squares.xml'), 'utf8');
    writeFileSync(join(nameless, 'squares.xml'), xml.replaceAll(/ (output_)?names="Result_9"/g, ''));
    const model = await openDetectionModel({ openvino: await loadOpenVino(), path: nameless });
    expect((await model.detect(fixture('squares.png'))).detections).toHaveLength(16);
  });

  it('is refused with a reason where it can’t be run', async () => {
    await expect(describeDetector(join(folder, 'none.xml'))).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
    await expect(describeDetector(folder)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const copy = join(folder, 'copy');
    cpSync(ir, copy, { recursive: true });
    const description = readFileSync(join(copy, 'metadata.yaml'), 'utf8');
    writeFileSync(join(copy, 'metadata.yaml'), description.replace('task: detect', 'task: depth'));
    await expect(describeDetector(copy)).rejects.toMatchObject({ code: 'MODEL_NOT_AN_IMAGE_NETWORK' });
    rmSync(join(copy, 'metadata.yaml'));
    expect(await describeDetector(copy)).toMatchObject({ names: [], task: null, width: 64, height: 64 });
    writeFileSync(join(copy, 'squares.xml'), '<net><layers>');
    await expect(describeDetector(copy)).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    rmSync(join(copy, 'squares.bin'));
    await expect(describeDetector(copy)).rejects.toMatchObject({ code: 'MODEL_NOT_INSTALLED' });
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from '../datasets/index.ts';
import { loadOpenVino } from '../runtime/index.ts';
import { evaluateModel } from './evaluate-set.ts';
import { type DetectionModel, openDetectionModel } from './model.ts';
import { cornersOf } from './turned.ts';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes a set of one picture: a red field, as the model's box around it is: 60 × 20 of the 64 × 64 pixels, cut off. */
async function writeSet(
  name: string,
  names: string,
  line = '0 0.296875 0.140625 0.59375 0.28125',
): Promise<string> {
  const set = join(folder, name);
  for (const part of ['images/val', 'labels/val']) mkdirSync(join(set, part), { recursive: true });
  const black = Buffer.alloc(64 * 64 * 3);
  for (let y = 0; y < 16; y += 1) for (let x = 0; x < 16; x += 1) black[(y * 64 + x) * 3] = 255;
  await sharp(black, { raw: { width: 64, height: 64, channels: 3 } })
    .png()
    .toFile(join(set, 'images/val/a.png'));
  writeFileSync(join(set, 'images/val/broken.png'), 'not a picture');
  writeFileSync(join(set, 'labels/val/a.txt'), `${line}\n`);
  writeFileSync(join(set, 'data.yaml'), `val: images/val\nnames: ${names}\n`);
  return set;
}

const almostOne = expect.closeTo(1, 12);

describe('a model on a set', () => {
  let model: DetectionModel;
  beforeAll(async () => {
    const path = fixture('squares_openvino_model');
    model = await openDetectionModel({ openvino: await loadOpenVino(), path });
  });

  const measure = async (set: string, subset?: string, other = model) => {
    await using source = await openSource(set);
    const dataset = await source.open();
    const made = await evaluateModel({
      model: other,
      dataset,
      ...(subset === undefined ? {} : { subset }),
    });
    const figures = made.kind === 'boxes' ? made : undefined;
    const { evaluation, parts } = figures ?? {};
    return { ...made, evaluation: evaluation!, parts };
  };

  it('has the figures of what it finds, by the classes’ names', async () => {
    const made = await measure(await writeSet('good', '[red, dog, green_field]'));
    // The model's box is 0 to 38 by 0 to 18, and the truth is that: found, with nothing else.
    expect(made.evaluation).toMatchObject({
      map: almostOne,
      map50: almostOne,
      recall100: 1,
      mapSmall: almostOne,
      mapLarge: null,
      pictures: 1,
    });
    expect(made.evaluation.classes[0]).toMatchObject({ objects: 1, map: almostOne });
    expect(made.evaluation.classes[1]).toMatchObject({ objects: 0, map: null });
    expect(made.subset).toBe('val');
    expect(made.notes).toEqual([
      'The model can’t find these classes of the set: dog.',
      'Not counted, as the set lacks these classes: blue.',
    ]);
    expect(made.leftOut.map(({ picture }) => picture)).toEqual([join(folder, 'good/images/val/broken.png')]);
  });

  it('has turned boxes, which count as Ultralytics counts them', async () => {
    const path = fixture('turned_openvino_model');
    const turned = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const picture = join(await writeSet('turned', '[red]'), 'images/val/a.png');
    const { detections } = await turned.detect(picture, { confidence: 0.25 });
    expect(detections).toHaveLength(1);
    const line = (by: number): string => {
      const { box, angle = 0 } = detections[0]!;
      const corners = cornersOf({ box, angle: angle + by });
      return `0 ${corners.map((value) => (value / 64).toFixed(9)).join(' ')}`;
    };
    for (const [name, by, map] of [
      ['turned', 0, 1],
      ['turned further', Math.PI / 2, 0],
    ] as const) {
      const made = await measure(await writeSet(name, '[red, dog]', line(by)), 'val', turned);
      expect(made.evaluation.map).toBeCloseTo(map, 6);
      expect(made.notes.join(' ')).toContain('probabilistic IoU');
    }
  });

  const cells = (values: readonly number[]): string =>
    values.map((value) => (value / 64).toFixed(9)).join(' ');

  it('has outlines by their masks, beside the boxes around them', async () => {
    const path = fixture('outlined_openvino_model');
    const outlined = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const picture = join(await writeSet('outlined', '[red]'), 'images/val/a.png');
    const { detections } = await outlined.detect(picture, { confidence: 0.25 });
    const [{ rings, box }] = detections as [(typeof detections)[number]];
    expect(rings).toHaveLength(1);
    const line = (ring: readonly number[]): string => `0 ${cells(ring)}`;
    const good = await measure(await writeSet('outlined well', '[red]', line(rings![0]!)), 'val', outlined);
    expect(good.parts).toMatchObject({ of: 'outlines', evaluation: { map: almostOne } });
    // Half of the box: the mask that is found is more, the box around it is the same.
    const [x, y, width, height] = box;
    const corners = [x, y, x + width, y, x, y + height];
    const less = await measure(await writeSet('outlined badly', '[red]', line(corners)), 'val', outlined);
    expect(less.evaluation.map).toBeCloseTo(1, 6);
    expect(less.parts!.evaluation.map).toBeLessThan(0.9);
  });

  it('has poses by their points, beside the boxes', async () => {
    const path = fixture('posed_openvino_model');
    const posed = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const shape = '[red]\nkpt_shape: [3, 3]';
    const picture = join(await writeSet('posed', '[red]'), 'images/val/a.png');
    const { detections } = await posed.detect(picture, { confidence: 0.25 });
    const [{ points, box }] = detections as [(typeof detections)[number]];
    const [x, y, width, height] = box;
    const placed = cells([x + width / 2, y + height / 2, width, height]);
    const line = (by: number): string =>
      `0 ${placed} ${points!.map((point) => `${cells([point.x + by, point.y])} 2`).join(' ')}`;
    const good = await measure(await writeSet('posed well', shape, line(0)), 'val', posed);
    expect(good.parts).toMatchObject({ of: 'points', evaluation: { map: almostOne } });
    expect(good.notes.join(' ')).toContain('0.53');
    const less = await measure(await writeSet('posed badly', shape, line(12)), 'val', posed);
    expect(less.evaluation.map).toBeCloseTo(1, 6);
    expect(less.parts!.evaluation.map).toBeLessThan(0.9);
  });

  it('tells the classes of whole pictures, and how often that is right', async () => {
    const path = fixture('colours_openvino_model');
    const colours = await openDetectionModel({ openvino: await loadOpenVino(), path });
    const set = join(folder, 'classes');
    const paint = async (name: string, background: string): Promise<void> => {
      mkdirSync(join(set, 'val', name), { recursive: true });
      const picture = sharp({ create: { width: 40, height: 50, channels: 3, background } });
      await picture.png().toFile(join(set, 'val', name, `${background.slice(1)}.png`));
    };
    await paint('red', '#ff2000');
    await paint('red', '#20ff00');
    await paint('blue', '#2000ff');
    await paint('violet', '#ff00ff');
    const { kind, notes, ...made } = await measure(set, 'val', colours);
    expect(kind).toBe('labels');
    expect(made).toMatchObject({
      names: ['blue', 'red', 'violet'],
      accuracy: {
        ...{ top1: 0.5, top5: 0.75, pictures: 4 },
        classes: [
          { pictures: 1, top1: 1 },
          { pictures: 2, top1: 0.5 },
          { pictures: 1, top1: 0 },
        ],
      },
    });
    expect(notes).toEqual([
      'The model can’t find these classes of the set: violet.',
      'Always wrong, as the set lacks these classes of the model: green field.',
    ]);
  });

  it('is measured only where classes and subsets fit', async () => {
    const other = await writeSet('other', '[cat, dog]');
    await expect(measure(other)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const good = await writeSet('again', '[red]');
    await expect(measure(good, 'test')).rejects.toMatchObject({ code: 'BAD_REQUEST', hint: 'It has val.' });
    expect((await measure(good, 'valid')).subset).toBe('val');
  });
});

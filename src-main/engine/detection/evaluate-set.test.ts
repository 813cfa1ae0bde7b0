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
    const path = fileURLToPath(new URL('./fixtures/squares_openvino_model', import.meta.url));
    model = await openDetectionModel({ openvino: await loadOpenVino(), path });
  });

  const measure = async (set: string, subset?: string) => {
    await using source = await openSource(set);
    const dataset = await source.open();
    return evaluateModel({ model, dataset, ...(subset === undefined ? {} : { subset }) });
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
      'Not counted, as the set lacks these classes: blue.',
      'The model can’t find these classes of the set: dog.',
    ]);
    expect(made.leftOut.map(({ picture }) => picture)).toEqual([join(folder, 'good/images/val/broken.png')]);
  });

  it('is measured only where classes and subsets fit', async () => {
    const other = await writeSet('other', '[cat, dog]');
    await expect(measure(other)).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    const good = await writeSet('again', '[red]');
    await expect(measure(good, 'test')).rejects.toMatchObject({ code: 'BAD_REQUEST', hint: 'It has val.' });
    expect((await measure(good, 'valid')).subset).toBe('val');
  });
});

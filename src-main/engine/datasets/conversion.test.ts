import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Format } from './format.ts';
import { formatNamed } from './formats/index.ts';
import { corpus, haveData, whyNot } from './testing/golden.ts';
import { withoutBackground } from './transforms/labels.ts';

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-conversion-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe.skipIf(!haveData)(`conversions that are better than Datumaro's${whyNot}`, () => {
  test("VOC's background need not become a class of YOLO, where Datumaro moves every number by one", async () => {
    const source = await formatNamed('voc_detection')!.read(corpus('voc_detection@clean'));
    const folder = join(scratch, 'background');
    await (formatNamed('yolo_ultralytics') as Format).write(withoutBackground(source), folder, {
      media: 'copy',
    });
    const again = await formatNamed('yolo_ultralytics')!.read(folder);
    expect(again.categories.labels.map(({ name }) => name)).toEqual(
      source.categories.labels.map(({ name }) => name).slice(1),
    );
    const count = async (set: typeof again): Promise<number> => {
      let boxes = 0;
      for await (const { annotations } of set.items()) boxes += annotations.length;
      return boxes;
    };
    expect(await count(again)).toBe(await count(source));
  });
});

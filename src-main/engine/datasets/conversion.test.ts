import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Format } from './format.ts';
import { formatNamed } from './formats/index.ts';
import { corpus, data, differences, type Golden, haveData, toGolden, whyNot } from './testing/golden.ts';
import { withoutBackground } from './transforms/labels.ts';

let scratch = '';
let turn = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-conversion-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

/**
 * Our conversion and Datumaro's, both read by us. Numbers and groups are given anew by most formats, and Datumaro drops
 * attributes for CVAT that ours declares.
 */
const pairs: readonly (readonly [from: string, set: string, to: string, attributes: boolean])[] = [
  ['coco_instances', 'coco_instances@clean', 'coco_instances', true],
  ['coco_instances', 'coco_instances@clean', 'voc_detection', true],
  ['coco_instances', 'coco_instances@clean', 'datumaro', true],
  ['coco_instances', 'coco_instances@clean', 'cvat', false],
  ['voc_detection', 'voc_detection@clean', 'coco_instances', true],
  ['voc_detection', 'voc_detection@clean', 'datumaro', true],
  ['voc_detection', 'voc_detection@clean', 'cvat', false],
  ['yolo', 'yolo@clean', 'coco_instances', true],
  ['yolo', 'yolo@clean', 'voc_detection', true],
  ['yolo_ultralytics', 'yolo_ultralytics@clean', 'datumaro', true],
  ['cvat', 'cvat@clean', 'datumaro', true],
];

function reduce(golden: Golden, attributes: boolean, to: string): Golden {
  return {
    labels: golden.labels.map(({ name }) => ({ name, parent: '', attributes: [] })),
    items: golden.items.map(({ id, subset, annotations }) => ({
      id,
      subset,
      attributes: {},
      annotations: annotations
        // Datumaro writes no ellipses to CVAT.
        .filter(({ type }) => to !== 'cvat' || type !== 'ellipse')
        .map((annotation) => ({
          ...annotation,
          id: 0,
          group: 0,
          attributes: attributes ? annotation.attributes : {},
        })),
    })),
  };
}

describe.skipIf(!haveData)(`conversions as Datumaro makes them${whyNot}`, () => {
  test.each(pairs)('%s (%s) to %s', async (from, set, to, attributes) => {
    const theirs = join(data, 'golden', `${set}__${to}`);
    expect(existsSync(theirs)).toBe(true);
    const target = formatNamed(to) as Format;
    const folder = join(scratch, String(++turn));
    await target.write(await formatNamed(from)!.read(corpus(set)), folder, { media: 'copy' });
    const ours = await toGolden(await target.read(folder));
    const golden = await toGolden(await target.read(theirs));
    expect(differences(reduce(ours, attributes, to), reduce(golden, attributes, to))).toEqual([]);
  });

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

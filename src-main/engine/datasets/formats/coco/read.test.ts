import { expect, test } from 'vitest';
import { itemsOf } from '../../testing/items.ts';
import { format, put, scratch } from '../common/testing.ts';

const { fresh } = scratch();

test('a pause takes hold while it is looked where things are in the file, before the first item', async () => {
  const folder = fresh();
  await put(folder, {
    'annotations/instances_train.json': JSON.stringify({
      images: [{ id: 1, file_name: 'a.jpg', width: 10, height: 10 }],
      categories: [{ id: 1, name: 'a' }],
      annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] }],
    }),
  });
  let asked = 0;
  let goOn = (): void => undefined;
  const pause = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  let read = 0;
  const reading = (async () => {
    const dataset = await format('coco_instances').read(folder, {
      waitWhilePaused: () => {
        asked += 1;
        return pause;
      },
    });
    for await (const { annotations } of dataset.items()) read += annotations.length;
  })();
  await expect.poll(() => asked).toBeGreaterThan(0);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(read).toBe(0);
  goOn();
  await reading;
  expect(read).toBe(1);
});

test('what was forgotten after a reading is found again by the next one', async () => {
  const folder = fresh();
  await put(folder, {
    'annotations/instances_train.json': JSON.stringify({
      images: [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 10, height: 10 })),
      categories: [{ id: 1, name: 'a' }],
      annotations: [2, 1, 2].map((image_id, id) => ({ id, image_id, category_id: 1, bbox: [id, 2, 3, 4] })),
    }),
  });
  const dataset = await format('coco_instances').read(folder);
  const first = await itemsOf(dataset);
  expect(first.map(({ annotations }) => annotations.length)).toEqual([1, 2]);
  dataset.forget?.();
  expect(await itemsOf(dataset)).toEqual(first);
});

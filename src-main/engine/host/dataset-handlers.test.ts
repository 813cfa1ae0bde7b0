import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { transforms } from '../datasets/index.ts';
import { Journal } from '../jobs/journal.ts';
import { datasetHandlers } from './dataset-handlers.ts';
import { Handles } from './handles.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-pages-'));
  await mkdir(join(folder, 'annotations'));
  const categories = [{ id: 1, name: 'cat' }];
  const text = JSON.stringify({ images: [{ id: 1, file_name: '1.jpg' }], categories, annotations: [] });
  await writeFile(join(folder, 'annotations', 'instances_train.json'), text);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('a page can’t have a file read by naming it in a change', async () => {
  const handles = new Handles(new Journal(':memory:'), []);
  const added: unknown[] = [];
  const jobs = { add: (input: unknown) => String(added.push(input)), cancel: () => undefined };
  const { handlers, close } = datasetHandlers({ handles, emit: () => undefined, jobs });
  const { handles: admitted } = await handles.admit([folder]);
  const { id } = await handlers['datasets.open']!({ handle: admitted[0]!.id, within: '', every: 1 });
  await handlers['datasets.read']!({ id, format: 'coco_instances' });

  const { transforms: offered } = await handlers['datasets.transforms']!({});
  expect(transforms.filter(({ files }) => files).map(({ name }) => name)).toEqual(['correct']);
  expect(offered.map(({ name }) => name)).not.toContain('correct');
  expect(offered).toHaveLength(transforms.length - 1);

  const steps = [{ name: 'Correct', options: { reports: join(folder, 'secret.json') } }];
  const place = {
    to: 'voc',
    folder: null,
    name: 'out',
    media: 'none',
    overwrite: false,
    strict: false,
  } as const;
  for (const asked of [
    () => handlers['datasets.shape']!({ id, steps }),
    () => handlers['datasets.validate']!({ id, steps }),
    () => handlers['datasets.describe']!({ id, steps }),
    () => handlers['datasets.plan']!({ id, to: 'voc', steps }),
    () => handlers['datasets.convert']!({ id, steps, ...place }),
  ])
    await expect(asked()).rejects.toMatchObject({ code: 'FORBIDDEN', hint: /./ });
  expect(added).toEqual([]);
  await close();
});

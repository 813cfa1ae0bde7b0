import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planConversion } from '../../operations/index.ts';
import { put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const side = { original_width: 200, original_height: 100, image_rotation: 0, to_name: 'image' };
const value = { x: 10, y: 20, width: 30, height: 40, rotation: 0, rectanglelabels: ['car'] };
const region = { ...side, from_name: 'box', type: 'rectanglelabels', value };

/** What one person did, as Label Studio 1.12 exports it. */
const annotation = {
  id: 8,
  completed_by: { id: 1, email: 'ann@example.org', first_name: 'Ann', last_name: 'B' },
  result: [
    { ...region, id: 'a', origin: 'prediction-changed', score: 0.75, meta: { text: ['check the mirror'] } },
    { ...region, id: 'b', origin: 'manual', locked: true, meta: { text: ['one', 'two'] } },
    { ...side, id: 'a', from_name: 'kind', type: 'taxonomy', value: { taxonomy: [['x']] } },
    { ...region, id: 'c', image_rotation: 90 },
    { from_id: 'a', to_id: 'b', type: 'relation', direction: 'right' },
    { ...side, id: 'd', from_name: 'scene', type: 'choices', value: { choices: ['street'] }, score: 0.5 },
  ],
  was_cancelled: false,
  ground_truth: true,
  created_at: '2024-03-01T10:00:00.000000Z',
  updated_at: '2024-03-02T10:00:00.000000Z',
  draft_created_at: null,
  lead_time: 42.5,
  prediction: {},
  result_count: 6,
  unique_id: '5d0f…',
  last_action: null,
  task: 1,
  project: 3,
  parent_prediction: null,
};

const tasks = [
  {
    ...{
      id: 1,
      annotations: [annotation],
      file_upload: '1-a.jpg',
      drafts: [{}],
      predictions: [{ result: [] }],
    },
    ...{ data: { image: 'a.jpg', camera: { lens: 35 } }, meta: { batch: 4 }, inner_id: 1, project: 3 },
    ...{ created_at: '2024-02-01T10:00:00Z', total_annotations: 1, comment_count: 0 },
  },
  {
    ...{ id: 2, data: { image: 'b.jpg', lead_time: 'long' }, meta: {} },
    annotations: [{ id: 9, was_cancelled: true, result: [], completed_by: 2, lead_time: 1 }],
  },
];

const worked = {
  camera: '{"lens":35}',
  completed_by: JSON.stringify(annotation.completed_by),
  lead_time: 42.5,
  ground_truth: true,
  created_at: annotation.created_at,
  updated_at: annotation.updated_at,
  meta: '{"batch":4}',
};

async function folderOf(): Promise<string> {
  const folder = fresh();
  await put(folder, { 'project-1.json': JSON.stringify(tasks) });
  return folder;
}

describe('Label Studio: the work on a task, and what results say besides their values', () => {
  test('is read, and written to where it stood', async () => {
    const { dataset, items, reasons } = await readAll('label_studio', await folderOf());
    expect(items.map(({ attributes }) => Object.fromEntries(attributes))).toEqual([
      worked,
      { lead_time: 'long', completed_by: 2, was_cancelled: true },
    ]);
    const said = (all: typeof items) =>
      all[0]!.annotations.map(({ attributes }) => Object.fromEntries(attributes));
    expect(said(items)).toEqual([
      { score: 0.75, origin: 'prediction-changed', meta: 'check the mirror' },
      { meta: ['one', 'two'] },
      {},
      { score: 0.5 },
    ]);
    expect(reasons).toEqual([
      'predictions are passed over',
      'drafts are passed over',
      'results of the type taxonomy are not known',
      'the picture was turned; the region is taken as it stands',
      'relations between regions have no place',
    ]);
    const target = fresh();
    const again = await writeAndRead('label_studio', dataset, target);
    expect([again.report.problems.list, again.reasons]).toEqual([[], []]);
    expect(again.items.map(({ attributes }) => new Set(attributes))).toEqual(
      items.map(({ attributes }) => new Set(attributes)),
    );
    expect(said(again.items)).toEqual(said(items));
    const [first, second] = JSON.parse(await readFile(join(target, 'tasks.json'), 'utf8')) as typeof tasks;
    const { completed_by, lead_time, ground_truth, created_at } = annotation;
    expect(first!.annotations[0]).toMatchObject({ completed_by, lead_time, ground_truth, created_at });
    expect(first).toMatchObject({ data: { camera: { lens: 35 } }, meta: { batch: 4 } });
    expect(second!.annotations[0]).toMatchObject({ completed_by: 2, was_cancelled: true });
  });

  test("attributes that are called as a task's own fields are told, or kept as data", async () => {
    const attributes = new Map<string, string | boolean>([
      ['image', 'x'],
      ['was_cancelled', true],
      ['lead_time', 'long'],
      ['__proto__', 'y'],
    ]);
    const mark = { type: 'label', id: 0, group: 0, label: 0, attributes: new Map() } as const;
    const set = setOf(['a'], [{ id: 'x', attributes, annotations: [mark] }]);
    const { items, report } = await writeAndRead('label_studio', set, fresh());
    expect([...items[0]!.attributes]).toEqual([...attributes].slice(1));
    expect(items[0]!.annotations).toHaveLength(1);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      "the picture's attribute image has no place: the task's own is called so",
    ]);
  });

  test('the plan names what another format has no place for', async () => {
    const request = { from: 'label_studio', output: join(fresh(), 'none'), media: 'none' } as const;
    const source = await folderOf();
    const { loss } = await planConversion({ ...request, source, to: 'kitti_detection' });
    expect(loss.notes.join()).toContain(
      'dropped: camera, completed_by, lead_time, ground_truth, created_at, updated_at, meta, was_cancelled.',
    );
    expect([...loss.attributes.keys()]).toEqual(expect.arrayContaining(['origin', 'meta']));
    const kept = await planConversion({ ...request, source, to: 'label_studio' });
    expect(kept.loss.notes.filter((note) => note.includes('attributes'))).toEqual([]);
  });
});

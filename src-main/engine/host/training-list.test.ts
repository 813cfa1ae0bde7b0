import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Journal } from '../jobs/journal.ts';
import { DetectorTrainings } from './detector-training.ts';
import { Handles } from './handles.ts';
import { StartedFolders, trainingListHandlers } from './training-list.ts';
import { type TrainingRecord, TrainingRecords } from './training-records.ts';

let folder: string;
let journal: Journal;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-trainings-'));
  journal = new Journal(join(folder, 'journal.sqlite'));
});
afterEach(async () => {
  journal.close();
  await rm(folder, { recursive: true, force: true });
});

/** All that there is after the engine was started on this journal. */
function restart() {
  const handles = new Handles(journal, []);
  const records = new TrainingRecords(journal);
  const folders = new StartedFolders(journal);
  const again: string[] = [];
  const detectors = new DetectorTrainings({
    handles,
    records,
    scripts: '',
    onChanged: () => undefined,
  });
  const handlers = trainingListHandlers({
    handles,
    records,
    detectors,
    folders,
    launchAgain: async (path) => void again.push(path),
  });
  const list = async () => (await handlers['training.list']!({})).trainings;
  return { records, folders, handlers, detectors, again, list };
}

const record = (change: Partial<TrainingRecord> = {}): TrainingRecord => ({
  id: '6f9b3a3e-6c1a-4f0e-9e0c-3f3d6a3c1f10',
  wanted: {
    dataset: join(folder, 'squares', 'data.yaml'),
    folder: join(folder, 'squares'),
    python: 'python3',
    choices: { model: 'yolo11n.pt', epochs: 6, imageSize: 640, batch: 16 },
  },
  phase: 'training',
  startedAt: 1,
  endedAt: null,
  progress: {
    phase: 'training',
    epoch: 3,
    epochs: 6,
    fraction: 0.5,
    series: [['metrics/mAP50-95(B)', [[1, 0.1]]]],
    best: { epoch: 1, figure: 'mAP 50-95', value: 0.1 },
    folder: join(folder, 'run'),
    weights: null,
    exported: null,
    error: null,
  },
  log: ['epoch 3'],
  error: null,
  ...change,
});

test('a training that was at work when the engine ended was cut off, and goes on from its last weights', async () => {
  restart().records.save(record());
  const bare = restart();
  expect(await bare.list()).toMatchObject([
    { kind: 'detector', name: 'squares', state: 'interrupted', weights: null, goesOn: 'again' },
  ]);
  await expect(bare.detectors.resume(record().id)).rejects.toMatchObject({ code: 'JOB_STATE' });
  await mkdir(join(folder, 'run', 'weights'), { recursive: true });
  for (const name of ['best.pt', 'last.pt']) await writeFile(join(folder, 'run', 'weights', name), '');
  const { list, detectors, handlers } = restart();
  expect(await list()).toMatchObject([
    {
      detail: '3 of 6 epochs, best mAP 50-95 0.100 in epoch 1',
      weights: { name: 'best.pt' },
      folder: { name: 'run' },
      goesOn: 'resume',
    },
  ]);
  // Curves and log are there again, too.
  expect(await detectors.current()).toMatchObject({
    phase: 'interrupted',
    epoch: 3,
    resumable: true,
    log: ['epoch 3'],
    charts: [{ id: 'map' }],
  });
  await handlers['training.forget']!({ id: record().id });
  expect(await list()).toEqual([]);
  expect(await restart().list()).toEqual([]);
});

test('one that was through its epochs needs its export, one that had begun none begins again', async () => {
  const { progress } = record();
  const { records } = restart();
  await mkdir(join(folder, 'run', 'weights'), { recursive: true });
  await writeFile(join(folder, 'run', 'weights', 'last.pt'), '');
  records.save(record({ progress: { ...progress, phase: 'exporting', epoch: 6 } }));
  records.save(
    record({ id: '1f9b3a3e-6c1a-4f0e-9e0c-3f3d6a3c1f11', progress: { ...progress, epoch: 0, folder: null } }),
  );
  expect((await restart().list()).map(({ goesOn, folder }) => [goesOn, folder?.name])).toEqual([
    ['again', undefined],
    ['export', 'run'],
  ]);
});

test('trainings with JPQD are listed by their folders, those that went away unseen as cut off', async () => {
  const [lost, removed] = [join(folder, 'lost'), join(folder, 'removed')];
  await mkdir(lost);
  const about = { version: 1, pid: 2 ** 30, startedAt: '2026-01-01T00:00:00Z', command: ['python3'] };
  await writeFile(
    join(lost, 'refinery-training.json'),
    JSON.stringify({ ...about, endedAt: null, code: null, signal: null }),
  );
  await writeFile(join(lost, 'console.log'), 'first\nstep 12 of 100\n');
  const { folders } = restart();
  folders.add(removed);
  folders.add(lost);
  const { list, handlers, again } = restart();
  const trainings = await list();
  expect(trainings).toMatchObject([
    { kind: 'compression', name: 'lost', state: 'interrupted', detail: 'step 12 of 100', goesOn: 'again' },
  ]);
  await handlers['training.goOn']!({ id: trainings[0]!.id, how: 'again' });
  expect(again).toEqual([lost]);
  await handlers['training.forget']!({ id: trainings[0]!.id });
  expect(await list()).toEqual([]);
});

import { beforeEach, expect, test, vi } from 'vitest';
import type { DatasetView, EngineClient } from '../../../src-main/contract/index.ts';
import * as session from '../../state/session.ts';
import {
  convertDataset,
  followDatasets,
  nothing,
  planFor,
  showStep,
  takeTarget,
  useWizard,
} from './state.ts';

const view = { id: 'set-1', name: 'animals.zip', path: '/animals.zip', outer: '/' } as DatasetView;

/** Answers that the engine still owes, by method. */
const owed = new Map<string, (answer: unknown) => void>();

beforeEach(() => {
  owed.clear();
  vi.restoreAllMocks();
  vi.spyOn(session, 'call').mockImplementation(
    (method: string) =>
      new Promise((resolve) => owed.set(method, resolve as (answer: unknown) => void)) as never,
  );
  vi.spyOn(session, 'act').mockResolvedValue(undefined as never);
  useWizard.setState({ ...nothing, view });
});

/** What is told by the engine. */
function listening(): (name: string, event: object) => void {
  const heard = new Map<string, (event: object) => void>();
  followDatasets({
    on: (name: string, hear: (event: object) => void) => heard.set(name, hear),
  } as unknown as EngineClient);
  return (name, event) => heard.get(name)?.(event);
}

test('writing that was begun before the losses were measured is shown until its end', async () => {
  const planning = planFor('voc');
  const converting = convertDataset();
  expect(session.act).toHaveBeenCalledWith('datasets.cancel', { id: 'set-1', stage: 'planning' });
  owed.get('datasets.plan')?.({ loss: {}, advice: [], choices: [] });
  await planning;
  expect(useWizard.getState().busy).toBe('converting');
  owed.get('datasets.convert')?.({ jobId: 'job-1' });
  await converting;
  const tell = listening();
  const result = { name: 'animals-voc' };
  tell('datasets.finished', { id: 'set-1', result, error: null });
  expect(useWizard.getState()).toMatchObject({ busy: null, job: 'job-1', result });

  // Back at the target, they are measured after all, and the result stays.
  useWizard.setState({ plan: null });
  owed.clear();
  showStep('target');
  const plan = { loss: {}, advice: [], choices: [] };
  owed.get('datasets.plan')?.(plan);
  await expect.poll(() => useWizard.getState().plan).toBe(plan);
  expect(useWizard.getState()).toMatchObject({ busy: null, result });
});

test('a conversion that ends while something else was begun with the set changes nothing of that', () => {
  const tell = listening();
  const said = vi.spyOn(session, 'toast');
  useWizard.setState({ busy: 'shaping', step: 'shape' });
  tell('datasets.finished', { id: 'set-1', result: { name: 'animals-voc' }, error: null });
  expect(useWizard.getState()).toMatchObject({ busy: 'shaping', result: null });
  expect(said).toHaveBeenCalledWith('animals-voc was written. Activity lists it.');
});

test('the new folder is named after the format, unless the person named it', () => {
  const name = (): string => useWizard.getState().writing.name;
  takeTarget('voc');
  expect(name()).toBe('animals-voc');
  takeTarget('yolo');
  expect(name()).toBe('animals-yolo');
  useWizard.setState(({ writing }) => ({ writing: { ...writing, name: 'mine' } }));
  takeTarget('coco');
  expect(name()).toBe('mine');
});

import { create } from 'zustand';
import {
  type EngineClient,
  finishedStates,
  type Job,
  type QueueSummary,
  type UpscaleSettings,
} from '../../src-main/contract/index.ts';
import { act, call, toast } from './session.ts';

interface Jobs {
  readonly jobs: ReadonlyMap<string, Job>;
  /** Ids of the pictures by position. */
  readonly order: readonly string[];
  readonly summary: QueueSummary | null;
  readonly loaded: boolean;
}

/** A mirror of the engine's queue. */
export const useJobs = create<Jobs>(() => ({ jobs: new Map(), order: [], summary: null, loaded: false }));

const set = useJobs.setState;

function sorted(jobs: ReadonlyMap<string, Job>): string[] {
  return pictures(jobs)
    .sort((a, b) => a.position - b.position)
    .map(({ id }) => id);
}

/** Takes jobs over. The order is made anew only when one came or moved. */
export function mergeJobs(state: Jobs, changed: readonly Job[], summary: QueueSummary): Jobs {
  const jobs = new Map(state.jobs);
  let moved = false;
  for (const job of changed) {
    moved ||= jobs.get(job.id)?.position !== job.position;
    jobs.set(job.id, job);
  }
  return { jobs, order: moved ? sorted(jobs) : state.order, summary, loaded: true };
}

/** Jobs that were told to stop and have not stopped yet: the engine finishes its present step first. */
export const useCancelling = create<{ readonly ids: ReadonlySet<string> }>(() => ({ ids: new Set() }));

function stopCancelling(ids: readonly string[]): void {
  const { ids: cancelling } = useCancelling.getState();
  if (!ids.some((id) => cancelling.has(id))) return;
  const left = new Set(cancelling);
  for (const id of ids) left.delete(id);
  useCancelling.setState({ ids: left });
}

export async function cancelJobs(ids: readonly string[]): Promise<void> {
  useCancelling.setState(({ ids: before }) => ({ ids: new Set([...before, ...ids]) }));
  const answer = await act('jobs.cancel', { ids: [...ids] });
  const { jobs } = useJobs.getState();
  // Those that ended just before have nothing more to say.
  stopCancelling(
    ids.filter((id) => {
      const job = jobs.get(id);
      return !answer || !job || !isActive(job);
    }),
  );
}

export function followJobs(engine: EngineClient): void {
  engine.on('jobs.changed', ({ jobs, summary }) => {
    set((state) => mergeJobs(state, jobs, summary));
    stopCancelling(jobs.filter((job) => !isActive(job)).map(({ id }) => id));
  });
  engine.on('jobs.removed', ({ ids, summary }) =>
    set((state) => {
      const jobs = new Map(state.jobs);
      for (const id of ids) jobs.delete(id);
      return { jobs, order: state.order.filter((id) => jobs.has(id)), summary };
    }),
  );
}

/** Resolves when jobs that the engine has made are on the list here as well. */
export function jobsAreThere(ids: readonly string[]): Promise<void> {
  const here = ({ jobs }: Jobs): boolean => ids.every((id) => jobs.has(id));
  return new Promise((resolve) => {
    if (here(useJobs.getState())) return resolve();
    const stop = useJobs.subscribe((state) => {
      if (!here(state)) return;
      stop();
      resolve();
    });
  });
}

/** Reads the whole queue, piece by piece. What is told meanwhile comes in its turn: later is newer. */
export async function loadJobs(): Promise<void> {
  const first = await call('jobs.list', {});
  const map = new Map(first.jobs.map((job) => [job.id, job]));
  useCancelling.setState({ ids: new Set() });
  set({ jobs: map, order: sorted(map), summary: first.summary, loaded: first.next === null });
  for (let { next } = first; next !== null; ) {
    const more = await call('jobs.list', { after: next });
    set((state) => mergeJobs(state, more.jobs, more.summary));
    next = more.next;
  }
}

/** Gives pictures choices of their own, or `null` for those of all: here at once, and in the engine. */
export function overrideJobs(ids: readonly string[], settings: UpscaleSettings | null): void {
  set((state) => {
    const jobs = new Map(state.jobs);
    for (const id of ids) {
      const job = jobs.get(id);
      if (job?.upscale) jobs.set(id, { ...job, upscale: { ...job.upscale, override: settings } });
    }
    return { jobs };
  });
  void act('upscale.override', { ids: [...ids], settings });
}

/** Takes jobs off the list, with the way back in sight. */
export async function removeJobs(ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const done = await act('jobs.remove', { ids: [...ids] });
  if (!done || done.removed.length === 0) return;
  const text =
    done.removed.length === 1 ? 'Removed from the list' : `${done.removed.length} removed from the list`;
  toast(`${text}. Files stay where they are.`, {
    action: { label: 'Undo', run: () => void act('jobs.restore', { ids: done.removed }) },
  });
}

/** Jobs that upscale a picture. */
export function pictures(jobs: ReadonlyMap<string, Job>): Job[] {
  return [...jobs.values()].filter(({ kind }) => kind === 'upscale');
}

export const isFinished = ({ state }: Job): boolean => finishedStates.has(state);
/** Whether its choices can still be others: it waits for the person, or for its turn. */
export const isUnbegun = ({ state, startedAt }: Job): boolean =>
  state === 'ready' || ((state === 'queued' || state === 'paused') && startedAt === undefined);
export const isActive = ({ state }: Job): boolean => ['queued', 'running', 'paused'].includes(state);

import { afterEach, expect, test, vi } from 'vitest';
import { type Job, Settings } from '../../src-main/contract/index.ts';
import { useJobs } from '../state/jobs.ts';
import { select } from '../state/selection.ts';
import { useSession } from '../state/session.ts';
import { actionGroups, listenToKeys } from './actions.ts';
import { pages } from './pages.ts';

// The charts of some places ask for it when they are loaded.
vi.hoisted(() => vi.stubGlobal('matchMedia', () => ({ addEventListener: () => undefined })));

const job = (id: string, state: Job['state']): Job => ({
  id,
  kind: 'upscale',
  batch: 'batch',
  title: `${id}.png`,
  state,
  position: 1,
  addedAt: 0,
  attempts: 1,
});

function fill(...jobs: Job[]): void {
  useJobs.setState({ jobs: new Map(jobs.map((one) => [one.id, one])), order: jobs.map(({ id }) => id) });
  useSession.setState({ settings: Settings.parse({}), page: 'upscale', toasts: [] });
}
afterEach(() => fill());

const all = () => actionGroups().flatMap(({ actions }) => actions);
const titled = (title: string | RegExp) =>
  all().find((one) => (typeof title === 'string' ? one.title === title : title.test(one.title)));

test('every place has actions, each of its own, and none shares its keys', () => {
  fill(job('a', 'ready'), job('b', 'done'), job('c', 'failed'));
  select(['a'], 'a');
  const groups = actionGroups().map(({ title }) => title);
  for (const { title } of pages.filter(({ id }) => id !== 'activity')) expect(groups).toContain(title);
  const ids = all().map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const keys = all().flatMap(({ shortcut }) => shortcut ?? []);
  expect(new Set(keys).size).toBe(keys.length);
});

test('what is shown comes first, and what can be done hangs on what there is', () => {
  fill();
  expect(titled('Upscale what is ready')?.unavailable).toBe('No picture is ready');
  expect(titled(/Remove everything finished/)).toBeUndefined();
  fill(job('a', 'ready'), job('b', 'failed'), job('c', 'running'));
  select(['b'], 'b');
  expect(actionGroups()[0]?.title).toBe('Upscale');
  expect(titled('Upscale 1 picture')?.unavailable).toBeFalsy();
  expect(titled('Pause')?.unavailable).toBeFalsy();
  expect(titled('Try again: b.png')).toBeDefined();
  expect(titled('Try 1 picture again that failed or was cancelled')).toBeDefined();
  useSession.setState({ page: 'datasets' });
  expect(actionGroups()[0]?.title).toBe('Datasets');
});

test('keys do what the palette does, and say why they don’t', () => {
  fill();
  const stop = listenToKeys();
  window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true }));
  expect(useSession.getState().toasts.map(({ text }) => text)).toEqual(['No picture is ready.']);
  window.dispatchEvent(new KeyboardEvent('keydown', { key: '2', ctrlKey: true }));
  expect(useSession.getState().page).toBe('datasets');
  stop();
});

import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { EngineClient, HistoryQuery, Job } from '../../../src-main/contract/index.ts';
import { useJobs } from '../../state/jobs.ts';
import { useSelection } from '../../state/selection.ts';
import { useSession } from '../../state/session.ts';
import type { Connection } from '../../transport/client.ts';
import { page } from './page.tsx';

const picture = (id: string): Job => ({
  id,
  kind: 'upscale',
  batch: 'batch',
  title: `${id}.png`,
  state: 'done',
  position: 1,
  addedAt: 0,
  finishedAt: 5,
  attempts: 1,
});

let root: Root;
let history: Job[];
let asked: HistoryQuery[];
let restored: unknown[];
let forgotten: unknown[];
let events: Map<string, (payload: unknown) => void>;

beforeEach(async () => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  history = [picture('a'), picture('b')];
  asked = [];
  restored = [];
  forgotten = [];
  events = new Map();
  const call = async (name: string, input: HistoryQuery): Promise<unknown> => {
    if (name === 'jobs.history') {
      asked.push(input);
      return { jobs: history, total: history.length };
    }
    if (name === 'training.list') return { trainings: [] };
    if (name === 'jobs.forget') {
      forgotten.push(input);
      return { changed: (input as unknown as { ids: string[] }).ids };
    }
    if (name === 'jobs.restore') {
      restored.push(input);
      useJobs.setState({ jobs: new Map(history.map((job) => [job.id, job])) });
    }
    return {};
  };
  const on = (name: string, listener: (payload: unknown) => void) => events.set(name, listener);
  useSession.setState({ connection: { engine: { call } } as unknown as Connection, page: 'activity' });
  useJobs.setState({ jobs: new Map([['a', picture('a')]]) });
  page.follow?.({ on } as unknown as EngineClient);
  root = createRoot(document.body.appendChild(document.createElement('div')));
  await act(async () => root.render(<page.component />));
});
afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

const names = () => [...document.querySelectorAll<HTMLElement>('.activity-name')];

test('what was done is listed although it is off the list, and asked for anew when something ends or is removed', async () => {
  expect(names().map(({ textContent }) => textContent)).toEqual(['a.png', 'b.png']);
  history = [picture('c'), ...history];
  await act(async () => events.get('jobs.changed')!({ jobs: [{ ...picture('c'), state: 'running' }] }));
  expect(names()).toHaveLength(2);
  await act(async () => events.get('jobs.changed')!({ jobs: [picture('c')] }));
  expect(names()).toHaveLength(3);
  await act(async () => events.get('jobs.removed')!({ ids: ['c'] }));
  expect(asked).toHaveLength(3);
});

test('a picture that was taken off the list comes back to be looked at; another is just shown', async () => {
  await act(async () => names()[0]!.click());
  expect(restored).toEqual([]);
  expect(useSelection.getState().current).toBe('a');
  await act(async () => names()[1]!.click());
  expect(restored).toEqual([{ ids: ['b'] }]);
  expect(useSelection.getState().current).toBe('b');
  expect(useSession.getState()).toMatchObject({
    page: 'upscale',
    toasts: [{ text: 'b.png is on the list again.' }],
  });
});

test('a conversion is taken off, as a picture is, and can be put back', async () => {
  history = [{ ...picture('set'), kind: 'convert', title: 'set-voc' }, ...history];
  await act(async () => events.get('jobs.changed')!({ jobs: [history[0]] }));
  const button = document.querySelector<HTMLElement>('[aria-label="Take set-voc off the history"]');
  await act(async () => button!.click());
  expect(forgotten).toEqual([{ ids: ['set'], forgotten: true }]);
  const { toasts } = useSession.getState();
  expect(toasts.at(-1)?.text).toBe('Taken off the history. Files stay where they are.');
  await act(async () => toasts.at(-1)?.action?.run());
  expect(forgotten.at(-1)).toEqual({ ids: ['set'], forgotten: false });
});

import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Job, QueueSummary } from '../../../src-main/contract/index.ts';
import { useJobs } from '../../state/jobs.ts';
import { useSession } from '../../state/session.ts';
import type { Connection } from '../../transport/client.ts';
import { StartBar } from './start-bar.tsx';
import { Viewer } from './viewer.tsx';

const picture = (change: Partial<Job> = {}): Job => ({
  id: 'a',
  kind: 'upscale',
  batch: 'batch',
  title: 'a.png',
  state: 'done',
  position: 1,
  addedAt: 0,
  finishedAt: 5,
  attempts: 1,
  upscale: {
    location: '~',
    destination: null,
    picture: null,
    override: null,
    frozen: null,
    variant: null,
    target: null,
    result: {
      name: 'a_x4.png',
      location: '~',
      width: 4000,
      height: 3000,
      bytes: 1,
      duration: 1,
      device: 'CPU',
      model: 'srx4',
      losses: 0,
    },
  },
  ...change,
});

let root: Root;
let calls: unknown[][];
const text = (): string => document.body.textContent ?? '';

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      disconnect(): void {}
    },
  );
  calls = [];
  const call = async (...args: unknown[]): Promise<object> => {
    calls.push(args);
    return {};
  };
  const bridge = { mediaUrl: ({ jobId, variant }: Record<string, string>) => `/media/${jobId}/${variant}` };
  useSession.setState({
    connection: { engine: { call, on: () => () => undefined }, bridge } as unknown as Connection,
  });
  const box = document.body.appendChild(document.createElement('div'));
  root = createRoot(box);
});
afterEach(() => {
  act(() => root.unmount());
  document.body.replaceChildren();
  vi.unstubAllGlobals();
});

test('a double-click goes to one to one, and back to the whole', () => {
  act(() => root.render(<Viewer job={picture()} />));
  const zoom = () => document.querySelector('[aria-label="Zoom"]')?.textContent;
  const field = document.querySelector('.viewer-field');
  const whole = zoom();
  const twice = () =>
    act(
      () => void field?.dispatchEvent(new MouseEvent('dblclick', { bubbles: true, clientX: 3, clientY: 4 })),
    );
  twice();
  expect(zoom()).toBe('100 %');
  twice();
  expect(zoom()).toBe(whole);
});

test('a result that is gone is said to be gone, and nothing is compared with it', () => {
  act(() => root.render(<Viewer job={picture()} />));
  expect(text()).toContain('After');
  const after = document.querySelector('img[alt="a.png, after"]');
  act(() => void after?.dispatchEvent(new Event('error')));
  expect(text()).toContain('The result isn’t there any more');
  expect(text()).not.toContain('After');
  expect(document.querySelector('[role="slider"]')).toBeNull();
  // Made again.
  act(() => root.render(<Viewer job={picture({ finishedAt: 6 })} />));
  expect(text()).toContain('After');
});

test('what is no picture is said to be none, at no zoom', () => {
  const { upscale } = picture();
  act(() =>
    root.render(
      <Viewer
        job={picture({
          state: 'failed',
          upscale: { ...upscale!, result: null },
          error: { code: 'INPUT_CORRUPT', message: 'No.' },
        })}
      />,
    ),
  );
  expect(text()).toContain('There is no picture to show');
  expect(document.querySelector('img')).toBeNull();
  expect(document.querySelector('[aria-label="Zoom"]')).toBeNull();
});

test('when all that is left was paused, it says so and can be resumed', () => {
  const summary = { paused: false, fraction: 1, timeLeft: null } as QueueSummary;
  const show = (...jobs: Job[]) => {
    useJobs.setState({ summary, jobs: new Map(jobs.map((job) => [job.id, job])) });
    act(() => root.render(<StartBar />));
  };
  const paused = picture({ state: 'paused' });
  act(() => show(paused, picture({ id: 'b', state: 'queued' })));
  expect(text()).toContain('1 picture left, 1 paused');
  act(() => show(paused, picture({ id: 'b' })));
  expect(text()).toContain('1 paused');
  expect(text()).not.toContain('%');
  const resume = [...document.querySelectorAll('button')].find((button) => button.textContent === 'Resume');
  act(() => resume?.click());
  expect(calls).toEqual([['jobs.resume', { ids: ['a'] }]]);
});

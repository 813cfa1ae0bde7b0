import { expect, test } from 'vitest';
import { jobStates, type QueueSummary } from '../contract/jobs.ts';
import { noticeOf, taskBarOf } from './notice.ts';

const counts = (some: Partial<QueueSummary['counts']>): QueueSummary['counts'] => ({
  ...(Object.fromEntries(jobStates.map((state) => [state, 0])) as QueueSummary['counts']),
  ...some,
});

test('a notice counts what this run brought, not what was there before', () => {
  expect(noticeOf(counts({ done: 4, failed: 1 }), counts({ done: 5, failed: 1 }))).toEqual({
    title: 'Refinery has finished',
    body: '1 picture upscaled.',
  });
  expect(noticeOf(counts({ done: 1 }), counts({ done: 3, failed: 2 }))).toEqual({
    title: 'Refinery finished with failures',
    body: '2 pictures upscaled, 2 failed.',
  });
});

test('a run that was cancelled says nothing', () => {
  expect(noticeOf(counts({ done: 4 }), counts({ done: 4, cancelled: 3 }))).toBeUndefined();
});

test('the task bar keeps how far the work is while it is paused, and is empty without any', () => {
  const half = { counts: counts({ queued: 2 }), fraction: 0.5, timeLeft: null, rate: null };
  expect(taskBarOf({ ...half, paused: false })).toEqual({ fraction: 0.5, mode: 'normal' });
  expect(taskBarOf({ ...half, paused: true })).toEqual({ fraction: 0.5, mode: 'paused' });
  expect(taskBarOf({ ...half, counts: counts({ done: 2 }), paused: true })).toEqual({
    fraction: -1,
    mode: 'normal',
  });
});

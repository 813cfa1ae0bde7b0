import { expect, test } from 'vitest';
import { jobStates, type QueueSummary } from '../contract/jobs.ts';
import { noticeOf } from './notice.ts';

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

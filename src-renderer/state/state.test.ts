import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Job, QueueSummary } from '../../src-main/contract/index.ts';
import { count, formatBytes, formatDuration, formatTimeLeft } from '../ui/format.ts';
import { mergeJobs } from './jobs.ts';
import { neighbour, nextSelection } from './selection.ts';

const order = ['a', 'b', 'c', 'd', 'e'];
const none = { selected: new Set<string>(), current: null, anchor: null };
const plain = { shift: false, control: false };

test('a click selects one, control adds and takes away, shift takes all between', () => {
  const one = nextSelection(none, order, 'b', plain);
  expect([...one.selected]).toEqual(['b']);
  const range = nextSelection(one, order, 'd', { shift: true, control: false });
  expect([...range.selected]).toEqual(['b', 'c', 'd']);
  expect(range).toMatchObject({ current: 'd', anchor: 'b' });
  const shrunk = nextSelection(range, order, 'a', { shift: true, control: false });
  expect([...shrunk.selected]).toEqual(['a', 'b']);
  const without = nextSelection(range, order, 'c', { shift: false, control: true });
  expect([...without.selected]).toEqual(['b', 'd']);
  const again = nextSelection(without, order, 'c', { shift: false, control: true });
  expect([...again.selected].sort()).toEqual(['b', 'c', 'd']);
});

const summary = {
  paused: false,
  counts: {},
  fraction: 0,
  timeLeft: null,
  rate: null,
} as unknown as QueueSummary;
const job = (id: string, position: number): Job => ({
  id,
  kind: 'upscale',
  batch: 'batch',
  title: id,
  state: 'ready',
  position,
  addedAt: 0,
  attempts: 0,
});

test('the next one takes the place of what is gone, else the one before', () => {
  const without =
    (...gone: string[]) =>
    (id: string) =>
      !gone.includes(id);
  expect(neighbour(order, 'b', without('b'))).toBe('c');
  expect(neighbour(order, 'b', without('b', 'c', 'd'))).toBe('e');
  expect(neighbour(order, 'd', without('c', 'd', 'e'))).toBe('b');
  expect(neighbour(order, 'c', without(...order))).toBeUndefined();
  expect(neighbour(order, null, without())).toBeUndefined();
});

test('the mirror of the queue is in order, whatever comes in whatever pieces', () => {
  const positions = fc.uniqueArray(fc.integer({ min: 0, max: 999 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(positions, fc.integer({ min: 1, max: 9 }), (places, piece) => {
      let state: Parameters<typeof mergeJobs>[0] = {
        jobs: new Map(),
        order: [],
        summary: null,
        loaded: false,
      };
      const jobs = places.map((place) => job(`job ${place}`, place));
      for (let at = 0; at < jobs.length; at += piece)
        state = mergeJobs(state, jobs.slice(at, at + piece), summary);
      const sorted = [...places].sort((a, b) => a - b).map((place) => `job ${place}`);
      expect(state.order).toEqual(sorted);
      const before = state.order;
      state = mergeJobs(state, [{ ...jobs[0]!, state: 'running' }], summary);
      expect(state.order).toBe(before);
    }),
  );
});

test('numbers read as a person says them', () => {
  expect([40, 800, 42_000, 185_000, 3_900_000].map(formatDuration)).toEqual([
    '40 ms',
    '0.8 s',
    '42 s',
    '3 min 5 s',
    '1 h 5 min',
  ]);
  expect([1, 12_000, 100_000, 7_300_000].map(formatTimeLeft)).toEqual([
    '1 s left',
    '15 s left',
    '2 min left',
    '2 h 2 min left',
  ]);
  expect([10, 12_345, 4_300_000, 5_120_000_000].map(formatBytes)).toEqual([
    '1 KB',
    '12 KB',
    '4.3 MB',
    '5.1 GB',
  ]);
  expect([count(1, 'picture'), count(5_000, 'picture'), count(2, 'entry', 'entries')]).toEqual([
    '1 picture',
    '5,000 pictures',
    '2 entries',
  ]);
});

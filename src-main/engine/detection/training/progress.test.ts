import { describe, expect, test } from 'vitest';
import {
  afterLine,
  notStarted,
  parseTrainingLine,
  type TrainingProgress,
  trainingCharts,
} from './progress.ts';

const told = (lines: readonly object[], from: TrainingProgress = notStarted): TrainingProgress =>
  lines.reduce<TrainingProgress>((before, line) => {
    const parsed = parseTrainingLine(JSON.stringify(line));
    return parsed ? afterLine(before, parsed) : before;
  }, from);

const start = { event: 'start', epochs: 4, folder: '/runs/train' };
const epoch = (number: number, map: number | null) => ({
  event: 'epoch',
  epoch: number,
  values: {
    'train/box_loss': 2 / number,
    'metrics/mAP50-95(B)': map,
    'val/box_loss': 1 / number,
    'lr/pg0': 0.1,
  },
});

describe('what the training script tells', () => {
  test('lines of libraries are not taken for its own', () => {
    for (const line of ['', 'Ultralytics 8', '{', '{"event": "other"}', '{"event": "epoch", "epoch": "x"}']) {
      expect(parseTrainingLine(line)).toBeUndefined();
    }
  });

  test('epochs become curves, and the best one is known', () => {
    const made = told([
      start,
      { event: 'progress', epoch: 1, fraction: 0.5, losses: {} },
      epoch(1, 0.2),
      epoch(2, 0.5),
      epoch(3, null),
    ]);
    expect(made).toMatchObject({ phase: 'training', epoch: 3, epochs: 4, fraction: 0.75 });
    expect(made.best).toEqual({ epoch: 2, figure: 'mAP 50-95', value: 0.5 });
    const charts = trainingCharts(made);
    expect(charts.map(({ id }) => id)).toEqual(['map', 'train', 'val', 'rate']);
    // What was no finite number is no point.
    expect(charts[0]?.series[0]).toEqual({
      name: 'mAP50-95(B)',
      points: [
        [1, 0.2],
        [2, 0.5],
      ],
    });
  });

  test('progress never falls, and ends whole', () => {
    const half = told([start, epoch(2, 0.1)]);
    expect(told([{ event: 'progress', epoch: 1, fraction: 0, losses: {} }], half).fraction).toBe(0.5);
    const end = told([{ event: 'trained', best: 'best.pt', last: 'last.pt' }], half);
    expect(end).toMatchObject({ phase: 'exporting', fraction: 1, weights: 'best.pt' });
  });

  test('a training that goes on replaces the epochs that it does again', () => {
    const stopped = told([start, epoch(1, 0.1), epoch(2, 0.2), epoch(3, 0.9)]);
    const again = told([start, epoch(3, 0.3), epoch(4, 0.4)], stopped);
    expect(again.series.get('metrics/mAP50-95(B)')).toEqual([
      [1, 0.1],
      [2, 0.2],
      [3, 0.3],
      [4, 0.4],
    ]);
    expect(again.best).toEqual({ epoch: 4, figure: 'mAP 50-95', value: 0.4 });
  });
});

import { z } from 'zod';
import type { DetectorTraining } from '../../../contract/detectors.ts';

const numbers = z.record(z.string(), z.number().nullable());

/** What the training script prints; see models/train. */
const ScriptLine = z.discriminatedUnion('event', [
  z.object({ event: z.literal('start'), epochs: z.int(), folder: z.string() }),
  z.object({
    event: z.literal('progress'),
    epoch: z.int(),
    fraction: z.number().min(0).max(1),
    losses: numbers,
  }),
  z.object({ event: z.literal('epoch'), epoch: z.int(), values: numbers }),
  z.object({ event: z.literal('trained'), best: z.string(), last: z.string() }),
  z.object({ event: z.literal('exported'), folder: z.string() }),
  z.object({ event: z.literal('error'), kind: z.string(), message: z.string() }),
]);
type ScriptLine = z.infer<typeof ScriptLine>;

/** @returns nothing for a line that a library printed. */
export function parseTrainingLine(line: string): ScriptLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return ScriptLine.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** How far a training is: all that its lines have told. Folders are paths. */
export interface TrainingProgress {
  readonly phase: 'starting' | 'training' | 'exporting';
  /** Counts from 1; 0 before the first. */
  readonly epoch: number;
  readonly epochs: number;
  /** 0..1 of all epochs. */
  readonly fraction: number;
  /** By Ultralytics' names, an epoch and its value each. */
  readonly series: ReadonlyMap<string, ReadonlyArray<readonly [epoch: number, value: number]>>;
  readonly best: DetectorTraining['best'];
  readonly folder: string | null;
  readonly weights: string | null;
  readonly exported: string | null;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

export const notStarted: TrainingProgress = {
  phase: 'starting',
  epoch: 0,
  epochs: 0,
  fraction: 0,
  series: new Map(),
  best: null,
  folder: null,
  weights: null,
  exported: null,
  error: null,
};

/** What is known after one more line. A training that goes on tells its epochs where it is. */
export function afterLine(before: TrainingProgress, line: ScriptLine): TrainingProgress {
  switch (line.event) {
    case 'start':
      return { ...before, phase: 'training', epochs: line.epochs, folder: line.folder };
    case 'progress':
      return { ...before, fraction: part(before, line.epoch - 1 + line.fraction) };
    case 'epoch': {
      const { epoch, values } = line;
      const series = new Map(before.series);
      for (const [name, value] of Object.entries(values)) {
        // An epoch that is done again replaces what was told of it.
        const points = (series.get(name) ?? []).filter(([at]) => at < epoch);
        series.set(name, value === null ? points : [...points, [epoch, value]]);
      }
      return { ...before, epoch, series, best: bestOf(series), fraction: part(before, epoch) };
    }
    case 'trained':
      return { ...before, phase: 'exporting', fraction: 1, weights: line.best };
    case 'exported':
      return { ...before, exported: line.folder };
    case 'error':
      return { ...before, error: { kind: line.kind, message: line.message } };
  }
}

const part = ({ epochs, fraction }: TrainingProgress, epochsDone: number): number =>
  Math.min(1, Math.max(fraction, epochs > 0 ? epochsDone / epochs : 0));

/** Ultralytics' figures by which epochs are compared, boxes before outlines and poses. */
const figures = [
  ['metrics/mAP50-95(B)', 'mAP 50-95'],
  ['metrics/accuracy_top1', 'accuracy'],
] as const;

function bestOf(series: TrainingProgress['series']): TrainingProgress['best'] {
  let best: TrainingProgress['best'] = null;
  const [name, figure] = figures.find(([key]) => series.has(key)) ?? figures[0];
  for (const [epoch, value] of series.get(name) ?? []) {
    if (best === null || value > best.value) best = { epoch, figure, value };
  }
  return best;
}

const charts = [
  { id: 'map', title: 'Precision and recall', unit: 'share', pattern: /^metrics\/(.*)$/ },
  { id: 'train', title: 'Loss in training', unit: 'number', pattern: /^train\/(.*)$/ },
  { id: 'val', title: 'Loss on the validation set', unit: 'number', pattern: /^val\/(.*)$/ },
  { id: 'rate', title: 'Learning rate', unit: 'number', pattern: /^lr\/(.*)$/ },
] as const;

/** The curves of a training, those of one kind in one chart. Empty ones are left out. */
export function trainingCharts({ series }: TrainingProgress): DetectorTraining['charts'] {
  return charts.flatMap(({ id, title, unit, pattern }): DetectorTraining['charts'] => {
    const curves = [...series].flatMap(([name, points]) => {
      const [, own] = pattern.exec(name) ?? [];
      return own ? [{ name: own, points: points.map(([at, value]): [number, number] => [at, value]) }] : [];
    });
    return curves.length > 0 ? [{ id, title, unit, series: curves }] : [];
  });
}

import { basename, dirname } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { type ComparisonView, paretoCosts, type RunChart, type RunView } from '../../contract/compression.ts';
import type { FileHandle } from '../../contract/files.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import {
  adviceFor,
  type Comparison,
  compareRuns,
  derive,
  type Following,
  followRunFolder,
  type HeatMap,
  heatMapOf,
  lineChart,
  percent,
  type Run,
  readRunFolder,
  type Series,
  thousands,
  trainingReport,
} from '../compression/index.ts';
import { Measuring } from './compression-measure.ts';
import type { Handles } from './handles.ts';

interface Parts {
  readonly handles: Handles;
  readonly openvino: () => Promise<NodeAddon>;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type CompressionMethod = Extract<keyof Handlers, `compression.${string}`>;

/**
 * Answers `compression.*`: one run at a time is followed, and told anew whenever one of its files changes; several are
 * compared; models are measured one set at a time.
 */
export function compressionHandlers({ handles, openvino, emit }: Parts): {
  readonly handlers: Pick<Handlers, CompressionMethod>;
  close(): Promise<void>;
} {
  let following: Following | undefined;
  let measuring: Measuring | undefined;
  /** Trainings that are compared are read once. */
  const compared = new Map<string, Promise<Run>>();
  const runOf = (handle: string): Promise<Run> => {
    const known = compared.get(handle) ?? readRunFolder(handles.path(handle));
    compared.set(handle, known);
    known.catch(() => compared.delete(handle));
    return known;
  };
  async function close(): Promise<void> {
    const last = following;
    following = undefined;
    await last?.close();
  }
  return {
    handlers: {
      'compression.open': async ({ handle }) => {
        const path = handles.path(handle);
        const described = await handles.describe(handle);
        await close();
        let first = true;
        return new Promise<RunView>((resolve, reject) => {
          followRunFolder(path, ({ run }) => {
            const view = viewOf(described, run);
            if (first) resolve(view);
            else emit('compression.changed', view);
            first = false;
          }).then((started) => {
            following = started;
          }, reject);
        });
      },
      'compression.close': async () => {
        await close();
        return {};
      },
      'compression.compare': async ({ handles: chosen, choices }) => {
        for (const known of compared.keys()) if (!chosen.includes(known)) compared.delete(known);
        const named = await Promise.all(
          chosen.map(async (handle) => ({ name: nameOf(handles.path(handle)), run: await runOf(handle) })),
        );
        return comparisonView(compareRuns(named, choices));
      },
      'compression.drawing': ({ title, xLabel, series, bands }) => {
        const end = Math.max(0, ...series.map(({ points }) => points.at(-1)?.[0] ?? 0));
        return {
          svg: lineChart({
            title,
            xLabel,
            series,
            bands: bands.map(({ name, from, to }) => ({ name, from, to: to ?? end })),
          }),
        };
      },
      'compression.report': async ({ handle }) => {
        const run = await readRunFolder(handles.path(handle));
        const derived = derive(run);
        return {
          html: trainingReport({ run, derived, advice: adviceFor({ run, derived }), at: new Date() }),
        };
      },
      'compression.measure': async ({ models, seconds, hint, examples }) => {
        measuring?.cancel();
        measuring = new Measuring({
          openvino,
          models: models.map((handle) => handles.path(handle)),
          seconds,
          hint,
          examples: examples === null ? null : handles.path(examples),
          emit: (view) => emit('compression.measured', view),
        });
        void measuring.run();
        return { id: measuring.id };
      },
      'compression.cancelMeasuring': () => {
        measuring?.cancel();
        return {};
      },
    },
    async close() {
      measuring?.cancel();
      await close();
    },
  };
}

/** The output folder is often just called `output`: the one above tells it apart. */
function nameOf(path: string): string {
  const name = basename(path);
  return /^(output|out|results?|run)$/i.test(name) ? `${basename(dirname(path))}/${name}` : name;
}

function comparisonView({ runs, overlays, settings, pareto }: Comparison): ComparisonView {
  return {
    runs: [...runs],
    overlays: overlays.map(({ metric, curves, range }) => ({
      metric,
      curves: curves.map(({ run, points, smoothed }) => ({
        run,
        points: (smoothed ?? points).map(([at, value]): [number, number] => [at, value]),
      })),
      range: range ? [range[0], range[1]] : null,
    })),
    settings: settings.map((row) => ({ ...row, values: [...row.values] })),
    pareto: pareto
      ? {
          metric: pareto.metric,
          lowerIsBetter: pareto.lowerIsBetter,
          candidates: pareto.candidates.map(({ stage: _, ...candidate }) => candidate),
          fronts: Object.fromEntries(
            paretoCosts.map((cost) => [cost, [...pareto.fronts[cost]]]),
          ) as NonNullable<ComparisonView['pareto']>['fronts'],
        }
      : null,
  };
}

function viewOf(handle: FileHandle, run: Run): RunView {
  const derived = derive(run);
  const { progress, stages, metric, losses, sparsity, structure, quantization, learningRate } = derived;
  const figures = [
    metric && {
      label: metric.key,
      value: `${metric.last.value.toFixed(4)} (best ${metric.best.value.toFixed(4)} at step ${metric.best.step})`,
    },
    sparsity.now && {
      label: 'Sparsity',
      value: `${percent(sparsity.now.model)} of the model, ${percent(sparsity.now.prunable)} of what can be pruned`,
    },
    structure && {
      label: 'Linear parameters',
      value: `${thousands.format(structure.denseParameters)} → ${thousands.format(structure.prunedParameters)}`,
    },
    quantization && {
      label: 'INT8',
      value: `${percent(quantization.parameterShare)} of linear and embedding weights`,
    },
  ];
  return {
    id: handle.id,
    name: handle.name,
    location: handle.location,
    step: progress.step ?? 0,
    maxSteps: progress.maxSteps ?? null,
    stepsPerSecond: finiteOrNull(progress.stepsPerSecond),
    timeLeft: progress.secondsLeft === undefined ? null : finiteOrNull(progress.secondsLeft * 1000),
    stages: stages.list.map(({ kind, from, to }) => ({ kind, from, to: to ?? null })),
    stage: stages.now,
    explanation: stages.masking?.explanation ?? null,
    figures: figures.filter((figure) => figure !== undefined),
    charts: [
      chart('quality', metric?.key ?? 'Quality', 'number', { [metric?.key ?? '']: metric?.series }),
      chart(
        'loss',
        'Loss',
        'number',
        Object.fromEntries(losses.parts.map(({ kind, series, weighted }) => [kind, weighted ?? series])),
      ),
      chart('sparsity', 'Sparsity', 'share', {
        model: sparsity.model,
        'what can be pruned': sparsity.prunable,
      }),
      chart('threshold', 'Importance threshold', 'number', {
        logged: derived.compared.threshold.logged,
        planned: derived.compared.threshold.expected,
      }),
      chart('factor', 'Regularisation factor', 'number', {
        logged: derived.compared.factor.logged,
        planned: derived.compared.factor.expected,
      }),
      chart('rate', 'Learning rate', 'number', { 'learning rate': learningRate }),
    ].filter(({ series }) => series.length > 0),
    heatMap: heatMapView(heatMapOf(run)),
    layers: (structure?.layers ?? []).map((layer) => ({
      layer: layer.layer,
      heads: layer.heads ? { ...layer.heads, ids: layer.heads.ids ? [...layer.heads.ids] : null } : null,
      feedForward: layer.feedForward ? { ...layer.feedForward, ids: null } : null,
      denseParameters: layer.denseParameters,
      prunedParameters: layer.prunedParameters,
    })),
    advice: adviceFor({ run, derived }).map(({ id, severity, title, evidence, change }) => ({
      id,
      severity,
      title,
      evidence: evidence.map(({ text, where }) => ({ text, where })),
      change,
    })),
    problems: run.problems
      .filter(({ severity }) => severity !== 'note')
      .map(({ file, message }) => ({ file, message })),
  };
}

function heatMapView(map: HeatMap | undefined): RunView['heatMap'] {
  if (!map) return null;
  const { layers, steps, values } = map;
  return { layers: [...layers], steps: [...steps], values: values.map((row) => [...row]) };
}

function chart(
  id: string,
  title: string,
  unit: RunChart['unit'],
  named: Readonly<Record<string, Series | undefined>>,
): RunChart {
  const series = Object.entries(named).flatMap(([name, points = []]) => {
    const finite = points.filter(({ value }) => Number.isFinite(value));
    return finite.length > 0
      ? [{ name, points: finite.map(({ step, value }): [number, number] => [step, value]) }]
      : [];
  });
  return { id, title, unit, series };
}

const finiteOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

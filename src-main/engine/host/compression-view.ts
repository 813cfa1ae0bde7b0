import type { QuantizationView, RunChart, RunView } from '../../contract/compression.ts';
import type { FileHandle } from '../../contract/files.ts';
import {
  adviceFor,
  algorithmsOf,
  type Budget,
  derive,
  type HeatMap,
  heatMapOf,
  isObject,
  newestIr,
  percent,
  type Quantization,
  type Run,
  type RunUpdate,
  ScopeMatcher,
  type Series,
  thousands,
} from '../compression/index.ts';

/** A training as a page shows it. */
export function runView(
  handle: FileHandle,
  { run, readPart }: Pick<RunUpdate, 'run' | 'readPart'>,
  budget: Budget | undefined,
): RunView {
  const derived = derive(run, budget);
  const { progress, stages, metric, losses, sparsity, structure, quantization, learningRate } = derived;
  const figures = [
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
    reading: readPart < 1 ? readPart : null,
    step: progress.step ?? 0,
    maxSteps: progress.maxSteps ?? null,
    stepsPerSecond: finiteOrNull(progress.stepsPerSecond),
    timeLeft: progress.secondsLeft === undefined ? null : finiteOrNull(progress.secondsLeft * 1000),
    stages: stages.list.map(({ kind, from, to }) => ({ kind, from, to: to ?? null })),
    stage: stages.now,
    explanation: stages.masking?.explanation ?? null,
    figures: figures.filter((figure) => figure !== undefined),
    charts: [
      chart('quality', metric?.key ?? 'Quality', 'number', {
        [metric?.key ?? '']: metric?.series,
        ...(metric?.budget ? { 'least allowed': limitOf(metric.series, metric.budget.limit) } : {}),
      }),
      chart(
        'loss',
        'Loss',
        'number',
        Object.fromEntries(losses.parts.map(({ kind, series, weighted }) => [kind, weighted ?? series])),
        {
          adds: losses.parts.length > 1 && losses.parts.every(({ weighted }) => weighted !== undefined),
          note: losses.parts.every(({ weighted }) => weighted !== undefined)
            ? `Each part with its weight: ${losses.parts.map(({ kind, weight }) => `${kind} × ${Number(weight?.toPrecision(3))}`).join(', ')}. Values are of the last batch before each row.`
            : 'Parts without their weights, which no file tells.',
        },
      ),
      chart(
        'eval_loss',
        'eval_loss',
        'number',
        { eval_loss: run.metrics['eval_loss'] },
        {
          note: run.metrics['compression_loss']
            ? 'It contains the terms of compression and distillation: don’t compare it across stages.'
            : null,
        },
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
    metric: metric
      ? {
          key: metric.key,
          last: metric.last.value,
          best: metric.best.value,
          bestStep: metric.best.step,
          limit: metric.budget?.limit ?? null,
          met: metric.budget?.met ?? null,
        }
      : null,
    histograms: Object.keys(run.histograms).length,
    quantization: quantization ? quantizationView(run, quantization) : null,
    layers: (structure?.layers ?? []).map((layer) => ({
      layer: layer.layer,
      name: layer.name,
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
  { adds = false, note = null }: { readonly adds?: boolean; readonly note?: string | null } = {},
): RunChart {
  const series = Object.entries(named).flatMap(([name, points = []]) => {
    const finite = points.filter(({ value }) => Number.isFinite(value));
    return finite.length > 0
      ? [{ name, points: finite.map(({ step, value }): [number, number] => [step, value]) }]
      : [];
  });
  return { id, title, unit, series, adds, note };
}

const finiteOrNull = (value: number | undefined): number | null =>
  value !== undefined && Number.isFinite(value) ? value : null;

/** A line at the limit, as long as what is held against it. */
const limitOf = (series: Series, limit: number): Series =>
  [series[0], series.at(-1)].flatMap((point) => (point ? [{ ...point, value: limit }] : []));

const classNames = {
  linear: 'Linear layers',
  embedding: 'Embeddings',
  product: 'Products of activations',
} as const;

/** Operations that are told by name. */
const mostOperations = 200;

function quantizationView(run: Run, quantization: Quantization): QuantizationView {
  const left = run.nncf?.notQuantized ?? [];
  const patterns = algorithmsOf(run.config?.source).flatMap(({ value }) =>
    isObject(value) && value['algorithm'] === 'quantization' ? [value['ignored_scopes']].flat() : [],
  );
  const scopes = new ScopeMatcher(left);
  const ignored = patterns
    .filter((pattern) => typeof pattern === 'string')
    .map((pattern) => scopes.match(pattern));
  const explained = new Set(ignored.flatMap(({ layers }) => layers));
  return {
    file: newestIr(run)?.path ?? '',
    classes: quantization.classes.map(({ class: kind, ...rest }) => ({ name: classNames[kind], ...rest })),
    floatWeights: [...quantization.floatWeights],
    floatInputs: [...quantization.floatInputs],
    ignored: ignored.map(({ pattern, layers }) => ({ pattern, operations: layers.slice(0, mostOperations) })),
    unexplained: left.filter((name) => !explained.has(name)).slice(0, mostOperations),
  };
}

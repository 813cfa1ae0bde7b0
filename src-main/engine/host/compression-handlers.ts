import type { RunChart, RunView } from '../../contract/compression.ts';
import type { FileHandle } from '../../contract/files.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import {
  adviceFor,
  derive,
  type Following,
  followRunFolder,
  type Run,
  type Series,
} from '../compression/index.ts';
import type { Handles } from './handles.ts';

interface Parts {
  readonly handles: Handles;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type CompressionMethod = Extract<keyof Handlers, `compression.${string}`>;

/** Answers `compression.*`: one run at a time is followed, and told anew whenever one of its files changes. */
export function compressionHandlers({ handles, emit }: Parts): {
  readonly handlers: Pick<Handlers, CompressionMethod>;
  close(): Promise<void>;
} {
  let following: Following | undefined;
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
    },
    close,
  };
}

const percent = (part: number | undefined): string =>
  part === undefined ? '–' : `${(part * 100).toFixed(1)} %`;
const thousands = new Intl.NumberFormat('en');

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

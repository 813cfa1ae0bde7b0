import { basename, dirname } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import {
  type ComparisonView,
  type OverlayView,
  paretoCosts,
  type RunView,
} from '../../contract/compression.ts';
import type { FileHandle } from '../../contract/files.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { Handlers } from '../../contract/wire.ts';
import {
  adviceFor,
  type Budget,
  type Comparison,
  compareRuns,
  derive,
  distributionLines,
  type Following,
  followRunFolder,
  heatMapChart,
  lineChart,
  type NamedRun,
  newestIr,
  type Overlay,
  overlayOf,
  type Run,
  type RunUpdate,
  readRunFolder,
  trainingReport,
  weightRanges,
} from '../compression/index.ts';
import { Measuring } from './compression-measure.ts';
import { runView } from './compression-view.ts';
import type { Handles } from './handles.ts';
import { giveFreeMemoryBack } from './heap.ts';

interface Parts {
  readonly handles: Handles;
  readonly openvino: () => Promise<NodeAddon>;
  /** What models may lose of their metric, if a person said so. */
  readonly budget: () => Budget | undefined;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type CompressionMethod = Extract<keyof Handlers, `compression.${string}`>;

/**
 * Answers `compression.*`: one run at a time is followed, and told anew whenever one of its files changes; several are
 * compared; models are measured one set at a time.
 */
export function compressionHandlers({ handles, openvino, budget, emit }: Parts): {
  readonly handlers: Pick<Handlers, CompressionMethod>;
  /** Tells the followed training again, with the budget of now. */
  retell(): void;
  close(): Promise<void>;
} {
  let following: Following | undefined;
  let followed: { readonly handle: FileHandle; readonly update: RunUpdate } | undefined;
  let measuring: Measuring | undefined;
  /** Trainings that are compared are read once. */
  const compared = new Map<string, Promise<Run>>();
  const runOf = (handle: string): Promise<Run> => {
    // The one that is followed is there already, and newer.
    if (followed?.handle.id === handle) return Promise.resolve(followed.update.run);
    const known = compared.get(handle);
    if (known) return known;
    const read = readRunFolder(handles.path(handle));
    compared.set(handle, read);
    read.then(giveFreeMemoryBack, () => compared.delete(handle));
    return read;
  };
  const namedRuns = (chosen: readonly string[]): Promise<NamedRun[]> =>
    Promise.all(
      chosen.map(async (handle) => ({ name: nameOf(handles.path(handle)), run: await runOf(handle) })),
    );
  async function close(): Promise<void> {
    const last = following;
    following = undefined;
    followed = undefined;
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
          followRunFolder(path, (update) => {
            followed = { handle: described, update };
            const view = runView(described, update, budget());
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
        const named = await namedRuns(chosen);
        // Curves are asked for when they are shown: there may be thousands.
        return comparisonView(compareRuns(named, { ...choices, metrics: [] }), named);
      },
      'compression.overlays': async ({ handles: chosen, choices, metrics }) => {
        const named = await namedRuns(chosen);
        const runs = named.map(({ run }) => run);
        // Of many curves over each other nobody sees a thousand points each.
        const points = Math.max(300, Math.min(1000, Math.round(6000 / runs.length)));
        return {
          overlays: metrics.map((metric) =>
            overlayView(overlayOf(runs, metric, { ...choices, points }), runs),
          ),
        };
      },
      'compression.distributions': async ({ handle, wanted: text, most }) => {
        const { histograms } = await runOf(handle);
        const tags = Object.keys(histograms)
          .filter((tag) => tag.toLowerCase().includes(text.trim().toLowerCase()))
          .sort();
        return {
          found: tags.length,
          charts: tags.slice(0, most).map((tag) => ({
            id: tag,
            title: tag,
            unit: 'number' as const,
            series: distributionLines(histograms[tag] ?? []).map(({ name, points }) => ({
              name,
              points: points.map(([step, value]): [number, number] => [step, value]),
            })),
            adds: false,
            note: null,
          })),
        };
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
      'compression.drawHeatMap': (map) => ({ svg: heatMapChart(map) }),
      'compression.weights': async ({ handle }) => {
        const { folder, ...run } = await readRunFolder(handles.path(handle));
        const ir = newestIr({ folder, ...run });
        const ranges = ir ? await weightRanges(folder, ir) : [];
        return { ranges: ranges.map((range) => ({ ...range, codesUsed: range.codesUsed ?? null })) };
      },
      'compression.report': async ({ handle }) => {
        const run = await readRunFolder(handles.path(handle));
        const derived = derive(run, budget());
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
    retell: () => {
      if (followed) emit('compression.changed', runView(followed.handle, followed.update, budget()));
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

/** Metrics by what people look at first: quality, losses, what compression does; the rest follows by name. */
const order = [
  /^eval_(?!loss|runtime|samples|steps|jit|model)/,
  /^(?:eval_)?loss$|^(?:task|distillation|compression)_loss$/,
  /^compression\//,
];
const rankOf = (metric: string): number => {
  const rank = order.findIndex((kind) => kind.test(metric));
  return rank < 0 ? order.length : rank;
};

function comparisonView({ runs, settings, pareto }: Comparison, named: readonly NamedRun[]): ComparisonView {
  const metrics = [...new Set(named.flatMap(({ run }) => Object.keys(run.metrics)))];
  return {
    runs: [...runs],
    metrics: metrics.sort((one, other) => rankOf(one) - rankOf(other) || (one < other ? -1 : 1)),
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

function overlayView({ metric, curves, range }: Overlay, runs: readonly Run[]): OverlayView {
  const compressed = runs.some((run) => 'compression_loss' in run.metrics);
  return {
    metric,
    curves: curves.map(({ run, points, smoothed }) => ({
      run,
      // A copy of each of thousands only for its type would be too many.
      points: (smoothed ?? points) as [number, number][],
    })),
    range: range ? [range[0], range[1]] : null,
    note:
      metric === 'eval_loss' && compressed
        ? 'It contains the terms of compression and distillation: don’t compare it across stages, nor with a training without them.'
        : null,
  };
}

import { basename } from 'node:path';
import type { Advice } from '../advice/rule.ts';
import { type MeasuredTable, tableCells } from '../benchmark/table.ts';
import { curveOf } from '../compare/curve.ts';
import { heatMapOf } from '../derive/heat-map.ts';
import type { Derived } from '../derive/index.ts';
import type { Run, Series } from '../types.ts';
import { percent, thousands } from '../words.ts';
import { type ChartSeries, lineChart } from './chart.ts';
import { escapeText } from './escape.ts';
import { heatMapChart } from './heat-map-chart.ts';
import { page, paragraph, section, table } from './page.ts';

export interface ReportInput {
  readonly run: Run;
  readonly derived: Derived;
  readonly advice: readonly Advice[];
  readonly measured?: MeasuredTable;
  /** When the report is made; it stands in it. */
  readonly at: Date;
}

/** One training as a page that stands by itself: advice, figures, stages, charts, structure, measured models. */
export function trainingReport({ run, derived, advice, measured, at }: ReportInput): string {
  const heat = heatMapOf(run);
  return page(
    basename(run.folder) || run.folder,
    `${run.folder} · ${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    [
      section('Advice', ...advice.map(adviceCard)),
      section('Figures', table(['', ''], figures(derived))),
      section(
        'Stages',
        table(['Stage', 'From step', 'To step'], stageRows(derived)),
        derived.stages.masking ? paragraph(derived.stages.masking.explanation, 'dim') : '',
      ),
      section('Charts', ...charts(run, derived)),
      section('Structure', ...structure(derived)),
      heat
        ? section(
            'Sparsity of each layer',
            paragraph(
              heat.from === 'log'
                ? 'Zeros among weights, as NNCF’s log tells when an epoch begins.'
                : 'What the saved models lack of the dense size.',
              'dim',
            ),
            heatMapChart(heat),
          )
        : '',
      measured ? section('Measured', ...measuredParts(measured)) : '',
      section(
        'Files',
        run.problems.length === 0
          ? ''
          : table(
              ['File', 'What is wrong with it'],
              run.problems.map(({ file, message }) => [file, message]),
            ),
      ),
    ],
  );
}

function measuredParts(measured: MeasuredTable): string[] {
  const [head = [], ...rows] = tableCells(measured);
  return [table(head, rows), ...measured.conditions.map((condition) => paragraph(condition, 'dim'))];
}

function adviceCard({ severity, title, evidence, change }: Advice): string {
  const list = evidence.map(
    ({ text, where }) => `<li>${escapeText(text)} <span class="dim">${escapeText(where)}</span></li>`,
  );
  return `<div class="advice ${severity}"><h3>${escapeText(title)}</h3><ul>${list.join('')}</ul>${paragraph(change)}</div>`;
}

function figures({ progress, metric, sparsity, structure: sizes, quantization }: Derived): string[][] {
  const rows: Array<[string, string] | undefined> = [
    [
      'Step',
      `${thousands.format(progress.step ?? 0)}${progress.maxSteps ? ` of ${thousands.format(progress.maxSteps)}` : ''}`,
    ],
    metric && [
      metric.key,
      `${metric.last.value.toFixed(4)}, best ${metric.best.value.toFixed(4)} at step ${metric.best.step}`,
    ],
    sparsity.now && [
      'Sparsity',
      `${percent(sparsity.now.model)} of the model, ${percent(sparsity.now.prunable)} of what can be pruned`,
    ],
    sizes && [
      'Parameters of linear layers',
      `${thousands.format(sizes.denseParameters)} → ${thousands.format(sizes.prunedParameters)}`,
    ],
    quantization && [
      'INT8',
      `${percent(quantization.parameterShare)} of the weights of linear layers and embeddings`,
    ],
  ];
  return rows.filter((row) => row !== undefined);
}

const stageRows = ({ stages }: Derived): string[][] =>
  stages.list.map(({ kind, from, to }) => [kind, String(from), to === undefined ? 'end' : String(to)]);

function charts(run: Run, derived: Derived): string[] {
  const { losses, sparsity, metric, compared, learningRate } = derived;
  const end = derived.progress.step ?? 0;
  const bands = derived.stages.list.map(({ kind, from, to }) => ({ name: kind, from, to: to ?? end }));
  const line = (name: string, series: Series): ChartSeries => ({
    name,
    points: curveOf(series, 'step').points,
  });
  const draw = (title: string, series: readonly ChartSeries[], share = false): string =>
    series.some(({ points }) => points.length > 0)
      ? lineChart({ title, xLabel: 'step', series, bands, share })
      : '';
  const evaluation = run.metrics['eval_loss'];
  return [
    metric ? draw(metric.key, [line(metric.key, metric.series)]) : '',
    draw('Losses, with their weights', [
      line('total, mean since the row before', losses.total),
      ...losses.parts.map(({ kind, series, weighted }) => line(kind, weighted ?? series)),
    ]),
    draw(
      'Sparsity',
      [line('of the model', sparsity.model), line('of what can be pruned', sparsity.prunable)],
      true,
    ),
    draw('Importance threshold', [
      line('logged', compared.threshold.logged),
      line('by the schedule', compared.threshold.expected),
    ]),
    draw('Regularisation factor', [
      line('logged', compared.factor.logged),
      line('by the schedule', compared.factor.expected),
    ]),
    draw('Learning rate', [line('learning rate', learningRate)]),
    evaluation
      ? draw('Evaluation loss; not to be compared across stages', [line('eval_loss', evaluation)])
      : '',
  ];
}

function structure({ structure: sizes }: Derived): string[] {
  if (!sizes) return [];
  const rows = sizes.layers.map(({ name, heads, feedForward, denseParameters, prunedParameters }) => [
    `layer ${name}`,
    heads ? `${heads.kept} of ${heads.dense}${heads.ids ? ` (${heads.ids.join(', ') || 'none'})` : ''}` : '–',
    feedForward ? `${feedForward.kept} of ${feedForward.dense}` : '–',
    thousands.format(denseParameters),
    thousands.format(prunedParameters),
    percent(denseParameters === 0 ? undefined : prunedParameters / denseParameters),
  ]);
  return [table(['', 'Heads kept', 'Feed-forward width', 'Dense weights', 'Weights now', 'Left'], rows)];
}

import type { Comparison } from '../compare/index.ts';
import { lineChart } from './chart.ts';
import { page, paragraph, section, table } from './page.ts';

/** Several trainings as a page that stands by itself: settings that differ, models on the front, overlays. */
export function comparisonReport({ runs, overlays, settings, pareto }: Comparison, at: Date): string {
  const different = settings.filter(({ differs }) => differs);
  const same = settings.length - different.length;
  return page(runs.join(' · '), `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`, [
    section(
      'Settings that differ',
      different.length === 0
        ? paragraph('None.')
        : table(
            ['', ...runs],
            different.map(({ name, values }) => [
              name,
              ...values.map((value) => (value === null ? '–' : String(value))),
            ]),
          ),
      same > 0 ? paragraph(`${same} settings are the same.`, 'dim') : '',
    ),
    pareto
      ? section(
          `Models: ${pareto.metric} against what they cost`,
          paragraph('A star marks what no other model beats in both.', 'dim'),
          table(
            ['', 'Step', 'Stage', pareto.metric, 'Size', 'Parameters', 'Sparsity', 'Latency', 'Throughput'],
            pareto.candidates.map(({ run, checkpoint, step, stage, metric, costs }, index) => {
              const star = (cost: keyof typeof pareto.fronts, text: string): string =>
                costs[cost] === undefined ? '–' : `${text}${pareto.fronts[cost].includes(index) ? ' ★' : ''}`;
              return [
                `${runs[run]}${checkpoint === '' ? '' : ` ${checkpoint}`}`,
                step === null ? '–' : String(step),
                stage,
                metric.toFixed(4),
                star('bytes', `${((costs.bytes ?? 0) / 1e6).toFixed(2)} MB`),
                star('parameters', new Intl.NumberFormat('en').format(costs.parameters ?? 0)),
                star('sparsity', `${((costs.sparsity ?? 0) * 100).toFixed(1)} %`),
                star('latency', `${(costs.latency ?? 0).toFixed(2)} ms`),
                star('throughput', `${(costs.throughput ?? 0).toFixed(0)} /s`),
              ];
            }),
          ),
        )
      : '',
    section(
      'Curves',
      ...overlays.map(({ metric, axis, curves }) =>
        curves.every(({ points }) => points.length < 2)
          ? ''
          : lineChart({
              title: metric,
              xLabel: axis === 'time' ? 'seconds since its first point' : axis,
              series: curves.map(({ run, points, smoothed }) => ({
                name: runs[run]!,
                points: smoothed ?? points,
              })),
            }),
      ),
    ),
  ]);
}

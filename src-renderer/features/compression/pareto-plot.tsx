import { useRef, useState } from 'react';
import { type ComparisonView, type ParetoCost, paretoCosts } from '../../../src-main/contract/index.ts';
import { saveCsv, savePng, saveSvg } from '../../ui/files.ts';
import { Segmented } from '../../ui/parts.tsx';
import { SaveMenu, saveItems } from '../../ui/save-menu.tsx';
import { standingSvg } from '../../ui/standing-svg.ts';

const titles: Readonly<Record<ParetoCost, string>> = {
  bytes: 'Size',
  parameters: 'Parameters',
  sparsity: 'Sparsity',
  latency: 'Latency',
  throughput: 'Throughput',
};

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
const formats: Readonly<Record<ParetoCost, (value: number) => string>> = {
  bytes: (value) => `${(value / 1e6).toFixed(1)} MB`,
  parameters: (value) => compact.format(value),
  sparsity: (value) => `${(value * 100).toFixed(0)} %`,
  latency: (value) => `${value.toFixed(1)} ms`,
  throughput: (value) => `${compact.format(value)} /s`,
};

const field = { width: 640, height: 260, left: 64, bottom: 36, top: 12, right: 16 } as const;

/** Each model by its quality and its cost; a line joins those that no other beats in both. */
export function ParetoPlot({ comparison: { runs, pareto } }: { readonly comparison: ComparisonView }) {
  const known = paretoCosts.filter((cost) =>
    pareto?.candidates.some(({ costs }) => costs[cost] !== undefined),
  );
  const [chosen, setChosen] = useState<ParetoCost | null>(null);
  const drawing = useRef<SVGSVGElement>(null);
  const cost = chosen !== null && known.includes(chosen) ? chosen : known[0];
  if (!pareto || !cost) return null;
  const points = pareto.candidates.flatMap((candidate, index) => {
    const x = candidate.costs[cost];
    return x === undefined ? [] : [{ ...candidate, index, x, y: candidate.metric }];
  });
  const across = scaleOf(
    points.map(({ x }) => x),
    field.left,
    field.width - field.right,
  );
  const up = scaleOf(
    points.map(({ y }) => y),
    field.height - field.bottom,
    field.top,
  );
  const front = new Set(pareto.fronts[cost]);
  const line = points
    .filter(({ index }) => front.has(index))
    .sort((a, b) => a.x - b.x)
    .map(({ x, y }) => `${across.at(x)},${up.at(y)}`)
    .join(' ');
  const best = points.filter(({ index }) => front.has(index));
  const named = best.filter(({ run }, place) => best.findIndex((other) => other.run === run) === place);
  const title = `${pareto.metric} against cost`;
  const drawn = (): string => (drawing.current ? standingSvg(drawing.current) : '');
  const saveTable = (): void =>
    saveCsv(`quality-${cost}`, [
      ['run', 'checkpoint', 'step', pareto.metric, cost, 'not beaten in both'],
      ...points.map(({ run, checkpoint, step, index, x, y }) => [
        runs[run] ?? '',
        checkpoint || 'result',
        step,
        y,
        x,
        front.has(index) ? 'yes' : 'no',
      ]),
    ]);
  return (
    <section className="section" aria-label="Quality against cost">
      <div className="row spread">
        <h2>{title}</h2>
        <div className="row">
          <Segmented
            label="Cost"
            value={cost}
            options={known.map((name) => [name, titles[name]] as const)}
            onChange={setChosen}
          />
          <SaveMenu
            title={title}
            items={saveItems({
              png: () => savePng(`quality-${cost}`, drawn()),
              svg: () => saveSvg(`quality-${cost}`, drawn()),
              csv: saveTable,
            })}
          />
        </div>
      </div>
      <svg
        ref={drawing}
        className="pareto"
        viewBox={`0 0 ${field.width} ${field.height}`}
        role="img"
        aria-label={`${pareto.metric} against ${titles[cost].toLowerCase()}; ${best.length} of ${points.length} models are not beaten in both`}
      >
        {up.ticks.map((tick) => (
          <g key={tick}>
            <line x1={field.left} x2={field.width - field.right} y1={up.at(tick)} y2={up.at(tick)} />
            <text x={field.left - 8} y={up.at(tick) + 4} textAnchor="end">
              {Number(tick.toPrecision(4))}
            </text>
          </g>
        ))}
        {across.ticks.map((tick) => (
          <text key={tick} x={across.at(tick)} y={field.height - 14} textAnchor="middle">
            {formats[cost](tick)}
          </text>
        ))}
        <polyline points={line} />
        {points.map(({ index, run, checkpoint, step, x, y }) => (
          <circle
            key={index}
            cx={across.at(x)}
            cy={up.at(y)}
            r={front.has(index) ? 6 : 4}
            style={{ fill: `var(--chart-${(run % 8) + 1})`, fillOpacity: front.has(index) ? 1 : 0.45 }}
          >
            <title>
              {`${runs[run]} ${checkpoint || 'result'}${step === null ? '' : `, step ${step}`}: ${y.toPrecision(4)} at ${formats[cost](x)}`}
            </title>
          </circle>
        ))}
        {named.map(({ index, run, x, y }) => {
          const right = across.at(x) > field.width / 2;
          return (
            <text
              key={index}
              className="point-name"
              x={across.at(x) + (right ? -11 : 11)}
              y={up.at(y) + 4}
              textAnchor={right ? 'end' : 'start'}
            >
              {runs[run]}
            </text>
          );
        })}
      </svg>
    </section>
  );
}

/** A scale with some air at both ends, and about four round numbers on it. */
function scaleOf(values: readonly number[], from: number, to: number) {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const air = (high - low || Math.abs(high) || 1) * 0.08;
  const [least, most] = [low - air, high + air];
  const rough = (most - least) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const ticks: number[] = [];
  for (let tick = Math.ceil(least / step) * step; tick <= most; tick += step) ticks.push(tick);
  return { ticks, at: (value: number): number => from + ((value - least) / (most - least)) * (to - from) };
}

import { stringify } from 'csv-stringify/sync';
import type { Accuracy } from '../accuracy/index.ts';
import { thousands } from '../words.ts';
import type { ModelFacts } from './facts.ts';
import type { Benchmark } from './index.ts';

/** What is known of one model. */
export interface MeasuredModel {
  readonly label: string;
  readonly facts: ModelFacts;
  readonly benchmark?: Benchmark;
  readonly accuracy?: Accuracy;
}

/** One row: absolute figures, and what they are against the dense model's. */
export interface MeasuredRow {
  readonly label: string;
  readonly bytes: number;
  /** Dense size divided by this one: 4 is a quarter of the size. */
  readonly sizeRatio: number;
  readonly parameters: number | null;
  readonly parameterRatio: number | null;
  /** 0 to 1. */
  readonly int8Share: number | null;
  /** Samples per second. */
  readonly throughput: number | null;
  /** Throughput divided by the dense one. */
  readonly speedUp: number | null;
  /** Median in milliseconds. */
  readonly latency: number | null;
  /** Dense latency divided by this one. */
  readonly latencyRatio: number | null;
  /** 0 to 1, with its interval. */
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  /** Accuracy minus the dense one. */
  readonly accuracyDifference: number | null;
  readonly f1: number | null;
}

export interface MeasuredTable {
  /** The dense model comes first. */
  readonly rows: readonly MeasuredRow[];
  /** Under what the figures were taken; more than one where models were not measured alike. */
  readonly conditions: readonly string[];
}

/** The table of the article about JPQD: compression, speed-up and accuracy, all against the dense model. */
export function measuredTable({
  dense,
  others,
}: {
  readonly dense: MeasuredModel;
  readonly others: readonly MeasuredModel[];
}): MeasuredTable {
  const all = [dense, ...others];
  const conditions = new Set(all.flatMap(({ benchmark }) => (benchmark ? [conditionOf(benchmark)] : [])));
  return { rows: all.map((model) => rowOf(model, dense)), conditions: [...conditions] };
}

function rowOf({ label, facts, benchmark, accuracy }: MeasuredModel, dense: MeasuredModel): MeasuredRow {
  const ratio = (over: number | undefined, under: number | undefined): number | null =>
    over === undefined || under === undefined || under === 0 ? null : over / under;
  const base = dense.accuracy?.accuracy;
  return {
    label,
    bytes: facts.bytes,
    sizeRatio: dense.facts.bytes / facts.bytes,
    parameters: facts.parameters ?? null,
    parameterRatio: ratio(dense.facts.parameters, facts.parameters),
    int8Share: facts.int8Share ?? null,
    throughput: benchmark?.throughput ?? null,
    speedUp: ratio(benchmark?.throughput, dense.benchmark?.throughput),
    latency: benchmark?.latency.median ?? null,
    latencyRatio: ratio(dense.benchmark?.latency.median, benchmark?.latency.median),
    accuracy: accuracy?.accuracy ?? null,
    accuracyInterval: accuracy?.interval ?? null,
    accuracyDifference: accuracy && base !== undefined ? accuracy.accuracy - base : null,
    f1: accuracy?.f1?.value ?? null,
  };
}

function conditionOf({ openvino, deviceName, precision, hint, requests, inputs }: Benchmark): string {
  const shape = inputs[0] ? `[${inputs[0].shape.join(', ')}]` : 'no inputs';
  return `OpenVINO ${openvino}, ${deviceName}, ${precision}, hint ${hint}, ${requests} at a time, inputs of ${shape}`;
}

const times = (value: number | null): string => (value === null ? '' : `${value.toFixed(2)}×`);
const percent = (value: number | null, digits = 1): string =>
  value === null ? '' : `${(value * 100).toFixed(digits)} %`;

interface Column {
  readonly title: string;
  readonly show: (row: MeasuredRow) => string;
}

/** Columns as a person reads them. Those without a single value are left out. */
const columns: readonly Column[] = [
  { title: 'Model', show: ({ label }) => label },
  { title: 'Size', show: ({ bytes }) => `${(bytes / 1e6).toFixed(2)} MB` },
  { title: 'Smaller', show: ({ sizeRatio }) => times(sizeRatio) },
  {
    title: 'Parameters',
    show: ({ parameters }) => (parameters === null ? '' : thousands.format(parameters)),
  },
  { title: 'Fewer', show: ({ parameterRatio }) => times(parameterRatio) },
  { title: 'INT8', show: ({ int8Share }) => percent(int8Share) },
  {
    title: 'Throughput',
    show: ({ throughput }) =>
      throughput === null ? '' : `${throughput.toFixed(throughput < 100 ? 2 : 0)} /s`,
  },
  { title: 'Speed-up', show: ({ speedUp }) => times(speedUp) },
  { title: 'Latency', show: ({ latency }) => (latency === null ? '' : `${latency.toFixed(2)} ms`) },
  {
    title: 'Accuracy',
    show: ({ accuracy, accuracyInterval }) =>
      accuracy === null || !accuracyInterval
        ? ''
        : `${percent(accuracy, 2)} (${accuracyInterval.map((end) => (end * 100).toFixed(2)).join('–')})`,
  },
  {
    title: 'Difference',
    show: ({ accuracyDifference }) =>
      accuracyDifference === null
        ? ''
        : `${accuracyDifference > 0 ? '+' : ''}${(accuracyDifference * 100).toFixed(2)}`,
  },
  { title: 'F1', show: ({ f1 }) => (f1 === null ? '' : f1.toFixed(4)) },
];

/** The cells as texts, the heads first: for a terminal, Markdown or a page. */
export function tableCells({ rows }: MeasuredTable): readonly (readonly string[])[] {
  const shown = columns.filter(({ show }) => rows.some((row) => show(row) !== ''));
  return [shown.map(({ title }) => title), ...rows.map((row) => shown.map(({ show }) => show(row)))];
}

/** A table in GitHub's Markdown, the conditions below it. */
export function tableMarkdown(table: MeasuredTable): string {
  const [heads = [], ...rows] = tableCells(table);
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')).join(' | ')} |`;
  const rule = heads.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(heads), line(rule), ...rows.map(line), '', ...table.conditions, ''].join('\n');
}

/** All figures with all digits, one row a model; empty cells where something wasn't measured. */
export function tableCsv({ rows }: MeasuredTable): string {
  return stringify(
    rows.map(({ accuracyInterval, ...row }) => ({
      ...row,
      accuracyLow: accuracyInterval?.[0],
      accuracyHigh: accuracyInterval?.[1],
    })),
    { header: true, escape_formulas: true },
  );
}

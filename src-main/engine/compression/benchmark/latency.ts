/** Milliseconds of single inferences. */
export interface Latency {
  readonly median: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly p90: number;
  readonly p95: number;
  readonly p99: number;
}

/** Percentiles are the value at ⌊n · p / 100⌋ of the sorted times, as benchmark_app counts. */
export function latencyOf(times: readonly number[]): Latency {
  const sorted = Float64Array.from(times).sort();
  const at = (percent: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN;
  return {
    median: at(50),
    average: sorted.reduce((sum, time) => sum + time, 0) / sorted.length,
    minimum: at(0),
    maximum: at(100),
    p90: at(90),
    p95: at(95),
    p99: at(99),
  };
}

/**
 * Round values between two ends, both within: steps of 1, 2 or 5 times a power of ten, whichever comes nearest to `count`
 * of them. The rule of d3-array's ticks (https://d3js.org/d3-array/ticks).
 */
export function ticks(from: number, to: number, count: number): number[] {
  if (!(Number.isFinite(from) && Number.isFinite(to)) || to < from) return [];
  if (from === to) return [from];
  const step = stepOf((to - from) / Math.max(1, count));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  const digits = Math.max(0, -Math.floor(Math.log10(step)));
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => {
    const value = (first + index) * step;
    // 3 · 0.1 isn't 0.3 in binary.
    return digits > 15 ? value : Number(value.toFixed(digits));
  });
}

function stepOf(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const error = wanted / power;
  // The geometric middles between 1, 2, 5 and 10.
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.sqrt(2) ? 2 : 1);
}

/** A number as an axis shows it: short, with k and M for large ones. */
export function tickLabel(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(4))}M`;
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  if (size !== 0 && size < 1e-3) return value.toExponential().replace(/(\.\d\d)\d+/, '$1');
  return String(Number(value.toPrecision(6)));
}

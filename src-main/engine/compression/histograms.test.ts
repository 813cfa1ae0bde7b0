import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quantileOf } from './derive/distributions.ts';
import { double, eventWith, message, varint } from './fixtures/shared.ts';
import { parseEventFile } from './ingest/event-file.ts';
import { HistogramTable } from './ingest/histograms.ts';

/** Written by SummaryWriter of torch 2.1.2; what TensorBoard 2.16.2's EventAccumulator reads in it lies beside. */
const folder = new URL('./fixtures/histograms/', import.meta.url);
interface Expected {
  readonly step: number;
  readonly min: number;
  readonly max: number;
  readonly limits: readonly number[];
  readonly counts: readonly number[];
}

describe('histograms', () => {
  test('of torch are read as TensorBoard reads them', () => {
    const bytes = readFileSync(fileURLToPath(new URL('events.out.tfevents.1700000000.torch', folder)));
    const expected = JSON.parse(
      readFileSync(fileURLToPath(new URL('expected.json', folder)), 'utf8'),
    ) as Record<string, Expected[]>;
    const { value, problems } = parseEventFile(bytes);
    expect(problems).toEqual([]);
    expect(Object.keys(value.histograms)).toEqual(Object.keys(expected));
    for (const [tag, list] of Object.entries(expected)) {
      const found = value.histograms[tag]!;
      expect(found.map(({ step }) => step)).toEqual(list.map(({ step }) => step));
      list.forEach(({ min, max, limits, counts }, index) => {
        const { edges, counts: kept } = found[index]!;
        expect([...kept]).toEqual(counts.slice(counts.findIndex((count) => count > 0)));
        expect([edges[0], edges.at(-1)]).toEqual([min, max]);
        // Limits between the outermost are the edges.
        for (const edge of edges.slice(1, -1)) expect(limits).toContain(edge);
      });
    }
    expect([...value.scalars.keys()]).toEqual(['train/loss']);
  });

  test('of TensorFlow 2 lie in a tensor, and are no scalars', () => {
    const rows = [-1, 0, 4, 0, 2, 6].flatMap((value) => [...new Uint8Array(Float64Array.of(value).buffer)]);
    const event = eventWith(7, 0, [
      ...message(1, 'weights'),
      // TensorProto: 1 dtype double, 4 tensor_content.
      ...message(8, [...varint(1, 2), 0x22, rows.length, ...rows]),
      ...message(9, message(1, message(1, 'histograms'))),
    ]);
    const { value } = parseEventFile(event);
    const [histogram] = value.histograms['weights']!;
    expect(histogram).toEqual({ step: 7, edges: Float64Array.of(-1, 0, 2), counts: Float64Array.of(4, 6) });
    expect(quantileOf(histogram!, 0.4)).toBe(0);
    expect(value.scalars.size).toBe(0);
  });

  test('that hold nothing, or are damaged, are left out', () => {
    const event = eventWith(0, 1, [...message(1, 'a'), ...message(5, [...double(1, 0), ...double(2, 1)])]);
    expect(parseEventFile(event).value.histograms).toEqual({});
  });

  test('stay in bounded memory, evenly over the steps', () => {
    const table = new HistogramTable();
    for (let step = 1; step <= 5000; step++)
      table.add('a', { step, edges: Float64Array.of(0, 1), counts: Float64Array.of(1) });
    const steps = table.now['a']!.map(({ step }) => step);
    expect(steps.length).toBeLessThanOrEqual(400);
    expect(steps.length).toBeGreaterThan(150);
    const gaps = steps.slice(1).map((step, index) => step - steps[index]!);
    expect(new Set(gaps).size).toBe(1);
  });
});

test('quantiles rise, and lie within the edges', () => {
  const histogram = fc
    .array(fc.tuple(fc.double({ min: 1e-3, max: 10, noNaN: true }), fc.nat(50)), {
      minLength: 1,
      maxLength: 20,
    })
    .filter((list) => list.some(([, count]) => count > 0))
    .map((list) => {
      const edges = [-3];
      for (const [width] of list) edges.push(edges.at(-1)! + width);
      return { edges: Float64Array.from(edges), counts: Float64Array.from(list.map(([, count]) => count)) };
    });
  fc.assert(
    fc.property(histogram, (one) => {
      const values = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1].map((part) => quantileOf(one, part));
      for (const [index, value] of values.entries()) {
        expect(value).toBeGreaterThanOrEqual(index === 0 ? one.edges[0]! : values[index - 1]! - 1e-9);
        expect(value).toBeLessThanOrEqual(one.edges.at(-1)! + 1e-9);
      }
    }),
  );
});

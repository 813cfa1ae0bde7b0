import { copyFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modelFacts } from './benchmark/facts.ts';
import { quantizationOf } from './derive/quantization.ts';
import { readModelLayers, readRunFolder } from './index.ts';
import { type IrSummary, parseIrSummary } from './ingest/ir.ts';
import { OnnxReader } from './ingest/onnx.ts';
import { weightRanges } from './weight-ranges.ts';

/** Its make.py says how they were made. */
const folder = join(import.meta.dirname, 'fixtures', 'onnx');
const dense = await readFile(join(folder, 'dense.onnx'));

function read(bytes: Uint8Array, chunk = bytes.length): OnnxReader {
  const reader = new OnnxReader();
  for (let at = 0; at < bytes.length; at += chunk) reader.push(bytes.subarray(at, at + chunk));
  return reader;
}

/** OpenVINO gives the last layer a number for a name. */
const layers = ({ linear }: IrSummary) =>
  linear
    .filter(({ module }) => module.startsWith('bert.'))
    .map(({ module, outputs, inputs, parameters, weightType, inputQuantized }) =>
      [module, outputs, inputs, parameters, weightType, inputQuantized].join(' '),
    )
    .sort();

test('a model in ONNX shows what OpenVINO makes of it', async () => {
  const onnx = read(dense).value!;
  const ir = parseIrSummary(await readFile(join(folder, 'dense.xml'), 'utf8')).value!;
  expect(layers(onnx)).toEqual(layers(ir));
  expect(layers(onnx)).toHaveLength(7);
  expect(onnx.linear.at(-1)).toMatchObject({ module: 'classifier', outputs: 2, inputs: 16 });
  const ranges = async (model: IrSummary, path: string) =>
    (await weightRanges(folder, { ...model, path }))
      .filter(({ module }) => module.startsWith('bert.'))
      .sort((one, other) => (one.module < other.module ? -1 : 1));
  expect(await ranges(onnx, 'dense.onnx')).toEqual(await ranges(ir, 'dense.xml'));
});

test('PyTorch’s newer exporter numbers operations and lays weights beside the file: names and sizes are found', async () => {
  const path = join(folder, 'newer.onnx');
  const newer = (await OnnxReader.read(path)).value!;
  expect(layers(newer)).toEqual(layers(read(dense).value!));
  const [own, beside] = [await stat(path), await stat(`${path}.data`)];
  expect((await modelFacts(path)).bytes).toBeGreaterThan(own.size + beside.size / 2);
  expect(newer.binBytes! - own.size).toBeLessThanOrEqual(beside.size);
  // It is the same model.
  const byModule = async (model: IrSummary, name: string) =>
    new Map((await weightRanges(folder, { ...model, path: name })).map((range) => [range.module, range]));
  expect(await byModule(newer, 'newer.onnx')).toEqual(await byModule(read(dense).value!, 'dense.onnx'));
  const elsewhere = newer.linear.map((layer) => ({ ...layer, file: '../../onnx.test.ts' }));
  expect(await weightRanges(folder, { ...newer, linear: elsewhere, path: 'newer.onnx' })).toEqual([]);
});

test('quantized weights are told as such, with the range that they stand for', async () => {
  const int8 = read(await readFile(join(folder, 'int8.onnx'))).value!;
  expect(
    new Set(int8.linear.map(({ weightType, inputQuantized }) => `${weightType} ${inputQuantized}`)),
  ).toEqual(new Set(['i8 true']));
  expect(int8.products.every(({ inputsQuantized }) => inputsQuantized)).toBe(true);
  expect(quantizationOf(int8)?.classes[0]).toMatchObject({ operations: 8, quantized: 8 });
  const ranges = await weightRanges(folder, { ...int8, path: 'int8.onnx' });
  const exact = await weightRanges(folder, { ...read(dense).value!, path: 'dense.onnx' });
  for (const { module, least, greatest } of exact) {
    const own = ranges.find((range) => range.module === module)!;
    const step = Math.max(-least, greatest) / 127;
    expect(Math.abs(own.least - least)).toBeLessThan(step);
    expect(Math.abs(own.greatest - greatest)).toBeLessThan(step);
  }
});

test.each(['nncf.onnx', 'nncf_qdq.onnx'])(
  'weights that %s holds in float and rounds are 8 bits',
  async (name) => {
    const made = read(await readFile(join(folder, name))).value!;
    const { classes, floatWeights } = quantizationOf(made)!;
    // Embeddings and the classifier are left out of it.
    expect(classes).toMatchObject([
      { class: 'linear', operations: 8, quantized: 7 },
      { class: 'embedding', quantized: 0 },
      { class: 'product', operations: 2, quantized: 2 },
    ]);
    expect(floatWeights.filter((module) => !module.includes('embeddings'))).toEqual(['classifier']);
    expect(new Set(made.linear.map(({ storedType }) => storedType))).toEqual(new Set(['f32']));
    const ranges = await weightRanges(folder, { ...made, path: name });
    expect(ranges).toHaveLength(8);
    for (const { greatest } of ranges) expect(greatest).toBeGreaterThan(0);
  },
);

test('in whatever pieces it comes, it is the same', () => {
  const whole = read(dense).value;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5_000 }), (chunk) => {
      expect(read(dense, chunk).value).toEqual(whole);
    }),
    { numRuns: 20 },
  );
});

test('what is cut off or damaged is told, and nothing is made of it', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: dense.length - 1 }), (length) => {
      const reader = read(dense.subarray(0, length));
      // Without what comes after the graph, such as the versions of operations, all is there that is asked for.
      const isWhole = reader.problems.length === 0;
      expect(reader.value === undefined).toBe(!isWhole);
      if (isWhole) expect(length).toBeGreaterThan(dense.length - 100);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const reader = read(bytes, 3);
      if (reader.value === undefined) expect(reader.problems).toHaveLength(1);
    }),
  );
  expect(read(Buffer.from('no model')).problems[0]?.message).toMatch(/damaged/);
});

test('its parameters are told when it is measured, and its layers when a configuration is made', async () => {
  const path = join(folder, 'dense.onnx');
  const [facts, ir] = [await modelFacts(path), await modelFacts(join(folder, 'dense.xml'))];
  expect(facts).toMatchObject({ bytes: dense.length, linearParameters: ir.linearParameters });
  // The embeddings stayed in float.
  const embeddings = read(dense).value!.embeddings.reduce((sum, { parameters }) => sum + parameters, 0);
  const linear = facts.linearParameters!;
  expect((await modelFacts(join(folder, 'int8.onnx'))).int8Share).toBeCloseTo(linear / (linear + embeddings));
  const [own, same] = [await readModelLayers(path), await readModelLayers(join(folder, 'dense.xml'))];
  expect(own.layers).toEqual(expect.arrayContaining([...same.layers]));
  expect(own.layers.map(({ name }) => name)).toContain(
    'BertForSequenceClassification/NNCFLinear[classifier]/linear_0',
  );
});

test('it is the model of a training’s folder where there is no IR', async () => {
  const run = await mkdtemp(join(tmpdir(), 'refinery-onnx-'));
  try {
    await copyFile(join(folder, 'dense.onnx'), join(run, 'model.onnx'));
    const { ir, problems } = await readRunFolder(run);
    expect(problems).toEqual([]);
    expect(ir).toMatchObject({ path: 'model.onnx', binBytes: dense.length, xmlBytes: 0 });
    expect(layers(ir!)).toHaveLength(7);
  } finally {
    await rm(run, { recursive: true });
  }
});

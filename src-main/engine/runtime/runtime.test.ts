import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeAddon } from 'openvino-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  compileWithFallback,
  findRuntimes,
  listDevices,
  loadOpenVino,
  NotSupportedByRuntime,
} from './index.ts';

type Core = InstanceType<NodeAddon['Core']>;
type Tensor = InstanceType<NodeAddon['Tensor']>;

interface Encoded {
  readonly type: string;
  readonly shape: number[];
  readonly base64: string;
}
type Case = { readonly inputs: Record<string, Encoded>; readonly outputs: Record<string, Encoded> };

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const golden = JSON.parse(readFileSync(fixture('golden.json'), 'utf8')) as Record<string, Case[]>;
const exact = { INFERENCE_PRECISION_HINT: 'f32' };

const arrays = { f32: Float32Array, u8: Uint8Array, i64: BigInt64Array } as const;

function decode({ type, base64 }: Encoded): Float32Array | Uint8Array | BigInt64Array {
  const bytes = Uint8Array.from(Buffer.from(base64, 'base64'));
  return new arrays[type as keyof typeof arrays](bytes.buffer);
}

/** The largest difference, relative where values are above one. */
function difference(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): number {
  expect(actual.length).toBe(expected.length);
  let most = 0;
  for (let index = 0; index < expected.length; index += 1) {
    const [a, b] = [Number(actual[index]), Number(expected[index])];
    most = Math.max(most, Math.abs(a - b) / Math.max(1, Math.abs(b)));
  }
  return most;
}

const candidates = await findRuntimes({
  explicit: '',
  cacheDir: (await import('../host/folders.ts')).userFolders('').cache,
  askPython: true,
});

/** Both implementations stand the same tests; one that this machine lacks is skipped by name. */
describe.each(['ffi', 'addon'] as const)('openvino-node over the %s', (implementation) => {
  const usable = candidates.some((found) => found.usable && found.implementation === implementation);
  describe.skipIf(!usable)(usable ? 'here' : 'which is not on this machine', () => {
    let ov: NodeAddon;
    let core: Core;
    let folder: string;
    beforeAll(async () => {
      ov = await loadOpenVino({ implementation });
      core = new ov.Core();
      folder = await mkdtemp(join(tmpdir(), 'refinery-runtime-'));
    });
    afterAll(() => rm(folder, { recursive: true, force: true }));

    const tensor = (encoded: Encoded): Tensor =>
      new ov.Tensor(encoded.type as never, encoded.shape, decode(encoded) as never);

    test.each(Object.keys(golden))('%s gives what Python gives', async (name) => {
      const compiled = await core.compileModel(await core.readModel(fixture(name)), 'CPU', exact);
      const request = compiled.createInferRequest();
      for (const { inputs, outputs } of golden[name] ?? []) {
        const given = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, tensor(value)]));
        const answers = { sync: request.infer(given), async: await request.inferAsync(given) };
        for (const [how, answer] of Object.entries(answers)) {
          expect(Object.keys(answer).sort(), how).toEqual(Object.keys(outputs).sort());
          for (const [key, expected] of Object.entries(outputs)) {
            expect(answer[key]?.getShape(), `${how} ${key}`).toEqual(expected.shape);
            expect(answer[key]?.getElementType(), `${how} ${key}`).toBe(expected.type);
            expect(
              difference(answer[key]!.data as never, decode(expected)),
              `${how} ${key}`,
            ).toBeLessThanOrEqual(1e-6);
          }
        }
      }
    });

    test('models are read from paths and from buffers, at once and later', async () => {
      const xml = await readFile(fixture('many.xml'));
      const bin = await readFile(fixture('many.bin'));
      const weights = new ov.Tensor('u8' as never, [bin.length], new Uint8Array(bin) as never);
      const models = [
        core.readModelSync(fixture('many.xml')),
        core.readModelSync(fixture('many.xml'), fixture('many.bin')),
        core.readModelSync(xml, bin),
        core.readModelSync(xml.toString(), weights),
        await core.readModel(fixture('many.xml')),
        await core.readModel(xml, bin),
        await core.readModel(xml.toString(), weights),
      ];
      for (const model of models) {
        expect(model.inputs.map(String)).toEqual(['a', 'b']);
        expect(model.outputs.map((port) => port.getAnyName())).toEqual(['sum', 'product']);
        expect(model.input('b').getShape()).toEqual([2, 3]);
        expect(model.input(0).getAnyName()).toBe('a');
        expect(model.output('product').getAnyName()).toBe('product');
        expect(model.getOutputSize()).toBe(2);
        expect(model.getOutputShape(1)).toEqual([2, 3]);
        expect(model.getName()).toBe('many');
        expect(model.isDynamic()).toBe(false);
      }
      expect((await core.readModel(await readFile(fixture('gemm.onnx')))).inputs.map(String)).toEqual(['x']);
    });

    test('a dynamic model is told apart, reshaped and cloned', () => {
      const model = core.readModelSync(fixture('dynamic.xml'));
      expect(model.isDynamic()).toBe(true);
      expect(model.input().getPartialShape().toString()).toBe('[1..64,4]');
      expect(() => model.input().getShape()).toThrow();
      const copy = model.clone();
      copy.reshape('[3,4]' as never);
      expect(copy.isDynamic()).toBe(false);
      expect(copy.input().getShape()).toEqual([3, 4]);
      expect(model.isDynamic()).toBe(true);
    });

    test('a compiled model tells its ports and properties, and goes through a file', async () => {
      const compiled = core.compileModelSync(fixture('convolution.xml'), 'CPU', exact);
      expect(compiled.input().getAnyName()).toBe('picture');
      expect(compiled.output(0).getShape()).toEqual([1, 4, 6, 6]);
      expect(compiled.inputs).toHaveLength(1);
      expect(compiled.outputs).toHaveLength(1);
      expect(Number(compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS'))).toBeGreaterThan(0);
      expect(compiled.getProperty('INFERENCE_PRECISION_HINT')).toBe('f32');
      const blob = compiled.exportModelSync();
      // What is imported takes its properties from the core; see docs/runtime.md.
      core.setProperty('CPU', exact);
      expect(blob.length).toBeGreaterThan(100);
      const input = tensor(golden['convolution.xml']![0]!.inputs['picture']!);
      const before = compiled.createInferRequest().infer([input])['features']!;
      for (const again of [core.importModelSync(blob, 'CPU'), await core.importModel(blob, 'CPU')]) {
        const after = again.createInferRequest().infer([input])['features']!;
        expect([...(after.data as Float32Array)]).toEqual([...(before.data as Float32Array)]);
      }
    });

    test('tensors go in and out in every way', async () => {
      const compiled = await core.compileModel(fixture('many.xml'), 'CPU', exact);
      const request = compiled.createInferRequest();
      const a = new ov.Tensor('f32' as never, [2, 3], Float32Array.from([1, 2, 3, 4, 5, 6]) as never);
      const b = new ov.Tensor('f32' as never, [2, 3], new Float32Array(6).fill(2) as never);
      const sum = new ov.Tensor('f32' as never, [2, 3]);
      request.setInputTensor(0, a);
      request.setTensor('b', b);
      request.setOutputTensor(0, sum);
      request.infer();
      expect([...(sum.data as Float32Array)]).toEqual([3, 4, 5, 6, 7, 8]);
      expect([...(request.getOutputTensor(1).data as Float32Array)]).toEqual([2, 4, 6, 8, 10, 12]);
      expect([...(request.getTensor('product').data as Float32Array)]).toEqual([2, 4, 6, 8, 10, 12]);
      expect([...(request.getTensor(compiled.output('sum')).data as Float32Array)]).toEqual([
        3, 4, 5, 6, 7, 8,
      ]);
      // The memory is shared: what is written into an input counts at the next inference.
      (a.data as Float32Array).fill(0);
      request.infer();
      expect([...(sum.data as Float32Array)]).toEqual([2, 2, 2, 2, 2, 2]);
      const arrays = request.infer([Float32Array.from([1, 1, 1, 1, 1, 1]) as never, b]);
      expect([...(arrays['sum']!.data as Float32Array)]).toEqual([3, 3, 3, 3, 3, 3]);
      expect(request.getCompiledModel().outputs).toHaveLength(2);
    });

    test('a tensor refuses what does not fit it', () => {
      expect(() => new ov.Tensor('f32' as never, [2, 2], new Float32Array(3) as never)).toThrow();
      expect(() => new ov.Tensor('f32' as never, [2], new Uint8Array(2) as never)).toThrow();
      const values = new ov.Tensor('f32' as never, [2, 2], Float32Array.from([1, 2, 3, 4]) as never);
      expect(values.getSize()).toBe(4);
      expect(values.isContinuous()).toBe(true);
      values.data = Float32Array.from([5, 6, 7, 8]) as never;
      expect([...(values.getData() as Float32Array)]).toEqual([5, 6, 7, 8]);
    });

    test('a queue runs all that is given to it, each with its own data', async () => {
      const compiled = await core.compileModel(fixture('many.xml'), 'CPU', exact);
      const queue = new ov.AsyncInferQueue(compiled, 3);
      const seen = new Map<number, number>();
      queue.setCallback((error, request, userData) => {
        expect(error).toBeNull();
        const { index } = userData as { index: number };
        seen.set(index, (request.getTensor('sum').data as Float32Array)[0] ?? -1);
      });
      const two = new Float32Array(6).fill(2);
      const runs = Array.from({ length: 50 }, (_, index) =>
        queue.startAsync({ a: new Float32Array(6).fill(index), b: two } as never, { index }),
      );
      await Promise.all(runs);
      queue.release();
      expect([...seen].sort(([a], [b]) => a - b)).toEqual(
        Array.from({ length: 50 }, (_, index) => [index, index + 2]),
      );
    });

    test('a PrePostProcessor puts conversions into the model', async () => {
      const model = await core.readModel(fixture('convolution.xml'));
      const processor = new ov.preprocess.PrePostProcessor(model);
      processor
        .input(0)
        .tensor()
        .setElementType('u8' as never)
        .setLayout('NHWC')
        .setShape([1, 16, 16, 3]);
      processor.input(0).preprocess().resize(ov.preprocess.resizeAlgorithm.RESIZE_LINEAR);
      processor.input(0).model().setLayout('NCHW');
      processor.build();
      expect(model.input().getShape()).toEqual([1, 16, 16, 3]);
      const compiled = await core.compileModel(model, 'CPU', exact);
      const answer = compiled.createInferRequest().infer([new Uint8Array(16 * 16 * 3).fill(9) as never]);
      expect(answer['features']?.getShape()).toEqual([1, 4, 6, 6]);
    });

    test('the core tells devices, versions and properties', () => {
      expect(core.getAvailableDevices()).toContain('CPU');
      expect(core.getVersions('CPU')['CPU']?.buildNumber).toMatch(/^2026\.4/);
      expect(ov.getOpenvinoVersion().buildNumber).toMatch(/^2026\.4/);
      expect(String(core.getProperty('CPU', 'FULL_DEVICE_NAME')).length).toBeGreaterThan(0);
      core.setProperty('CPU', { NUM_STREAMS: 2 });
      expect(Number(core.getProperty('CPU', 'NUM_STREAMS'))).toBe(2);
      core.setProperty('CPU', { NUM_STREAMS: 1 });
      const devices = listDevices(ov);
      expect(devices[0]?.id).toBe('AUTO');
      expect(devices.find(({ id }) => id === 'CPU')?.capabilities).toContain('FP32');
    });

    test('what is wrong is said, not crashed on', async () => {
      await expect(core.readModel(join(folder, 'nothing.xml'))).rejects.toThrow();
      expect(() => core.readModelSync(Buffer.from('<net/>'), Buffer.alloc(4))).toThrow();
      await expect(core.compileModel(fixture('many.xml'), 'NONSENSE')).rejects.toThrow();
      const compiled = await core.compileModel(fixture('many.xml'), 'CPU');
      const request = compiled.createInferRequest();
      expect(() => request.infer([new Float32Array(5) as never, new Float32Array(6) as never])).toThrow();
      expect(() => request.getTensor('nothing')).toThrow();
      expect(() => compiled.output()).toThrow();
      expect(() => compiled.input('nothing')).toThrow();
    });

    test('a device that is not there is left for one that is', async () => {
      const model = fixture('convolution.xml');
      const { device, fallbacks, precision } = await compileWithFallback({
        openvino: ov,
        model,
        device: 'GPU',
        precision: 'f32',
      });
      expect(precision).toBe('f32');
      expect(device).toBe('CPU');
      expect(fallbacks.map(({ device: left }) => left)).toContain('GPU');
    });
  });
});

describe.skipIf(!candidates.some(({ usable, implementation }) => usable && implementation === 'ffi'))(
  'the ffi implementation',
  () => {
    test('says by name what the C library has not', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      const model = core.readModelSync(fixture('many.xml'));
      expect(() => core.queryModel(model, 'CPU')).toThrow(NotSupportedByRuntime);
      expect(() => model.getOps()).toThrow(NotSupportedByRuntime);
      expect(() => model.setFriendlyName('other')).toThrow(NotSupportedByRuntime);
      expect(() => ov.saveModelSync(model, 'other.xml')).toThrow(NotSupportedByRuntime);
    });

    test('10,000 inferences and 500 compilations leave the memory as it was', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      const memory = (): number => process.memoryUsage.rss() / 1e6;
      const compile = async (): Promise<void> => {
        const model = await core.readModel(fixture('convolution.xml'));
        const compiled = await core.compileModel(model, 'CPU', exact);
        compiled.createInferRequest().infer([new Float32Array(192) as never]);
      };
      const compiled = await core.compileModel(fixture('many.xml'), 'CPU', exact);
      const request = compiled.createInferRequest();
      const infer = async (times: number): Promise<void> => {
        for (let index = 0; index < times; index += 1) {
          request.infer({ a: new Float32Array(6), b: new Float32Array(6) } as never);
          // What is no longer held is freed between turns of the event loop.
          if (index % 200 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
        }
      };
      await infer(2_000);
      for (let index = 0; index < 100; index += 1) await compile();
      const before = memory();
      await infer(10_000);
      const between = memory();
      for (let index = 0; index < 500; index += 1) await compile();
      const after = memory();
      expect(between - before).toBeLessThan(80);
      expect(after - between).toBeLessThan(80);
    });
  },
);

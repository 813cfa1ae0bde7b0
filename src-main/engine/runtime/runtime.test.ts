import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { NodeAddon } from 'openvino-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { propertyValue } from './ffi/properties.ts';
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

/** A network whose input has two names, and a type that JavaScript has no array for in openvino-node. */
const half = `<net name="half" version="11"><layers>
  <layer id="0" name="p" type="Parameter" version="opset1"><data shape="?,3" element_type="f16"/>
    <output><port id="0" precision="FP16" names="p,again"><dim>-1</dim><dim>3</dim></port></output></layer>
  <layer id="1" name="r" type="ReLU" version="opset1">
    <input><port id="0" precision="FP16"><dim>-1</dim><dim>3</dim></port></input>
    <output><port id="1" precision="FP16" names="r"><dim>-1</dim><dim>3</dim></port></output></layer>
  <layer id="2" name="o" type="Result" version="opset1">
    <input><port id="0" precision="FP16"><dim>-1</dim><dim>3</dim></port></input></layer>
</layers><edges>
  <edge from-layer="0" from-port="0" to-layer="1" to-port="0"/>
  <edge from-layer="1" from-port="1" to-layer="2" to-port="0"/>
</edges></net>`;

/** Collects what nobody holds, and lets its finalizers run. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) {
    collect();
    await sleep(5);
  }
}

/** What a function throws, as text. */
function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (thrown) {
    return String(thrown);
  }
  throw new Error('Nothing was thrown.');
}

const floats = (values: ArrayLike<number>): never => Float32Array.from(values) as never;

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

    test('a clone has the preprocessing and the shapes that its model was given', () => {
      const model = core.readModelSync(fixture('dynamic.xml'));
      model.reshape('8,4' as never);
      const before = new ov.preprocess.PrePostProcessor(model);
      before.input().tensor().setElementType('u8');
      before.build();
      model.reshape('9,4' as never);
      const after = new ov.preprocess.PrePostProcessor(model);
      after.output().tensor().setElementType('f64');
      after.build();
      // A clone of a clone as well.
      const compiled = core.compileModelSync(model.clone().clone(), 'CPU', exact);
      const answer = compiled.createInferRequest().infer([new Uint8Array(36).fill(1) as never]);
      expect(answer['probabilities']?.getShape()).toEqual([9, 5]);
      expect(answer['probabilities']?.getElementType()).toBe('f64');
      // Steps that were not built are no part of the model.
      new ov.preprocess.PrePostProcessor(model).input().tensor().setElementType('i32');
      const expected = core.compileModelSync(model, 'CPU', exact).createInferRequest();
      expect([...(answer['probabilities']!.data as Float64Array)]).toEqual([
        ...(expected.infer([new Uint8Array(36).fill(1) as never])['probabilities']!.data as Float64Array),
      ]);
    });

    test('of several ports none is taken without being named', () => {
      const model = core.readModelSync(fixture('many.xml'));
      expect(() => model.input()).toThrow();
      expect(() => model.output()).toThrow();
      expect(() => model.input(9)).toThrow();
      const processor = new ov.preprocess.PrePostProcessor(model);
      expect(() => processor.input()).toThrow();
      expect(() => processor.output()).toThrow();
      const request = core.compileModelSync(model, 'CPU', exact).createInferRequest();
      expect(() => request.getInputTensor()).toThrow();
      expect(() => request.getOutputTensor()).toThrow();
      expect(() => request.getOutputTensor(2)).toThrow();
      const tensor = new ov.Tensor('f32', [2, 3]);
      expect(() => request.setInputTensor(tensor)).toThrow();
      expect(() => request.setInputTensor(2, tensor)).toThrow();
      expect(() => request.setOutputTensor(tensor)).toThrow();
      const only = core.compileModelSync(fixture('convolution.xml'), 'CPU', exact).createInferRequest();
      expect(only.getInputTensor().getShape()).toEqual([1, 3, 8, 8]);
      expect(only.getOutputTensor().getShape()).toEqual([1, 4, 6, 6]);
    });

    test('constructors without arguments make objects that are collected like others', async () => {
      for (const name of ['Model', 'CompiledModel', 'InferRequest', 'Output'] as const) {
        expect(new ov[name]()).toBeInstanceOf(ov[name]);
      }
      // A finalizer that threw would end the run.
      await collectGarbage();
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

    test('a tensor of strings is made, filled and copied', () => {
      const strings = (made: Tensor): unknown => made.data;
      const empty = new ov.Tensor('string', [1, 2]);
      expect(strings(empty)).toEqual(['', '']);
      empty.data = ['Größe', ''] as never;
      expect(strings(empty)).toEqual(['Größe', '']);
      expect(empty.getShape()).toEqual([1, 2]);
      const given = new ov.Tensor(['a', 'b']);
      expect(given.getElementType()).toBe('string');
      given.data = ['c', 'd'] as never;
      const copy = new ov.Tensor(['x', 'y']);
      given.copyTo(copy);
      expect(strings(copy)).toEqual(['c', 'd']);
      expect(() => {
        given.data = ['one'] as never;
      }).toThrow();
      expect(() => {
        given.data = new Uint8Array(2);
      }).toThrow();
      expect(() => given.copyTo(new ov.Tensor('f32', [2]))).toThrow();
    });

    test('a tensor of a type and a shape takes a larger shape, also where a request has it', async () => {
      const compiled = core.compileModelSync(fixture('dynamic.xml'), 'CPU', exact);
      const request = compiled.createInferRequest();
      const rows = new ov.Tensor('f32', [1, 4]);
      request.setInputTensor(rows);
      expect(request.infer()['probabilities']?.getShape()).toEqual([1, 5]);
      rows.setShape([3, 4]);
      expect(rows.getSize()).toBe(12);
      rows.data = new Float32Array(12).fill(1);
      await collectGarbage();
      const grown = request.infer()['probabilities']!;
      expect(grown.getShape()).toEqual([3, 5]);
      const expected = request.infer([new ov.Tensor('f32', [3, 4], new Float32Array(12).fill(1))]);
      expect([...(grown.data as Float32Array)]).toEqual([
        ...(expected['probabilities']!.data as Float32Array),
      ]);
      rows.setShape([2, 4]);
      expect(rows.data.length).toBe(8);
      const given = new ov.Tensor('f32', [1, 4], new Float32Array(4));
      expect(() => given.setShape([3, 4])).toThrow();
    });

    test('a tensor over a Buffer gives and takes plain arrays', () => {
      const bytes = new ov.Tensor('u8', [3], Buffer.from(Uint8Array.of(1, 2, 3).buffer));
      expect(bytes.data.constructor.name).toBe('Uint8Array');
      bytes.data = Uint8Array.of(4, 5, 6);
      expect([...(bytes.data as Uint8Array)]).toEqual([4, 5, 6]);
    });

    test('a queue without user data gives none, and calls a callback that throws once', async () => {
      const compiled = await core.compileModel(fixture('many.xml'), 'CPU', exact);
      const queue = new ov.AsyncInferQueue(compiled, 1);
      const inputs = { a: new Float32Array(6), b: new Float32Array(6) } as never;
      const seen: unknown[] = [];
      queue.setCallback((_error, _request, userData) => void seen.push(userData));
      expect(await queue.startAsync(inputs)).toBeUndefined();
      queue.setCallback((error) => {
        seen.push(error);
        throw new Error('of the callback');
      });
      await expect(queue.startAsync(inputs)).rejects.toThrow('of the callback');
      expect(seen).toEqual([undefined, null]);
      queue.release();
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

    test('steps for one input count together, however they are reached', () => {
      const model = core.readModelSync(fixture('convolution.xml'));
      const processor = new ov.preprocess.PrePostProcessor(model);
      processor.input(0).tensor().setElementType('u8');
      processor.input('picture').tensor().setShape([1, 16, 16, 3]).setLayout('NHWC');
      processor.input().preprocess().resize('RESIZE_LINEAR');
      processor.input().model().setLayout('NCHW');
      processor.build();
      const compiled = core.compileModelSync(model, 'CPU', exact);
      expect(compiled.createInferRequest().getInputTensor().getElementType()).toBe('u8');
    });

    test('a version is printed with a text that is none of its keys', () => {
      for (const version of [ov.getOpenvinoVersion(), core.getVersions('CPU')['CPU']!]) {
        expect(String(version)).toContain(version.description);
        expect(String(version)).toContain(version.buildNumber);
        expect(String(version).trim().split('\n').length).toBeGreaterThan(1);
        expect(Object.keys(version).sort()).toEqual(['buildNumber', 'description']);
      }
      expect(core.getVersions('NOPE')).toEqual({});
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
      await expect(core.readModel(join(folder, 'nothing.xml'))).rejects.toThrow('nothing.xml');
      expect(messageOf(() => core.readModelSync(Buffer.alloc(0)))).not.toContain('nothing.xml');
      expect(() => core.importModelSync(new ov.Tensor('f32', [2]), 'CPU')).toThrow();
      expect(() => core.setProperty('CPU' as never)).toThrow();
      expect(() => core.setProperty(['CPU'] as never)).toThrow();
      expect(() => core.readModelSync(fixture('many.xml')).reshape(new Map([['c', '1,2']]))).toThrow();
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
      const processor = new ov.preprocess.PrePostProcessor(model);
      expect(() => processor.output(0).tensor().setLayout('NC')).toThrow(NotSupportedByRuntime);
      expect(() => new ov.Tensor(['a\0b'])).toThrow(NotSupportedByRuntime);
      const request = core.compileModelSync(model, 'CPU', exact).createInferRequest();
      expect(() => request.setOutputTensor(0, new ov.Tensor(['a']))).toThrow(NotSupportedByRuntime);
    });

    test('says of an empty object that it is one', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      expect(() => new ov.Model().isDynamic()).toThrow('This Model is empty');
      expect(() => new ov.Model().clone()).toThrow('This Model is empty');
      expect(() => core.compileModelSync(new ov.Model(), 'CPU')).toThrow('This Model is empty');
      expect(() => new ov.CompiledModel().createInferRequest()).toThrow('This CompiledModel is empty');
      expect(() => new ov.InferRequest().infer()).toThrow('This InferRequest is empty');
      expect(() => String(new ov.Output())).toThrow('This Output is empty');
      expect(() => new (ov.Output as never as new (...given: unknown[]) => unknown)(core, 5n)).toThrow(
        TypeError,
      );
    });

    test('says of each failure what is wrong with it, not with an earlier one', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      const model = core.readModelSync(fixture('many.xml'));
      const weights = new ov.Tensor('u8', [1]);
      for (const earlier of ['first.xml', 'second.xml']) {
        expect(messageOf(() => core.readModelSync(earlier))).toContain(earlier);
        // The C library gives no message for these.
        expect(messageOf(() => core.readModelSync('', weights))).toMatch(/from_memory_buffer failed: .*-14/);
        expect(messageOf(() => core.importModelSync(Buffer.alloc(0), 'CPU'))).toMatch(/import_model failed/);
      }
      await expect(core.readModel('third.xml')).rejects.toThrow('third.xml');
      expect(messageOf(() => model.input(9))).toContain('There is no input 9: there are 2');
      expect(messageOf(() => model.input(1.5))).toContain('There is no input 1.5');
      expect(messageOf(() => model.getOutputShape(-1))).toContain('There is no output -1');
      expect(() => model.getOutputShape(undefined as never)).toThrow(TypeError);
    });

    test('runs inferences of one request in turn, each with its own values', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      const request = core.compileModelSync(fixture('many.xml'), 'CPU', exact).createInferRequest();
      const one = new ov.Tensor('f32', [2, 3], floats([1, 1, 1, 1, 1, 1]));
      const values = Array.from({ length: 20 }, (_, index) => index);
      const pending = values.map((value) =>
        request.inferAsync([new ov.Tensor('f32', [2, 3], new Float32Array(6).fill(value)), one]),
      );
      expect(() => request.infer()).toThrow('busy');
      const failing = request.inferAsync({ nothing: one });
      const last = request.inferAsync([one, one]);
      await expect(failing).rejects.toThrow();
      const answers = [...(await Promise.all(pending)), await last];
      expect(answers.map(({ sum }) => (sum!.data as Float32Array)[5])).toEqual([
        ...values.map((value) => value + 1),
        2,
      ]);
    });

    test('knows a port by each of its names, and copies values that it can’t show', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const core = new ov.Core();
      const model = core.readModelSync(Buffer.from(half), Buffer.alloc(0));
      for (const name of ['p', 'again']) {
        expect(
          model
            .clone()
            .reshape(new Map([[name, '4,3']]))
            .output().shape,
        ).toEqual([4, 3]);
      }
      const processor = new ov.preprocess.PrePostProcessor(model.clone());
      processor.input('again').tensor().setShape([2, 3]);
      const request = core.compileModelSync(model, 'CPU').createInferRequest();
      const input = request.getTensor('again');
      input.setShape([1, 3]);
      const first = request.infer()['r']!;
      input.setShape([2, 3]);
      const second = request.infer()['r']!;
      expect([first.getShape(), second.getShape()]).toEqual([
        [1, 3],
        [2, 3],
      ]);
      expect(() => second.data).toThrow('f16');
      second.copyTo(request.getOutputTensor());
    });

    test('reads properties as what they stand for', () => {
      expect(['YES', 'NO', '4', '-0.5', '1e-05', '1e5', 'bf16'].map(propertyValue)).toEqual([
        true,
        false,
        4,
        -0.5,
        0.00001,
        '1e5',
        'bf16',
      ]);
      // More digits than a number holds.
      expect(propertyValue('18446744073709551615')).toBe('18446744073709551615');
    });

    test('keeps memory as long as somebody looks at it', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const request = new ov.Core().compileModelSync(fixture('many.xml'), 'CPU', exact).createInferRequest();
      const look = (): Float32Array => {
        request.setInputTensor(0, new ov.Tensor('f32', [2, 3], floats([1, 2, 3, 4, 5, 6])));
        return request.getTensor('a').data as Float32Array;
      };
      const seen = look();
      request.setInputTensor(0, new ov.Tensor('f32', [2, 3]));
      await collectGarbage();
      for (let index = 0; index < 50; index += 1) new Float32Array(6).fill(9);
      expect([...seen]).toEqual([1, 2, 3, 4, 5, 6]);
    });

    test('refuses what openvino-node leaves open', async () => {
      const ov = await loadOpenVino({ implementation: 'ffi' });
      const compiled = new ov.Core().compileModelSync(fixture('many.xml'), 'CPU', exact);
      const queue = new ov.AsyncInferQueue(compiled, 1);
      queue.setCallback(() => undefined);
      queue.release();
      expect(() => queue.release()).toThrow('released');
      await expect(queue.startAsync({})).rejects.toThrow('released');
      expect(() => new ov.Tensor('f32', [2, 3]).copyTo(new ov.Tensor('f32', [3, 2]))).toThrow('shapes');
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

import { setImmediate } from 'node:timers/promises';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../../contract/errors.ts';
import { inferInPlace, inferInPlaceSync, type Precision } from '../../runtime/index.ts';
import { readIr } from './facts.ts';
import { type Latency, latencyOf } from './latency.ts';
import {
  type CompiledModel,
  compileFor,
  precisionOf,
  propertyText,
  readModel,
  type Tensor,
} from './model.ts';
import { randomTensor } from './random-inputs.ts';
import { fixShapes, reshape, type Shapes } from './shapes.ts';

export type Hint = 'throughput' | 'latency';

export interface BenchmarkOptions {
  readonly openvino: NodeAddon;
  /** Path of an IR's .xml, its .bin beside it, or of an ONNX model. */
  readonly model: string;
  readonly device?: string;
  readonly precision?: Precision;
  readonly hint?: Hint;
  /** See {@link parseShapes}; open dimensions that aren't named get a usual size. */
  readonly shapes?: Shapes;
  /** How long to measure. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** Called about four times a second with the part of the time that is over, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface Benchmark {
  readonly model: string;
  /** The device that ran it, and its full name. */
  readonly device: string;
  readonly deviceName: string;
  readonly openvino: string;
  /** Type that the device computes in, such as f32 or bf16. */
  readonly precision: string;
  readonly hint: Hint;
  /** Inferences at a time. */
  readonly requests: number;
  readonly inputs: ReadonlyArray<{
    readonly name: string;
    readonly type: string;
    readonly shape: readonly number[];
  }>;
  /** First dimension of the first input. */
  readonly batch: number;
  readonly iterations: number;
  readonly seconds: number;
  /** Samples per second: iterations · batch / seconds. */
  readonly throughput: number;
  readonly latency: Latency;
  /** Milliseconds of compiling and of the inference for warm-up, which doesn't count. */
  readonly compileTime: number;
  readonly firstInference: number;
  readonly notes: readonly string[];
}

/**
 * Measures a model as OpenVINO's benchmark_app does: one inference for warm-up, then, for a time and up to a whole
 * round, as many at once as the device holds to be best for the hint, each request on the same random inputs.
 * Latencies are taken around each call, so that they contain what calling from JavaScript costs: some 20 µs, or 2 where
 * one request runs at a time, which then runs on this thread.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `BAD_REQUEST` for shapes that the
 *   model can't have, `DEVICE_UNAVAILABLE`, `RUNTIME_FAILED`, `CANCELLED`.
 */
export async function benchmark(options: BenchmarkOptions): Promise<Benchmark> {
  const { openvino, model: path, device = 'CPU', hint = 'throughput', shapes = {}, seconds = 10 } = options;
  if (!(seconds > 0 && seconds <= 86_400))
    throw new RefineryError('BAD_REQUEST', 'The time is 0 to 86,400 seconds.');
  const core = new openvino.Core();
  const model = await readModel(core, path);
  const fixed = fixShapes(model, shapes, await readIr(path));
  reshape(model, fixed.shapes);
  throwIfAborted(options.signal);
  const begun = performance.now();
  const compiled = await compileFor(core, model, device, {
    PERFORMANCE_HINT: hint.toUpperCase(),
    ...precisionOf(options.precision),
  });
  const compileTime = performance.now() - begun;
  // Compiling may give an input another of its names.
  const names = model.inputs.map((input) => input.getAnyName());
  const { lanes, inputs, notes } = prepare(openvino, compiled, names);
  const measured = await measure(lanes, seconds, options);
  const used =
    propertyText(() => compiled.getProperty('EXECUTION_DEVICES'))
      .split(/[\s,]+/)
      .filter(Boolean)[0] ?? device;
  const batch = inputs[0]?.shape[0] ?? 1;
  return {
    model: path,
    device: used,
    deviceName: propertyText(() => core.getProperty(used, 'FULL_DEVICE_NAME')).trim() || used,
    openvino: openvino.getOpenvinoVersion().buildNumber.split('-')[0] ?? '',
    precision: propertyText(() => compiled.getProperty('INFERENCE_PRECISION_HINT')) || 'f32',
    hint,
    requests: lanes.length,
    inputs,
    batch,
    iterations: measured.times.length,
    seconds: measured.seconds,
    throughput: (measured.times.length * batch) / measured.seconds,
    latency: latencyOf(measured.times),
    compileTime,
    firstInference: measured.first,
    notes: [...fixed.notes, ...notes],
  };
}

/** One inference at a time. */
interface Lane {
  readonly request: ReturnType<CompiledModel['createInferRequest']>;
  /** What to give to each inference: nothing where the request keeps its inputs, which takes less time. */
  readonly tensors: Tensor[];
}

function prepare(
  openvino: NodeAddon,
  compiled: CompiledModel,
  names: readonly string[],
): { lanes: Lane[]; inputs: Benchmark['inputs']; notes: string[] } {
  const best = Number(propertyText(() => compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS')));
  const notes = new Set<string>();
  const inputs: Array<Benchmark['inputs'][number]> = [];
  const lanes = Array.from({ length: best > 0 ? best : 1 }, (_, lane): Lane => {
    const request = compiled.createInferRequest();
    const tensors = names.map((name, index) => {
      const own = request.getInputTensor(index);
      const [type, shape] = [String(own.getElementType()), own.getShape()];
      if (lane === 0) inputs.push({ name, type, shape });
      const made = randomTensor(openvino, type, shape, lane * names.length + index);
      if (!made) notes.add(`${name} is ${type}; it is measured with whatever its memory holds.`);
      return made ?? own;
    });
    tensors.forEach((tensor, index) => {
      request.setInputTensor(index, tensor);
    });
    // Only over the C library does a request run without being given its inputs anew; they cost a sixth of a small model.
    return { request, tensors: 'run' in request ? [] : tensors };
  });
  return { lanes, inputs, notes: [...notes] };
}

/** Milliseconds after which this thread looks at what else is to be done. */
const breath = 100;

async function measure(
  lanes: readonly Lane[],
  seconds: number,
  { signal, onProgress }: BenchmarkOptions,
): Promise<{ times: number[]; seconds: number; first: number }> {
  const times: number[] = [];
  try {
    const before = performance.now();
    await inferInPlace(lanes[0]!.request, lanes[0]!.tensors);
    const start = performance.now();
    const first = start - before;
    let iterations = 0;
    let told = start;
    let paused = start;
    // Where an inference takes long, what its call costs doesn't show, and this thread must not wait.
    const alone = lanes.length === 1 && first < breath;
    const run = async ({ request, tensors }: Lane): Promise<void> => {
      for (;;) {
        const now = performance.now();
        // At the end of the time a round goes on until each request has had as many turns as the others.
        if (now - start >= seconds * 1000 && iterations % lanes.length === 0) return;
        throwIfAborted(signal);
        iterations++;
        if (now - told > 250) {
          told = now;
          onProgress?.(Math.min(1, (now - start) / (seconds * 1000)));
        }
        if (alone) inferInPlaceSync(request, tensors);
        else await inferInPlace(request, tensors);
        const after = performance.now();
        times.push(after - now);
        if (alone && after - paused > breath) {
          await setImmediate();
          paused = performance.now();
        }
      }
    };
    // All settle before anything is thrown: a request that runs must not lose its memory.
    const ended = await Promise.allSettled(lanes.map(run));
    const measured = (performance.now() - start) / 1000;
    const failed = ended.find((one) => one.status === 'rejected');
    if (failed) throw failed.reason;
    onProgress?.(1);
    return { times, seconds: measured, first };
  } catch (cause) {
    if (cause instanceof RefineryError) throw cause;
    throw new RefineryError('RUNTIME_FAILED', 'An inference failed while the model was measured.', { cause });
  }
}

function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new RefineryError('CANCELLED', 'The measuring was cancelled.');
}

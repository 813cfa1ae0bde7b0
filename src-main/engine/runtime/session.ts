import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';

type Core = InstanceType<NodeAddon['Core']>;
type CompiledModel = InstanceType<NodeAddon['CompiledModel']>;
type InferRequest = InstanceType<NodeAddon['InferRequest']>;
type Tensor = InstanceType<NodeAddon['Tensor']>;

/** `auto` leaves the choice to the device, which takes bf16 or f16 where it is fast in them. */
export const precisions = ['auto', 'f32', 'bf16', 'f16'] as const;
export type Precision = (typeof precisions)[number];

export interface CompileOptions {
  readonly openvino: NodeAddon;
  /** Path of an IR or ONNX file, or an IR's text and weights. */
  readonly model: string | { readonly xml: string; readonly weights: Uint8Array };
  /** `AUTO` or the name of a device; the others are tried after it. */
  readonly device: string;
  readonly precision: Precision;
  readonly performanceHint?: 'LATENCY' | 'THROUGHPUT';
  /** 0 or absent leaves it to OpenVINO. */
  readonly streams?: number;
  readonly threads?: number;
  /** Folder in which compiled models are kept; absent for none. */
  readonly cacheDir?: string;
  /** Fixed shapes of the inputs, by index, before compiling. */
  readonly shapes?: readonly string[];
  /** Looks at the compiled model and throws when the device gives wrong results. */
  readonly probe?: (compiled: CompiledModel) => Promise<void>;
}

export interface Compiled {
  readonly compiled: CompiledModel;
  readonly device: string;
  readonly fullName: string;
  /** The type that the device computes in, such as f32 or bf16. */
  readonly precision: string;
  /** How many requests keep the device busy. */
  readonly optimalRequests: number;
  /** Devices that were given up before, with the reason. */
  readonly fallbacks: ReadonlyArray<{ readonly device: string; readonly reason: string }>;
}

/** Which devices follow when one fails, from the one that is likely the fastest. */
const ladder = ['GPU', 'NPU', 'CPU'];

/**
 * Compiles a model for a device, or, where that fails or gives a bad result, for the next one: GPU, NPU, CPU.
 *
 * @throws {RefineryError} `MODEL_CORRUPT` when the model can't be read, `DEVICE_UNAVAILABLE` when no device takes it.
 */
export async function compileWithFallback(options: CompileOptions): Promise<Compiled> {
  const core = new options.openvino.Core();
  const model = await readModel(core, options);
  const fallbacks: Array<{ device: string; reason: string }> = [];
  for (const device of devicesToTry(core, options.device)) {
    try {
      const compiled = await core.compileModel(model, device, properties(options, device));
      await options.probe?.(compiled);
      const used = executionDevice(compiled, device);
      return {
        compiled,
        device: used,
        fullName: propertyText(() => core.getProperty(used, 'FULL_DEVICE_NAME')).trim() || used,
        precision: propertyText(() => compiled.getProperty('INFERENCE_PRECISION_HINT')) || 'f32',
        optimalRequests:
          Number(propertyText(() => compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS'))) || 1,
        fallbacks,
      };
    } catch (thrown) {
      const reason = thrown instanceof Error ? lastLine(thrown.message) : String(thrown);
      fallbacks.push({ device, reason });
    }
  }
  throw new RefineryError('DEVICE_UNAVAILABLE', 'No device of this machine could run the model.', {
    hint: 'Choose another model or device, or look at Settings for what was found.',
    details: fallbacks.map(({ device, reason }) => `${device}: ${reason}`).join('\n'),
  });
}

/** Like `inferAsync`, without copies of the outputs where the implementation can do without: read or set them as tensors. */
export async function inferInPlace(request: InferRequest, inputs: Tensor[]): Promise<void> {
  const { run } = request as { run?: (inputs: Tensor[]) => Promise<void> };
  await (run ? run.call(request, inputs) : request.inferAsync(inputs));
}

/** Like {@link inferInPlace} on this thread, which waits: a call costs less, and nothing else goes on meanwhile. */
export function inferInPlaceSync(request: InferRequest, inputs: Tensor[]): void {
  const { runSync } = request as { runSync?: (inputs: Tensor[]) => void };
  if (runSync) runSync.call(request, inputs);
  else request.infer(inputs);
}

async function readModel(core: Core, { model, shapes }: CompileOptions) {
  try {
    const read =
      typeof model === 'string'
        ? await core.readModel(model)
        : await core.readModel(Buffer.from(model.xml), model.weights);
    if (shapes) read.reshape(new Map(shapes.map((shape, index) => [index, shape])));
    return read;
  } catch (cause) {
    throw new RefineryError('MODEL_CORRUPT', 'OpenVINO can’t read this model.', {
      hint: 'Download or choose the file again; an IR needs its .bin beside its .xml.',
      cause,
      ...(cause instanceof Error ? { details: cause.message } : {}),
    });
  }
}

/** The chosen device first; then, once each, those of the ladder that are there. */
function devicesToTry(core: Core, chosen: string): string[] {
  const available = core.getAvailableDevices();
  const rest = ladder.flatMap((type) => available.filter((id) => id === type || id.startsWith(`${type}.`)));
  // With one device AUTO would only add a wait.
  const first = chosen === 'AUTO' && available.length === 1 ? available : [chosen];
  return [...new Set([...first, ...rest])];
}

function properties(options: CompileOptions, device: string): Record<string, string | number | boolean> {
  const cpu = device.startsWith('CPU');
  return {
    PERFORMANCE_HINT: options.performanceHint ?? 'LATENCY',
    ...(options.precision === 'auto' ? {} : { INFERENCE_PRECISION_HINT: options.precision }),
    ...(options.streams && cpu ? { NUM_STREAMS: options.streams } : {}),
    ...(options.threads && cpu ? { INFERENCE_NUM_THREADS: options.threads } : {}),
    // The CPU compiles these networks faster than it reads them back.
    ...(options.cacheDir && !cpu ? { CACHE_DIR: options.cacheDir } : {}),
  };
}

function executionDevice(compiled: CompiledModel, device: string): string {
  const list = propertyText(() => compiled.getProperty('EXECUTION_DEVICES'));
  return list.split(/[\s,]+/).filter(Boolean)[0] ?? device;
}

function propertyText(read: () => unknown): string {
  try {
    const value = read();
    return Array.isArray(value) ? value.join(' ') : String(value);
  } catch {
    return '';
  }
}

/** OpenVINO's messages begin with where in its source they come from; the last line says what is wrong. */
function lastLine(message: string): string {
  return message.trim().split('\n').at(-1)?.trim() ?? message;
}

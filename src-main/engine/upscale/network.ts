import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface } from '../../contract/models.ts';
import type { Precision } from '../../contract/upscale.ts';
import { Semaphore } from '../io/semaphore.ts';
import type { IrModel } from '../models/ir/graph.ts';
import { conversionModels, outputNames, type PixelDepth, wrapNetwork } from '../models/ir/wrap.ts';
import { readOnnx } from '../models/onnx.ts';
import { type Compiled, compileWithFallback, inferInPlace } from '../runtime/index.ts';
import { valuesOf } from './pixels.ts';

type InferRequest = InstanceType<NodeAddon['InferRequest']>;
type Tensor = InstanceType<NodeAddon['Tensor']>;

/** A network file with what is known of it. */
export interface NetworkFile {
  /** Path of an `.xml` (its `.bin` beside it) or an `.onnx`. */
  readonly path: string;
  readonly interface: ImageInterface;
}

export interface NetworkOptions {
  readonly openvino: NodeAddon;
  readonly file: NetworkFile;
  readonly depth: PixelDepth;
  readonly device: string;
  readonly precision: Precision;
  readonly threads: number;
  /** How many blocks a processor works on at a time. */
  readonly streams: number;
  readonly cacheDir: string;
  /** Set where it is only tried out: no size is then worth a compilation of its own. */
  readonly fewRuns?: true;
}

/** Pixels in memory: RGB, row by row, 8 or 16 bits. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** What a network made of a block. */
export interface Made extends Block {
  /** Whether all of the network's values were finite numbers. */
  readonly finite: boolean;
  /** Milliseconds that the device took, without waiting for its turn. */
  readonly took: number;
}

/** A compiled network that takes pixels and gives pixels. */
export interface Network {
  readonly compiled: Omit<Compiled, 'compiled'>;
  /**
   * Enlarges a block.
   *
   * @param use gets the result in memory that the network will write to again: what is to stay must be copied.
   */
  run<Result>(block: Block, use: (made: Made) => Result): Promise<Result>;
}

const elementTypes = { 8: 'u8', 16: 'u16' } as const;

/** How many sizes a network is compiled for on their own. A fixed size runs about a tenth faster than any size. */
const fixedSizes = 3;

/** One inference at a time, with the memory that its results go to. */
interface Lane {
  readonly requests: readonly InferRequest[];
  output: Block | undefined;
  memory: ArrayBuffer;
}

/** A network compiled for any size or for one, and its lanes that are free. */
interface Program {
  readonly steps: readonly Compiled[];
  readonly idle: Lane[];
}

/**
 * Compiles a network for pixels: an IR with the conversions built in, anything else between two small models that
 * convert.
 *
 * @throws {RefineryError} `MODEL_CORRUPT`, `MODEL_NOT_AN_IMAGE_NETWORK`, `DEVICE_UNAVAILABLE`.
 */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const { file, depth, openvino } = options;
  const kind = file.interface;
  const compile = (model: string | IrModel, shapes?: readonly string[], device = options.device) =>
    compileWithFallback({
      openvino,
      model,
      device,
      precision: options.precision,
      threads: options.threads,
      streams: options.streams,
      cacheDir: options.cacheDir,
      ...(shapes ? { shapes } : {}),
    });

  const wrapped = extname(file.path).toLowerCase() === '.xml' ? await wrapFile(file, depth) : undefined;
  const anySize: Program = {
    steps: wrapped ? [await compile(wrapped)] : await compileChain(compile, file, depth),
    idle: [],
  };
  const main = anySize.steps.length === 1 ? anySize.steps[0]! : anySize.steps[1]!;
  const gate = new Semaphore(main.optimalRequests);
  const oneSize = new Map<string, Program>();
  let lastSize = '';

  /** A size that comes twice in a row is likely to come again and again. */
  function programFor({ width, height }: Block): Program {
    const size = `${height},${width}`;
    const known = oneSize.get(size);
    if (known) return known;
    if (wrapped && size === lastSize && !options.fewRuns) {
      oneSize.set(size, anySize);
      for (const old of [...oneSize.keys()].slice(0, -fixedSizes)) oneSize.delete(old);
      compile(wrapped, [`[1,${size},3]`], main.device).then(
        (fixed) => {
          if (fixed.fallbacks.length === 0 && oneSize.has(size))
            oneSize.set(size, { steps: [fixed], idle: [] });
        },
        // The one for any size goes on.
        () => undefined,
      );
    }
    lastSize = size;
    return anySize;
  }

  return {
    compiled: {
      device: main.device,
      fullName: main.fullName,
      precision: main.precision,
      optimalRequests: main.optimalRequests,
      fallbacks: main.fallbacks,
    },
    run: (block, use) =>
      gate.with(async () => {
        const { steps, idle } = programFor(block);
        const lane = idle.pop() ?? {
          requests: steps.map(({ compiled }) => compiled.createInferRequest()),
          output: undefined,
          memory: new ArrayBuffer(0),
        };
        try {
          const made = await infer(openvino, lane, block, depth, kind).catch((cause: unknown) => {
            throw failureOf(cause, block, main.device);
          });
          return use(made);
        } finally {
          idle.push(lane);
        }
      }),
  };
}

async function wrapFile({ path, interface: kind }: NetworkFile, depth: PixelDepth): Promise<IrModel> {
  const weightsPath = path.replace(/\.xml$/i, '.bin');
  try {
    const [xml, weights] = await Promise.all([readFile(path, 'utf8'), readFile(weightsPath)]);
    return wrapNetwork(xml, weights, kind, depth);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new RefineryError('MODEL_NOT_INSTALLED', 'A file of this network is missing.', {
        hint: 'An IR has two files, .xml and .bin; put both into the same folder and choose it again.',
        cause,
      });
    }
    throw new RefineryError('MODEL_NOT_AN_IMAGE_NETWORK', 'This network can’t be used on pictures.', {
      hint: 'Networks with one picture in and one out are used; Models shows what was understood.',
      cause,
    });
  }
}

async function compileChain(
  compile: (model: string | IrModel) => Promise<Compiled>,
  file: NetworkFile,
  depth: PixelDepth,
): Promise<Compiled[]> {
  const { before, after } = conversionModels(file.interface, depth, readOnnx(await readFile(file.path)));
  return [await compile(before), await compile(file.path), await compile(after)];
}

/** What a runtime says of a network that takes no such size is its source's file and line; for people it is a sentence. */
function failureOf(cause: unknown, { width, height }: Block, device: string): unknown {
  // Of the runtime's own errors only the code is ours.
  if (cause instanceof RefineryError && cause.code !== 'RUNTIME_FAILED') return cause;
  const details = cause instanceof Error ? cause.message : String(cause);
  if (/bad.?alloc|out.of.(host.|device.)?(memory|resources)|can.?(no)?t allocate/i.test(details)) {
    return new RefineryError('OUT_OF_MEMORY', `${device} has too little memory for this network.`, {
      hint: 'Lower the memory budget in Settings, or choose another device.',
      details,
      cause,
    });
  }
  return new RefineryError('RUNTIME_FAILED', `The network could not be run on ${width} × ${height} pixels.`, {
    hint: 'It may take other sizes only: add it again under Models, where that is tried out. Else choose another device.',
    details,
    cause,
  });
}

/** Runs one block through one model, or through the three of a chain. */
async function infer(
  openvino: NodeAddon,
  lane: Lane,
  block: Block,
  depth: PixelDepth,
  kind: ImageInterface,
): Promise<Made> {
  const started = performance.now();
  const { requests } = lane;
  const { scale } = kind;
  const shape = [1, block.height, block.width, 3];
  let inputs: Tensor[] = [new openvino.Tensor(elementTypes[depth], shape, valuesOf(block.bytes, depth))];
  const [first, middle] = requests;
  if (requests.length === 3) {
    const ready = Object.values(await first!.inferAsync(inputs));
    const taken = kind.enlargedInput ? 2 : 1;
    // What the network doesn't take goes around it.
    inputs = [...Object.values(await middle!.inferAsync(ready.slice(0, taken))), ...ready.slice(taken)];
  }
  const last = requests.at(-1)!;
  const width = block.width * scale;
  const height = block.height * scale;
  let output = lane.output;
  if (output?.width !== width || output.height !== height) {
    const length = width * height * 3 * (depth / 8);
    if (length > lane.memory.byteLength) lane.memory = new ArrayBuffer(length);
    output = { bytes: new Uint8Array(lane.memory, 0, length), width, height };
    const target = new openvino.Tensor(
      elementTypes[depth],
      [1, height, width, 3],
      valuesOf(output.bytes, depth),
    );
    last.setTensor(outputNames.pixels, target);
    lane.output = output;
  }
  await inferInPlace(last, inputs);
  const [, madeHeight, madeWidth] = last.getTensor(outputNames.pixels).getShape();
  if (madeWidth !== width || madeHeight !== height) {
    throw new RefineryError(
      'MODEL_NOT_AN_IMAGE_NETWORK',
      `The network made ${madeWidth} × ${madeHeight} of ${block.width} × ${block.height} pixels.`,
      { hint: `It is registered as a network that enlarges ${scale} times; add it again.` },
    );
  }
  const [sum] = last.getTensor(outputNames.sum).data;
  return { ...output, finite: Number.isFinite(Number(sum)), took: performance.now() - started };
}

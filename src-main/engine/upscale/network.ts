import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import type { ImageInterface } from '../../contract/models.ts';
import type { Precision } from '../../contract/upscale.ts';
import type { IrModel } from '../models/ir/graph.ts';
import { conversionModels, outputNames, type PixelDepth, wrapNetwork } from '../models/ir/wrap.ts';
import { type Compiled, compileWithFallback } from '../runtime/index.ts';
import { Semaphore } from './semaphore.ts';

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
  readonly cacheDir: string;
}

/** Pixels in memory: RGB, row by row, 8 or 16 bits. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A compiled network that takes pixels and gives pixels. */
export interface Network {
  readonly compiled: Omit<Compiled, 'compiled'>;
  /** @returns the enlarged block, and whether all of its values were finite numbers. */
  run(block: Block): Promise<Block & { finite: boolean }>;
}

const elementTypes = { 8: 'u8', 16: 'u16' } as const;

/**
 * Compiles a network for pixels: an IR with the conversions built in, anything else between two small models that
 * convert.
 *
 * @throws {RefineryError} `MODEL_CORRUPT`, `MODEL_NOT_AN_IMAGE_NETWORK`, `DEVICE_UNAVAILABLE`.
 */
export async function openNetwork(options: NetworkOptions): Promise<Network> {
  const { file, depth, openvino } = options;
  const kind = file.interface;
  const compile = (model: string | IrModel) =>
    compileWithFallback({
      openvino,
      model,
      device: options.device,
      precision: options.precision,
      threads: options.threads,
      cacheDir: options.cacheDir,
    });

  const isIr = extname(file.path).toLowerCase() === '.xml';
  const steps = isIr
    ? [await compile(await wrapFile(file, depth))]
    : await compileChain(compile, file, depth);
  const main = steps.length === 1 ? steps[0]! : steps[1]!;
  const gate = new Semaphore(main.optimalRequests);
  const idle: InferRequest[][] = [];

  return {
    compiled: {
      device: main.device,
      fullName: main.fullName,
      precision: main.precision,
      optimalRequests: main.optimalRequests,
      fallbacks: main.fallbacks,
    },
    run: (block) =>
      gate.with(async () => {
        const requests = idle.pop() ?? steps.map(({ compiled }) => compiled.createInferRequest());
        try {
          const result = await infer(openvino, requests, block, depth);
          const expected = { width: block.width * kind.scale, height: block.height * kind.scale };
          if (result.width !== expected.width || result.height !== expected.height) {
            throw new RefineryError(
              'MODEL_NOT_AN_IMAGE_NETWORK',
              `The network made ${result.width} × ${result.height} of ${block.width} × ${block.height} pixels.`,
              { hint: `It is registered as a network that enlarges ${kind.scale} times; add it again.` },
            );
          }
          return result;
        } finally {
          idle.push(requests);
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
  const { before, after } = conversionModels(file.interface, depth);
  return [await compile(before), await compile(file.path), await compile(after)];
}

/** Runs one block through one model, or through the three of a chain. */
async function infer(
  openvino: NodeAddon,
  requests: readonly InferRequest[],
  block: Block,
  depth: PixelDepth,
) {
  const values =
    depth === 8
      ? block.bytes
      : new Uint16Array(block.bytes.buffer, block.bytes.byteOffset, block.bytes.byteLength / 2);
  const shape = [1, block.height, block.width, 3];
  let tensors: Tensor[] = [new openvino.Tensor(elementTypes[depth], shape, values)];
  let last: Record<string, Tensor> = {};
  for (const request of requests) {
    last = await request.inferAsync(tensors);
    tensors = Object.values(last);
  }
  const pixels = last[outputNames.pixels];
  const sum = last[outputNames.sum];
  if (!pixels || !sum) throw new RefineryError('RUNTIME_FAILED', 'The network gave no pixels.');
  const [, height = 0, width = 0] = pixels.getShape();
  const data = pixels.data as Uint8Array;
  return {
    bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    width,
    height,
    finite: Number.isFinite(Number(sum.data[0])),
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { type ImageInterface, ModelManifest } from '../../../contract/models.ts';
import { hasOpenVino, resources, sample } from '../../host/fixtures/engine.ts';
import { loadOpenVino } from '../../runtime/index.ts';
import { parseIr } from './document.ts';
import { IrGraph, type IrModel } from './graph.ts';
import { IrNet } from './net.ts';
import { findResidualTail, pixelOrder } from './residual.ts';
import { conversionModels, outputNames, type PixelDepth, wrapNetwork } from './wrap.ts';

const models = join(resources, 'models');
const manifest = ModelManifest.parse(JSON.parse(readFileSync(join(models, 'manifest.json'), 'utf8')));
const kindOf = (id: string): ImageInterface => manifest.models.find((entry) => entry.id === id)!.interface;
const xmlOf = (id: string): string => readFileSync(join(models, `${id}.xml`), 'utf8');
const weightsOf = (id: string): Buffer => readFileSync(join(models, `${id}.bin`));
const size = { width: 61, height: 40 };

function tailOf(xml: string, kind: ImageInterface) {
  const net = new IrNet(parseIr(xml));
  const [, enlarged] = net.ofType('Parameter');
  return findResidualTail(net, enlarged!, net.ofType('Result')[0]!, kind);
}

describe('the end of a network that adds the enlarged picture', () => {
  test('is found where it is, and not where numbers are quantized on the way', () => {
    expect(tailOf(xmlOf('srx4'), kindOf('srx4'))?.clamp).toEqual({ min: 0, max: 1 });
    expect(tailOf(xmlOf('srx4_int8'), kindOf('srx4_int8'))).toBeUndefined();
    // Grey networks, and networks in another layout, keep their end.
    expect(tailOf(xmlOf('srx4'), { ...kindOf('srx4'), layout: 'NHWC' })).toBeUndefined();
    expect(tailOf(xmlOf('srx4'), { ...kindOf('srx4'), scale: 2 })).toBeUndefined();
  });

  test('channels of a block go to the pixels that they are interleaved to', () => {
    // Row, column, colour; four places a colour when the sides are doubled.
    expect(pixelOrder(2, 'RGB')).toEqual([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11]);
    expect(pixelOrder(2, 'BGR')).toEqual([8, 4, 0, 9, 5, 1, 10, 6, 2, 11, 7, 3]);
  });
});

describe.skipIf(!hasOpenVino)(`a wrapped network${hasOpenVino ? '' : ' (skipped: no OpenVINO here)'}`, () => {
  const elementTypes = { 8: 'u8', 16: 'u16' } as const;

  async function picture(depth: PixelDepth): Promise<Uint8Array | Uint16Array> {
    const pixels = await sharp(sample)
      .extract({ left: 120, top: 80, ...size })
      .raw()
      .toBuffer();
    return depth === 8 ? new Uint8Array(pixels) : Uint16Array.from(pixels, (value) => value * 257);
  }

  async function infer(ov: NodeAddon, model: IrModel | string, inputs: readonly unknown[]) {
    const core = new ov.Core();
    const read =
      typeof model === 'string'
        ? await core.readModel(model)
        : await core.readModel(Buffer.from(model.xml), model.weights);
    const compiled = await core.compileModel(read, 'CPU', { INFERENCE_PRECISION_HINT: 'f32' });
    const request = compiled.createInferRequest();
    for (const [index, input] of inputs.entries()) request.setInputTensor(index, input as never);
    request.infer();
    return { request, compiled };
  }

  test.each([
    ['srx4', 8],
    ['srx4', 16],
    ['srx4_int8', 8],
  ] as const)('%s on %i bits gives what it gives with the conversions around it', async (id, depth) => {
    const ov = await loadOpenVino();
    const kind = kindOf(id);
    const pixels = await picture(depth);
    const input = new ov.Tensor(elementTypes[depth], [1, size.height, size.width, 3], pixels as never);
    const wrapped = await infer(ov, wrapNetwork(xmlOf(id), weightsOf(id), kind, depth), [input]);
    const { before, after } = conversionModels(kind, depth);
    const first = await infer(ov, before, [input]);
    const inputs = first.compiled.outputs.map((_, index) => first.request.getOutputTensor(index));
    const bare = await infer(ov, join(models, `${id}.xml`), inputs);
    const last = await infer(ov, after, [bare.request.getOutputTensor(0)]);

    const made = wrapped.request.getTensor(outputNames.pixels);
    const expected = last.request.getTensor(outputNames.pixels);
    expect(made.getShape()).toEqual([1, 4 * size.height, 4 * size.width, 3]);
    expect(made.getShape()).toEqual(expected.getShape());
    const values = made.data as Uint8Array;
    const wanted = expected.data as Uint8Array;
    const apart = values.reduce((most, value, index) => Math.max(most, Math.abs(value - wanted[index]!)), 0);
    expect(apart).toBeLessThanOrEqual(1);
    expect(values.filter((value, index) => value !== wanted[index]).length / values.length).toBeLessThan(
      0.01,
    );
    expect(Number.isFinite(Number(wrapped.request.getTensor(outputNames.sum).data[0]))).toBe(true);
  });

  /** A network of two inputs that gives back the enlarged one, in a type of its own. */
  function echo(channels: number, type: 'f32' | 'f16'): IrModel {
    const graph = new IrGraph();
    graph.parameter('0', type, [1, channels, -1, -1]);
    const enlarged = graph.parameter('1', type, [1, channels, -1, -1]);
    graph.result(graph.name(graph.clamp(enlarged, -1, 2), 'echo'));
    return graph.toModel('echo');
  }

  test.each([
    ['GRAY', 'f32'],
    ['GRAY', 'f16'],
    ['RGB', 'f16'],
  ] as const)('%s in %s: what it gives is the cubic enlargement that it got', async (channels, type) => {
    const ov = await loadOpenVino();
    const kind: ImageInterface = { ...kindOf('srx4'), scale: 2, inputRange: 1, outputRange: 1 };
    const pixels = await picture(8);
    const input = new ov.Tensor('u8', [1, size.height, size.width, 3], pixels as never);
    const made = [];
    for (const own of [
      { model: echo(3, 'f32'), channels: 'RGB' as const },
      { model: echo(channels === 'GRAY' ? 1 : 3, type), channels },
    ]) {
      const { xml, weights } = own.model;
      const wrapped = wrapNetwork(xml, weights, { ...kind, channels: own.channels }, 8);
      made.push((await infer(ov, wrapped, [input])).request.getTensor(outputNames.pixels).data as Uint8Array);
    }
    const [plain, other] = made;
    expect(
      other!.reduce((most, value, index) => Math.max(most, Math.abs(value - plain![index]!)), 0),
    ).toBeLessThanOrEqual(1);
  });
});

import type { NodeAddon } from 'openvino-node';
import { type PixelDepth, premultiplyModel, unpremultiplyModel } from '../models/ir/wrap.ts';
import { compileWithFallback } from '../runtime/index.ts';
import type { Block } from './network.ts';
import { valuesOf } from './pixels.ts';

/** Takes transparency apart and puts it together again, natively. */
export interface AlphaSteps {
  /** RGBA to RGB multiplied by alpha, and alpha as RGB. */
  split(block: Block): Promise<{ color: Block; alpha: Block }>;
  join(color: Block, alpha: Block): Promise<Block>;
}

/** Compiles the two small models for a depth. They always run on the CPU, in f32. */
export async function openAlphaSteps(openvino: NodeAddon, depth: PixelDepth): Promise<AlphaSteps> {
  const compile = async (model: ReturnType<typeof premultiplyModel>) =>
    (await compileWithFallback({ openvino, model, device: 'CPU', precision: 'f32' })).compiled;
  const [splitting, joining] = [
    await compile(premultiplyModel(depth)),
    await compile(unpremultiplyModel(depth)),
  ];
  const type = depth === 8 ? 'u8' : 'u16';

  const tensor = ({ bytes, width, height }: Block, channels: number) => {
    const values = valuesOf(bytes, depth);
    return new openvino.Tensor(type, [1, height, width, channels], values);
  };
  const block = (given: ReturnType<typeof tensor> | undefined, { width, height }: Block): Block => {
    const data = given?.data as Uint8Array;
    return { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width, height };
  };

  return {
    async split(rgba) {
      const { color, alpha } = await splitting.createInferRequest().inferAsync([tensor(rgba, 4)]);
      return { color: block(color, rgba), alpha: block(alpha, rgba) };
    },
    async join(color, alpha) {
      const { rgba } = await joining.createInferRequest().inferAsync([tensor(color, 3), tensor(alpha, 3)]);
      return block(rgba, color);
    },
  };
}

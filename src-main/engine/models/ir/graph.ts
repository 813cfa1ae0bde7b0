import { type IrElement, writeIr } from './document.ts';

/** Element types that the graphs here use, by OpenVINO's names. */
export type IrType = 'u8' | 'u16' | 'i32' | 'i64' | 'f16' | 'bf16' | 'f32' | 'f64';

/** -1 is a dimension that is open. */
export type IrShape = readonly number[];

/** An output port of a layer: what other layers are fed with. */
export interface Value {
  readonly layer: number;
  readonly port: number;
  readonly type: IrType;
  readonly shape: IrShape;
}

/** How ports name them. */
const precisions: Readonly<Record<IrType, string>> = {
  u8: 'U8',
  u16: 'U16',
  i32: 'I32',
  i64: 'I64',
  f16: 'FP16',
  bf16: 'BF16',
  f32: 'FP32',
  f64: 'FP64',
};

export interface IrModel {
  readonly xml: string;
  readonly weights: Buffer;
}

/**
 * Writes OpenVINO IR, version 11: layers with ports, edges between them, and constants in one block of bytes.
 * Operations and attributes are those of OpenVINO's opset reference; shapes are checked again when the IR is read.
 */
export class IrGraph {
  readonly #layers: IrElement[] = [];
  readonly #edges: IrElement[] = [];
  readonly #chunks: Uint8Array[] = [];
  #nextId: number;
  #offset: number;

  /** @param firstId identifier of the first layer. @param weightsLength bytes of constants that come before. */
  constructor(firstId = 0, weightsLength = 0) {
    this.#nextId = firstId;
    this.#offset = weightsLength;
  }

  get layers(): readonly IrElement[] {
    return this.#layers;
  }

  get edges(): readonly IrElement[] {
    return this.#edges;
  }

  get chunks(): readonly Uint8Array[] {
    return this.#chunks;
  }

  parameter(name: string, type: IrType, shape: IrShape): Value {
    const data = { shape: shape.map((size) => (size < 0 ? '?' : size)).join(','), element_type: type };
    return this.#add('Parameter', 'opset1', data, [], type, shape, name);
  }

  result(value: Value): void {
    this.#add('Result', 'opset1', {}, [value], null, []);
  }

  constant(type: 'f32' | 'i64', values: readonly number[], shape: IrShape): Value {
    const bytes =
      type === 'f32'
        ? new Uint8Array(Float32Array.from(values).buffer)
        : new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    const data = {
      element_type: type,
      shape: shape.join(', '),
      offset: this.#keep(bytes),
      size: bytes.length,
    };
    return this.#add('Const', 'opset1', data, [], type, shape);
  }

  /** Gives a constant of another graph other bytes, which are kept with those of this one. */
  moveConstant(constant: IrElement, bytes: Uint8Array): void {
    const data = constant.children.find(({ name }) => name === 'data');
    if (data) data.attributes['offset'] = String(this.#keep(bytes));
  }

  /** @returns where the bytes lie, at a multiple of 64. */
  #keep(bytes: Uint8Array): number {
    const padding = -this.#offset & 63;
    if (padding > 0) this.#chunks.push(new Uint8Array(padding));
    const at = this.#offset + padding;
    this.#chunks.push(bytes);
    this.#offset = at + bytes.length;
    return at;
  }

  convert(value: Value, type: IrType): Value {
    return this.#add('Convert', 'opset1', { destination_type: type }, [value], type, value.shape);
  }

  transpose(value: Value, order: readonly number[]): Value {
    const shape = order.map((axis) => value.shape[axis] ?? -1);
    return this.#add(
      'Transpose',
      'opset1',
      {},
      [value, this.constant('i64', order, [order.length])],
      value.type,
      shape,
    );
  }

  /** Picks channels along an axis: a reversal for BGR, one of them for grey. */
  gather(value: Value, indices: readonly number[], axis: number): Value {
    const shape = value.shape.map((size, index) => (index === axis ? indices.length : size));
    const inputs = [value, this.constant('i64', indices, [indices.length]), this.constant('i64', [axis], [])];
    return this.#add('Gather', 'opset8', { batch_dims: 0 }, inputs, value.type, shape);
  }

  add(a: Value, b: Value): Value {
    return this.#binary('Add', a, b);
  }

  subtract(a: Value, b: Value): Value {
    return this.#binary('Subtract', a, b);
  }

  multiply(a: Value, b: Value | number): Value {
    return this.#binary('Multiply', a, b);
  }

  divide(a: Value, b: Value | number): Value {
    return this.#binary('Divide', a, b, { m_pythondiv: 'true' });
  }

  maximum(a: Value, b: Value | number): Value {
    return this.#binary('Maximum', a, b);
  }

  clamp(value: Value, min: number, max: number): Value {
    return this.#add('Clamp', 'opset1', { min, max }, [value], value.type, value.shape);
  }

  round(value: Value): Value {
    return this.#add('Round', 'opset5', { mode: 'half_to_even' }, [value], value.type, value.shape);
  }

  /** Repeats the border pixels of NCHW values. */
  padEdge(value: Value, pixels: number): Value {
    const pads = this.constant('i64', [0, 0, pixels, pixels], [4]);
    const ends = this.constant('i64', [0, 0, pixels, pixels], [4]);
    const shape = value.shape.map((size, axis) => (axis < 2 || size < 0 ? size : size + 2 * pixels));
    return this.#add('Pad', 'opset1', { pad_mode: 'edge' }, [value, pads, ends], value.type, shape);
  }

  /** Convolution without padding, of NCHW values with OIHW weights. */
  convolution(value: Value, weights: Value): Value {
    const [outputs = -1, , height = 1, width = 1] = weights.shape;
    const shape = [
      value.shape[0] ?? -1,
      outputs,
      shrink(value.shape[2], height),
      shrink(value.shape[3], width),
    ];
    const data = {
      strides: '1, 1',
      dilations: '1, 1',
      pads_begin: '0, 0',
      pads_end: '0, 0',
      auto_pad: 'explicit',
    };
    return this.#add('Convolution', 'opset1', data, [value, weights], value.type, shape);
  }

  depthToSpace(value: Value, block: number): Value {
    const [batch = -1, channels = -1, height = -1, width = -1] = value.shape;
    const grow = (size: number): number => (size < 0 ? size : size * block);
    const shape = [batch, channels / block ** 2, grow(height), grow(width)];
    return this.#add(
      'DepthToSpace',
      'opset1',
      { block_size: block, mode: 'depth_first' },
      [value],
      value.type,
      shape,
    );
  }

  /** The dimensions of a value, as i64. */
  shapeOf(value: Value): Value {
    return this.#add('ShapeOf', 'opset3', { output_type: 'i64' }, [value], 'i64', [value.shape.length]);
  }

  /** The same numbers in another shape: one that the graph computes, or sizes, of which 0 keeps the dimension. */
  reshape(value: Value, to: Value | readonly number[], shape: IrShape): Value {
    const target = 'layer' in to ? to : this.constant('i64', to, [to.length]);
    const data = { special_zero: 'layer' in to ? 'false' : 'true' };
    return this.#add('Reshape', 'opset1', data, [value, target], value.type, shape);
  }

  concat(values: readonly Value[], axis: number): Value {
    const first = values[0]!;
    const total = values.reduce((sum, { shape }) => sum + (shape[axis] ?? 0), 0);
    const shape = first.shape.map((size, index) => (index === axis ? total : size));
    return this.#add('Concat', 'opset1', { axis }, values, first.type, shape);
  }

  reduceMean(value: Value, axis: number): Value {
    return this.#reduce('ReduceMean', value, [axis]);
  }

  /** The sum of all values, in the same number of dimensions. */
  reduceSum(value: Value): Value {
    return this.#reduce(
      'ReduceSum',
      value,
      value.shape.map((_, axis) => axis),
    );
  }

  /** A value of another graph, whose layers are put beside these. */
  outside(layer: number, port: number, type: IrType, shape: IrShape): Value {
    return { layer, port, type, shape };
  }

  /** Feeds an input port of another graph's layer. */
  connect(value: Value, layer: string, port: string): void {
    this.#edge(value, layer, port);
  }

  /** Gives a value the name by which results are keyed. */
  name(value: Value, name: string): Value {
    const layer = this.#layers.find(({ attributes }) => attributes['id'] === String(value.layer));
    const port = layer?.children.find((element) => element.name === 'output')?.children[0];
    if (port) port.attributes['names'] = name;
    return value;
  }

  /** The graph alone, as a model. */
  toModel(name: string): IrModel {
    const net: IrElement = {
      name: 'net',
      attributes: { name, version: '11' },
      children: [
        { name: 'layers', attributes: {}, children: [...this.#layers] },
        { name: 'edges', attributes: {}, children: [...this.#edges] },
      ],
    };
    return { xml: `<?xml version="1.0"?>\n${writeIr(net)}\n`, weights: Buffer.concat(this.#chunks) };
  }

  #binary(kind: string, a: Value, b: Value | number, attributes: Record<string, string> = {}): Value {
    const other = typeof b === 'number' ? this.constant('f32', [b], []) : b;
    const data = { auto_broadcast: 'numpy', ...attributes };
    const shape = a.shape.map((size, axis) => {
      const size2 = other.shape[axis - a.shape.length + other.shape.length];
      return size === 1 && size2 !== undefined ? size2 : size;
    });
    return this.#add(kind, 'opset1', data, [a, other], a.type, shape);
  }

  #reduce(kind: string, value: Value, axes: readonly number[]): Value {
    const shape = value.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
    const inputs = [value, this.constant('i64', axes, [axes.length])];
    return this.#add(kind, 'opset1', { keep_dims: 'true' }, inputs, value.type, shape);
  }

  #add(
    kind: string,
    version: string,
    data: Record<string, string | number>,
    inputs: readonly Value[],
    type: IrType | null,
    shape: IrShape,
    name?: string,
  ): Value {
    const id = this.#nextId++;
    for (const [port, value] of inputs.entries()) this.#edge(value, String(id), String(port));
    const children: IrElement[] = [];
    if (Object.keys(data).length > 0) {
      const attributes = Object.fromEntries(Object.entries(data).map(([key, value]) => [key, String(value)]));
      children.push({ name: 'data', attributes, children: [] });
    }
    if (inputs.length > 0) {
      const ports = inputs.map((value, index) => port(index, value.type, value.shape));
      children.push({ name: 'input', attributes: {}, children: ports });
    }
    if (type !== null) {
      const output = port(inputs.length, type, shape);
      if (name !== undefined) output.attributes['names'] = name;
      children.push({ name: 'output', attributes: {}, children: [output] });
    }
    const attributes = { id: String(id), name: name ?? `${kind}_${id}`, type: kind, version };
    this.#layers.push({ name: 'layer', attributes, children });
    return { layer: id, port: inputs.length, type: type ?? 'f32', shape };
  }

  #edge(from: Value, layer: string, port: string): void {
    this.#edges.push({
      name: 'edge',
      attributes: {
        'from-layer': String(from.layer),
        'from-port': String(from.port),
        'to-layer': layer,
        'to-port': port,
      },
      children: [],
    });
  }
}

function port(id: number, type: IrType, shape: IrShape): IrElement {
  return {
    name: 'port',
    attributes: { id: String(id), precision: precisions[type] },
    children: shape.map((size) => ({ name: 'dim', attributes: {}, children: [], text: String(size) })),
  };
}

function shrink(size: number | undefined, kernel: number): number {
  return size === undefined || size < 0 ? -1 : size - kernel + 1;
}

import { createReadStream } from 'node:fs';
import { type FieldHead, headOf, messageType } from '../../io/protobuf.ts';
import type { FileProblem } from '../types.ts';
import { type Graph, type GraphNode, graphSummary, type IrSummary } from './ir.ts';

/** What is read of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const schema = `message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  string name = 3;
  string op_type = 4;
  repeated AttributeProto attribute = 5;
  repeated StringStringEntryProto metadata_props = 9;
}
message AttributeProto { string name = 1; optional int64 i = 3; TensorProto t = 5; }
message StringStringEntryProto { string key = 1; string value = 2; }
message TensorProto {
  repeated int64 dims = 1;
  int32 data_type = 2;
  optional bytes float_data = 4;
  string name = 8;
  optional bytes raw_data = 9;
  repeated StringStringEntryProto external_data = 13;
}`;

interface Entry {
  readonly key: string;
  readonly value: string;
}

interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  /** Packed floats lie as raw numbers do. */
  readonly floatData: Uint8Array | null;
  readonly name: string;
  readonly rawData: Uint8Array | null;
  readonly externalData: readonly Entry[];
}

interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly {
    readonly name: string;
    readonly i: number | null;
    readonly t: TensorProto | null;
  }[];
  readonly metadataProps: readonly Entry[];
}

const nodeType = messageType<NodeProto>(schema, 'NodeProto');
const tensorType = messageType<TensorProto>(schema, 'TensorProto');

/** Numbers of the fields that are gone into, and of those that hold weights. */
const fields = {
  model: { graph: 7 },
  graph: { node: 1, initializer: 5 },
  tensor: { floats: 4, raw: 9 },
} as const;

/** TensorProto.DataType by OpenVINO's names of element types. */
const types: Readonly<Record<number, string>> = {
  1: 'f32',
  2: 'u8',
  3: 'i8',
  4: 'u16',
  5: 'i16',
  6: 'i32',
  7: 'i64',
  8: 'string',
  9: 'boolean',
  10: 'f16',
  11: 'f64',
  12: 'u32',
  13: 'u64',
  16: 'bf16',
  17: 'f8e4m3',
  19: 'f8e5m2',
  21: 'u4',
  22: 'i4',
};

/** Operations by OpenVINO's names, where they have others. */
const operations: Readonly<Record<string, string>> = {
  Gemm: 'MatMul',
  Mul: 'Multiply',
  Div: 'Divide',
  Sub: 'Subtract',
  Cast: 'Convert',
  QuantizeLinear: 'Convert',
};

interface Tensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly type: string;
  /** Place of the numbers, in bytes; 0 and 0 where they are single values in the message. */
  readonly offset: number;
  readonly size: number;
  /** Name of the file beside this one that they lie in. */
  readonly file?: string;
}

interface OnnxNode {
  readonly name: string;
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, number>;
  readonly tensor: Tensor | undefined;
}

/** A node of more bytes holds weights, and those lie in initializers. */
const largestNode = 64 << 20;

type Level =
  | { readonly kind: 'model' | 'graph'; readonly end: number }
  | {
      readonly kind: 'tensor';
      readonly end: number;
      /** Its fields without the weights. */
      readonly fields: Buffer[];
      place: Place;
    };

/** Where numbers lie, in bytes. */
type Place = Pick<Tensor, 'offset' | 'size'>;

/**
 * Reads an ONNX model as far as compression shows in it, from its bytes as they come. Weights are passed over, so that a
 * model of any size takes the memory of its graph.
 */
export class OnnxReader {
  readonly #levels: Level[] = [{ kind: 'model', end: Number.POSITIVE_INFINITY }];
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: Tensor[] = [];
  #waiting: Buffer = Buffer.alloc(0);
  /** Of the first byte that waits. */
  #at = 0;
  #skip = 0;
  #fault: string | undefined;
  #summary: IrSummary | undefined;

  push(bytes: Uint8Array): void {
    if (this.#fault !== undefined) return;
    this.#summary = undefined;
    const skipped = Math.min(this.#skip, bytes.length);
    this.#skip -= skipped;
    this.#at += skipped;
    if (this.#skip > 0) return;
    this.#waiting = Buffer.concat([this.#waiting, bytes.subarray(skipped)]);
    try {
      while (this.#field());
    } catch (cause) {
      this.#fault = cause instanceof Error ? cause.message : String(cause);
    }
  }

  get value(): IrSummary | undefined {
    if (this.problems.length > 0) return undefined;
    const beside = this.#initializers.reduce((sum, { file, size }) => sum + (file ? size : 0), 0);
    const sizes = { xmlBytes: 0, binBytes: this.#at + beside };
    this.#summary ??= graphSummary(graphOf(this.#nodes, this.#initializers), sizes);
    return this.#summary;
  }

  get problems(): readonly FileProblem[] {
    if (this.#fault !== undefined) {
      return [{ severity: 'error', message: `The ONNX file is damaged: ${this.#fault}` }];
    }
    if (this.#skip > 0 || this.#waiting.length > 0 || this.#levels.length > 1) {
      return [{ severity: 'error', message: 'The ONNX file ends too early.' }];
    }
    return this.#nodes.length > 0 ? [] : [{ severity: 'error', message: 'The ONNX file has no operations.' }];
  }

  /** Reads a model's file. */
  static async read(path: string): Promise<OnnxReader> {
    const reader = new OnnxReader();
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) {
      reader.push(bytes as Uint8Array);
    }
    return reader;
  }

  /** Reads one field. @returns false where more bytes are needed. */
  #field(): boolean {
    this.#leave();
    const head = headOf(this.#waiting);
    if (!head) return false;
    const level = this.#levels.at(-1)!;
    const { number, length, bytes } = head;
    const whole = bytes + length;
    if (this.#at + whole > level.end) throw new RangeError('A field is cut off.');
    if (level.kind === 'model' && number === fields.model.graph) {
      return this.#enter({ kind: 'graph', end: this.#at + whole }, head);
    }
    if (level.kind === 'graph' && number === fields.graph.initializer) {
      const place = { offset: 0, size: 0 };
      return this.#enter({ kind: 'tensor', end: this.#at + whole, fields: [], place }, head);
    }
    const isNode = level.kind === 'graph' && number === fields.graph.node;
    const isWeights = number === fields.tensor.raw || number === fields.tensor.floats;
    if (isNode || (level.kind === 'tensor' && !isWeights)) {
      if (length > largestNode) throw new RangeError('An operation or a name is too large.');
      if (this.#waiting.length < whole) return false;
      const field = this.#waiting.subarray(0, whole);
      if (level.kind === 'tensor') level.fields.push(field);
      else this.#nodes.push(nodeOf(field.subarray(bytes), this.#at + bytes));
    } else if (level.kind === 'tensor') level.place = { offset: this.#at + bytes, size: length };
    this.#drop(whole);
    return true;
  }

  #enter(level: Level, { bytes }: FieldHead): true {
    this.#levels.push(level);
    this.#drop(bytes);
    return true;
  }

  #leave(): void {
    while (this.#levels.length > 1 && this.#at >= this.#levels.at(-1)!.end) {
      const level = this.#levels.pop()!;
      if (level.kind !== 'tensor') continue;
      this.#initializers.push(tensorOf(tensorType.decode(Buffer.concat(level.fields)), level.place));
    }
  }

  #drop(bytes: number): void {
    const there = Math.min(bytes, this.#waiting.length);
    this.#waiting = this.#waiting.subarray(there);
    this.#at += there;
    this.#skip = bytes - there;
  }
}

/** PyTorch's newer exporter numbers operations, and says beside them which module each is of. */
function scopeIn(metadata: readonly Entry[], type: string): string | undefined {
  const held = metadata.find(({ key }) => key === 'pkg.torch.onnx.name_scopes');
  if (!held) return undefined;
  const scopes = [...held.value.matchAll(/'([^']*)'/g)].map(([, scope = '']) => scope);
  return `/${scopes.at(-2)?.replaceAll('.', '/')}/${type}`;
}

/** @param from place of its bytes in the file. */
function nodeOf(bytes: Buffer, from: number): OnnxNode {
  const { input, output, name, opType, attribute, metadataProps } = nodeType.decode(bytes);
  const value = attribute.find(({ t }) => t !== null)?.t;
  const weights = value?.rawData ?? value?.floatData;
  const place = weights
    ? { offset: from + weights.byteOffset - bytes.byteOffset, size: weights.length }
    : { offset: 0, size: 0 };
  return {
    name: scopeIn(metadataProps, opType) ?? name,
    type: opType,
    inputs: input,
    outputs: output,
    attributes: new Map(attribute.flatMap(({ name: key, i }) => (i === null ? [] : [[key, i]]))),
    tensor: value ? tensorOf(value, place) : undefined,
  };
}

function tensorOf({ name, dims, dataType, externalData }: TensorProto, place: Place): Tensor {
  const beside = new Map(externalData.map(({ key, value }) => [key, value]));
  const file = beside.get('location');
  const within = (key: string): number => {
    const value = beside.get(key) ?? '';
    return /^\d+$/.test(value) ? Number(value) : 0;
  };
  return {
    ...{ name, dims, type: types[dataType] ?? 'unknown' },
    ...(file === undefined ? place : { file, offset: within('offset'), size: within('length') }),
  };
}

/** The graph in OpenVINO's words: what undoes quantization is a FakeQuantize, or a Multiply by the scale of stored weights. */
function graphOf(list: readonly OnnxNode[], initializers: readonly Tensor[]): Graph {
  const nodes = new Map<string, GraphNode>();
  const sources = new Map<string, string>();
  const producers = new Map<string, string>();
  const zeroPoints = new Set(
    list.flatMap(({ type, inputs }) => (/^(?:De)?[Qq]uantizeLinear$/.test(type) ? inputs.slice(2, 3) : [])),
  );
  const addConstant = ({ type, dims, offset, size, file }: Tensor, name: string): void => {
    if (zeroPoints.has(name)) return;
    const id = `constant ${name}`;
    const place = { offset: String(offset), size: String(size), ...(file ? { file } : {}) };
    const data = { element_type: type, shape: dims.join(','), ...place };
    nodes.set(id, { id, name, type: 'Const', data });
    producers.set(name, id);
  };
  for (const tensor of initializers) addConstant(tensor, tensor.name);
  for (const { type, tensor, outputs } of list) {
    if (type === 'Constant' && tensor) addConstant(tensor, outputs[0] ?? '');
  }
  const computed = list.filter(({ type, tensor }) => type !== 'Constant' || !tensor);
  for (const [index, { name, type, inputs, outputs, attributes }] of computed.entries()) {
    const id = `operation ${index}`;
    const isTurned = (attribute: string): string => String(attributes.get(attribute) === 1);
    const levels = attributes.get('levels');
    const data = {
      ...(type === 'Gemm' ? { transpose_a: isTurned('transA'), transpose_b: isTurned('transB') } : {}),
      ...(levels === undefined ? {} : { levels: String(levels) }),
    };
    const isStored = nodes.get(producers.get(inputs[0] ?? '') ?? '')?.type === 'Const';
    const dequantized = isStored ? 'Multiply' : 'FakeQuantize';
    const word = type === 'DequantizeLinear' ? dequantized : (operations[type] ?? type);
    nodes.set(id, { id, name: name || (outputs[0] ?? ''), type: word, data });
    for (const output of outputs) producers.set(output, id);
  }
  for (const [index, { inputs }] of computed.entries()) {
    inputs.forEach((input, port) => {
      const source = producers.get(input);
      if (source !== undefined) sources.set(`operation ${index}:${port}`, source);
    });
  }
  return { nodes, sources };
}

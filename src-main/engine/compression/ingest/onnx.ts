import { createReadStream } from 'node:fs';
import type { FileProblem } from '../types.ts';
import { type Graph, type GraphNode, graphSummary, type IrSummary } from './ir.ts';
import { FieldCursor, fieldsOf, integerOf, textOf } from './protobuf.ts';

/** Numbers of fields in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto. */
const fields = {
  model: { graph: 7 },
  graph: { node: 1, initializer: 5 },
  node: { input: 1, output: 2, name: 3, type: 4, attribute: 5, metadata: 9 },
  attribute: { name: 1, integer: 3, tensor: 5 },
  // Packed floats lie as raw numbers do.
  tensor: { dims: 1, type: 2, floats: 4, name: 8, raw: 9, external: 13 },
  entry: { key: 1, value: 2 },
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
  name: string;
  dims: number[];
  type: string;
  /** Place of the numbers, in bytes; 0 and 0 where they are single values in the message. */
  offset: number;
  size: number;
  /** Name of the file beside this one that they lie in. */
  file?: string;
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
/** Bytes that a field's number and length take at most. */
const longestHead = 20;

type Level = { readonly kind: 'model' | 'graph' | 'tensor'; readonly end: number };

/**
 * Reads an ONNX model as far as compression shows in it, from its bytes as they come. Weights are passed over, so that a
 * model of any size takes the memory of its graph.
 */
export class OnnxReader {
  readonly #levels: Level[] = [{ kind: 'model', end: Number.POSITIVE_INFINITY }];
  readonly #nodes: OnnxNode[] = [];
  readonly #initializers: Tensor[] = [];
  #tensor: Tensor | undefined;
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
    if (this.#waiting.length === 0) return false;
    const head = headOf(this.#waiting);
    if (!head) {
      if (this.#waiting.length >= longestHead) throw new RangeError('A field has no end.');
      return false;
    }
    const { kind } = this.#levels.at(-1)!;
    const { number, length, bytes } = head;
    if (this.#at + bytes + length > this.#levels.at(-1)!.end) throw new RangeError('A field is cut off.');
    if (kind === 'model' && number === fields.model.graph) return this.#enter('graph', head);
    if (kind === 'graph' && number === fields.graph.initializer) {
      this.#tensor = emptyTensor();
      this.#initializers.push(this.#tensor);
      return this.#enter('tensor', head);
    }
    if (kind === 'graph' && number === fields.graph.node) {
      if (length > largestNode) throw new RangeError('An operation is too large.');
      if (this.#waiting.length < bytes + length) return false;
      const from = this.#at + bytes;
      this.#nodes.push(nodeOf(this.#waiting.subarray(bytes, bytes + length), from));
      this.#drop(bytes + length);
      return true;
    }
    if (kind === 'tensor' && this.#tensor) {
      const { dims, name, external } = fields.tensor;
      const isKept = number === dims || number === name || number === external;
      if (isKept && length > largestNode) throw new RangeError('A name or a shape is too long.');
      if (isKept && this.#waiting.length < bytes + length) return false;
      setField(this.#tensor, head, this.#waiting.subarray(bytes, bytes + length), this.#at + bytes);
    }
    this.#drop(bytes + length);
    return true;
  }

  #enter(kind: Level['kind'], { bytes, length }: Head): true {
    this.#levels.push({ kind, end: this.#at + bytes + length });
    this.#drop(bytes);
    return true;
  }

  #leave(): void {
    while (this.#levels.length > 1 && this.#at >= this.#levels.at(-1)!.end) this.#levels.pop();
  }

  #drop(bytes: number): void {
    const there = Math.min(bytes, this.#waiting.length);
    this.#waiting = this.#waiting.subarray(there);
    this.#at += there;
    this.#skip = bytes - there;
  }
}

interface Head {
  readonly number: number;
  /** Bytes of the content; 0 for a number, whose value stands in the head. */
  readonly length: number;
  readonly value: number;
  /** Of the head. */
  readonly bytes: number;
  /** Whether the content says its own length. */
  readonly isPacked: boolean;
}

/** A number of seven bits a byte; undefined where it isn't all there. */
function varintAt(
  bytes: Buffer,
  from: number,
): { readonly value: number; readonly next: number } | undefined {
  let [value, scale] = [0, 1];
  for (let at = from; at < from + 10; at++) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
    scale *= 128;
  }
  throw new RangeError('A number is too long.');
}

/** The number of a field and the length of what follows; undefined where that isn't all there. */
function headOf(bytes: Buffer): Head | undefined {
  let at = 0;
  const varint = (): number | undefined => {
    const read = varintAt(bytes, at);
    at = read?.next ?? at;
    return read?.value;
  };
  const tag = varint();
  if (tag === undefined) return undefined;
  const number = Math.floor(tag / 8);
  if (number === 0) throw new RangeError('A field has the number 0.');
  const wire = tag & 7;
  if (wire === 1 || wire === 5)
    return { number, length: wire === 1 ? 8 : 4, value: 0, bytes: at, isPacked: false };
  if (wire !== 0 && wire !== 2) throw new RangeError('A field has an unknown kind.');
  const value = varint();
  if (value === undefined) return undefined;
  const isPacked = wire === 2;
  return { number, length: isPacked ? value : 0, value: isPacked ? 0 : value, bytes: at, isPacked };
}

const emptyTensor = (): Tensor => ({ name: '', dims: [], type: 'unknown', offset: 0, size: 0 });

function packed(bytes: Buffer): number[] {
  const values: number[] = [];
  for (let read = varintAt(bytes, 0); read; read = varintAt(bytes, read.next)) values.push(read.value);
  return values;
}

function entryOf(bytes: Uint8Array): readonly [key: string, value: string] {
  const known = [...fieldsOf(bytes)];
  const text = (number: number) => textOf(known.find((field) => field.number === number)?.bytes);
  return [text(fields.entry.key), text(fields.entry.value)];
}

/** What an entry of external_data says of where a tensor's numbers lie. */
function besideIn(entry: Uint8Array): Partial<Tensor> {
  const [key, value] = entryOf(entry);
  if (key === 'location') return { file: value };
  const isPlace = (key === 'offset' || key === 'length') && /^\d+$/.test(value);
  return isPlace ? { [key === 'length' ? 'size' : 'offset']: Number(value) } : {};
}

/** PyTorch's newer exporter numbers operations, and says beside them which module each is of. */
function nameIn(entry: Uint8Array, type: string): string | undefined {
  const [key, value] = entryOf(entry);
  if (key !== 'pkg.torch.onnx.name_scopes') return undefined;
  const scopes = [...value.matchAll(/'([^']*)'/g)].map(([, scope = '']) => scope);
  return `/${scopes.at(-2)?.replaceAll('.', '/')}/${type}`;
}

function nodeOf(bytes: Buffer, from: number): OnnxNode {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes = new Map<string, number>();
  let [name, type]: [string, string] = ['', ''];
  let tensor: Tensor | undefined;
  let named: string | undefined;
  const { node } = fields;
  const cursor = new FieldCursor(bytes);
  while (cursor.next()) {
    const content = bytes.subarray(cursor.from, cursor.to);
    if (cursor.number === node.input) inputs.push(textOf(content));
    else if (cursor.number === node.output) outputs.push(textOf(content));
    else if (cursor.number === node.name) name = textOf(content);
    else if (cursor.number === node.type) type = textOf(content);
    else if (cursor.number === node.metadata) named ??= nameIn(content, type);
    else if (cursor.number === node.attribute) {
      const known = [...fieldsOf(content)];
      const of = (number: number) => known.find((field) => field.number === number);
      const integer = of(fields.attribute.integer);
      if (integer) attributes.set(textOf(of(fields.attribute.name)?.bytes), integerOf(integer));
      const value = of(fields.attribute.tensor)?.bytes;
      if (value) {
        const whole = Buffer.from(value.buffer, value.byteOffset, value.length);
        tensor = tensorOf(whole, from + whole.byteOffset - bytes.byteOffset);
      }
    }
  }
  return { name: named ?? name, type, inputs, outputs, attributes, tensor };
}

/** @param from place of its bytes in the file. */
function tensorOf(bytes: Buffer, from: number): Tensor {
  const tensor = emptyTensor();
  for (let at = 0; at < bytes.length; ) {
    const head = headOf(bytes.subarray(at));
    if (!head || at + head.bytes + head.length > bytes.length) throw new RangeError('A tensor is cut off.');
    at += head.bytes;
    setField(tensor, head, bytes.subarray(at, at + head.length), from + at);
    at += head.length;
  }
  return tensor;
}

/** @param place of the content in the file. Of weights, which are passed over, the content need not be all there. */
function setField(
  tensor: Tensor,
  { number, length, value, isPacked }: Head,
  content: Buffer,
  place: number,
): void {
  const { dims, type, floats, name, raw, external } = fields.tensor;
  if (number === raw || (number === floats && isPacked)) {
    tensor.offset = place;
    tensor.size = length;
  } else if (number === type) tensor.type = types[value] ?? 'unknown';
  else if (number === name) tensor.name = textOf(content);
  else if (number === external) Object.assign(tensor, besideIn(content));
  else if (number === dims) tensor.dims.push(...(isPacked ? packed(content) : [value]));
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
    const data = type === 'Gemm' ? { transpose_a: isTurned('transA'), transpose_b: isTurned('transB') } : {};
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

import { child, type IrElement, parseIr } from '../../models/ir/document.ts';
import type { FileProblem, Parsed } from '../types.ts';
import { present } from './python-json.ts';

/** A matrix product with a constant: a linear layer. */
export interface IrLinear {
  /** The module's name, such as `bert.encoder.layer.0.attention.self.query`. */
  readonly module: string;
  /** The operation's name in the IR. */
  readonly name: string;
  readonly outputs: number;
  readonly inputs: number;
  readonly parameters: number;
  /** Element type that the weights have when they are used, such as `i8` or `f32`: a FakeQuantize may round stored ones. */
  readonly weightType: string;
  /** Element type of the stored weights. */
  readonly storedType: string;
  /** Whether a FakeQuantize stands before the layer's input, maybe behind operations that only move elements. */
  readonly inputQuantized: boolean;
  /** Place of the weights in the .bin or in the file of ONNX, in bytes. */
  readonly offset: number;
  readonly size: number;
  /** Name of the file that they lie in; missing for the one that is usual. */
  readonly file?: string;
  /** Of the weights as they are stored. */
  readonly stored: readonly [rows: number, columns: number];
  /** What stored weights of low precision are multiplied with: one number, or one for each row or column. */
  readonly scale?: StoredConstant;
}

/** A constant's place in the .bin, in bytes. */
export interface StoredConstant {
  readonly type: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly file?: string;
}

/** A lookup in a constant table: an embedding. */
export interface IrEmbedding {
  readonly name: string;
  readonly rows: number;
  readonly parameters: number;
  readonly weightType: string;
}

/** A matrix product of two activations, as attention has. */
export interface IrProduct {
  readonly name: string;
  readonly inputsQuantized: boolean;
}

export interface IrSummary {
  /** Path of the .xml, or of a model in ONNX, from the run's folder; empty where it isn't known. */
  readonly path: string;
  readonly operations: Readonly<Record<string, number>>;
  readonly linear: readonly IrLinear[];
  readonly embeddings: readonly IrEmbedding[];
  readonly products: readonly IrProduct[];
  readonly fakeQuantizes: number;
  /** Elements of constants by their type. */
  readonly constants: Readonly<Record<string, number>>;
  /** Elements of constants that hold learned numbers: without indices and what quantization needs. */
  readonly learned: number;
  readonly xmlBytes: number;
  /** Of the weights beside it; for a model in ONNX, of its file. */
  readonly binBytes?: number;
}

/** An operation in OpenVINO's words. */
export interface GraphNode {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly data: Readonly<Record<string, string>>;
}

/** Operations by id, and the id that an input, `id:port`, comes from. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly sources: ReadonlyMap<string, string>;
}

const lowTypes: readonly string[] = ['i8', 'u8', 'i4', 'u4', 'nf4', 'u1', 'i2', 'u2', 'f8e4m3', 'f8e5m2'];
/** Shapes, axes and indices are 16 bits or more, and whole. */
export const isNumber = (type: string): boolean => !/^[iu](?:16|32|64)$|^boolean$|^string$/.test(type);
export const isLowPrecision = (type: string): boolean => lowTypes.includes(type);

/** Between a stored weight and its layer: undoing quantization, and moving elements. */
const weightSteps = ['FakeQuantize', 'Convert', 'Multiply', 'Subtract', 'Reshape', 'Transpose'];
/** Operations that move elements without changing them, so that a quantized input stays so. */
const moves = ['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze', 'Slice', 'StridedSlice', 'Gather', 'Concat'];

/** Reads the text of an IR's .xml as far as compression shows in it. The .bin isn't needed. */
export function parseIrSummary(
  xml: string,
  known: { path?: string; binBytes?: number } = {},
): Parsed<IrSummary> {
  let net: IrElement;
  try {
    net = parseIr(xml);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    const line = /^(?:[^:]*:)?(\d+):\d+: /.exec(message)?.[1];
    const place = line === undefined ? {} : { place: { line: Number(line) } };
    return { problems: [{ severity: 'error', message: `The XML is damaged: ${message}`, ...place }] };
  }
  const graph = graphOf(net);
  const problems: FileProblem[] =
    graph.nodes.size === 0
      ? [{ severity: 'error', message: 'The IR has no layers.', place: { path: '/net/layers' } }]
      : [];
  return { value: graphSummary(graph, { ...known, xmlBytes: Buffer.byteLength(xml) }), problems };
}

/** What shows of compression in a graph of operations, an IR's or one in its words. */
export function graphSummary(
  graph: Graph,
  { path = '', ...sizes }: { readonly path?: string; readonly xmlBytes: number; readonly binBytes?: number },
): IrSummary {
  const operations: Record<string, number> = {};
  const constants: Record<string, number> = {};
  const linear: IrLinear[] = [];
  const embeddings: IrEmbedding[] = [];
  const products: IrProduct[] = [];
  const scales = quantizationConstants(graph);
  let learned = 0;
  for (const node of graph.nodes.values()) {
    operations[node.type] = (operations[node.type] ?? 0) + 1;
    if (node.type === 'Const') {
      const type = node.data['element_type'] ?? 'unknown';
      const count = elements(shapeOf(node));
      constants[type] = (constants[type] ?? 0) + count;
      if (isNumber(type) && !scales.has(node.id)) learned += count;
    } else if (node.type === 'MatMul') {
      const found = linearOf(graph, node);
      if (found) linear.push(found);
      else {
        const inputsQuantized = [0, 1].every((port) => quantized(graph, inputOf(graph, node, port)));
        products.push({ name: node.name, inputsQuantized });
      }
    } else if (node.type === 'Gather') {
      const table = weightOf(graph, node, 0);
      if (
        table &&
        shapeOf(table.constant).length === 2 &&
        /^(?:f|bf|i8|u8|i4|u4)/.test(typeOf(table.constant))
      ) {
        const [rows = 0, width = 0] = shapeOf(table.constant);
        embeddings.push({
          name: node.name,
          rows,
          parameters: rows * width,
          weightType: usedType(table),
        });
      }
    }
  }
  return {
    path,
    operations,
    linear: withQueries(linear),
    embeddings,
    products,
    fakeQuantizes: operations['FakeQuantize'] ?? 0,
    constants,
    learned,
    ...sizes,
  };
}

function graphOf(net: IrElement): Graph {
  const nodes = new Map<string, GraphNode>();
  for (const layer of child(net, 'layers')?.children ?? []) {
    const { id = '', name = '', type = '' } = layer.attributes;
    nodes.set(id, { id, name, type, data: child(layer, 'data')?.attributes ?? {} });
  }
  const sources = new Map<string, string>();
  for (const { attributes: edge } of child(net, 'edges')?.children ?? []) {
    sources.set(`${edge['to-layer']}:${edge['to-port']}`, edge['from-layer'] ?? '');
  }
  return { nodes, sources };
}

const inputOf = (graph: Graph, node: GraphNode, port: number): GraphNode | undefined =>
  graph.nodes.get(graph.sources.get(`${node.id}:${port}`) ?? '');

const typeOf = (constant: GraphNode): string => constant.data['element_type'] ?? '';
const shapeOf = (constant: GraphNode): number[] => (constant.data['shape']?.match(/\d+/g) ?? []).map(Number);
const elements = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

/** Constants that only serve quantization: ranges of FakeQuantize, scales and zero points of stored weights. */
function quantizationConstants(graph: Graph): Set<string> {
  const found = new Set<string>();
  const add = (node: GraphNode, port: number): void => {
    let at = inputOf(graph, node, port);
    if (at?.type === 'Convert') at = inputOf(graph, at, 0);
    if (at?.type === 'Const') found.add(at.id);
  };
  for (const node of graph.nodes.values()) {
    if (node.type === 'FakeQuantize') for (const port of [1, 2, 3, 4]) add(node, port);
    if (node.type !== 'Multiply' && node.type !== 'Subtract') continue;
    const stored = weightOf(graph, node, 0)?.constant;
    if (stored && isLowPrecision(typeOf(stored))) add(node, 1);
  }
  return found;
}

/** The constant that an input comes from, through what undoes its quantization. */
function weightOf(
  graph: Graph,
  node: GraphNode,
  port: number,
): { constant: GraphNode; transposed: boolean; scale?: GraphNode; rounded?: string } | undefined {
  let transposed = false;
  let scale: GraphNode | undefined;
  let rounded: string | undefined;
  let at = inputOf(graph, node, port);
  for (let depth = 0; at && depth < 10; depth++) {
    if (at.type === 'Const') return { constant: at, transposed, ...present({ scale, rounded }) };
    if (!weightSteps.includes(at.type)) return undefined;
    if (at.type === 'Transpose') transposed = !transposed;
    if (at.type === 'FakeQuantize') rounded = Number(at.data['levels'] ?? 256) <= 16 ? 'i4' : 'i8';
    if (at.type === 'Multiply') {
      const factor = inputOf(graph, at, 1);
      scale = factor?.type === 'Convert' ? inputOf(graph, factor, 0) : factor;
    }
    at = inputOf(graph, at, 0);
  }
  return undefined;
}

/** Models that are exported by NNCF itself hold float weights, and round each time; OpenVINO does that once, when it reads them. */
const usedType = ({
  constant,
  rounded,
}: {
  readonly constant: GraphNode;
  readonly rounded?: string;
}): string => (rounded !== undefined && !isLowPrecision(typeOf(constant)) ? rounded : typeOf(constant));

function placeOf(constant: GraphNode): StoredConstant {
  return {
    type: typeOf(constant),
    shape: shapeOf(constant),
    offset: Number(constant.data['offset'] ?? 0),
    size: Number(constant.data['size'] ?? 0),
    ...(constant.data['file'] === undefined ? {} : { file: constant.data['file'] }),
  };
}

function linearOf(graph: Graph, node: GraphNode): IrLinear | undefined {
  for (const port of [1, 0]) {
    const weight = weightOf(graph, node, port);
    const shape = weight ? shapeOf(weight.constant) : [];
    if (!weight || shape.length !== 2) continue;
    // As the second factor, weights stored [outputs, inputs] are turned, by the product itself or by a Transpose.
    const turned = node.data[port === 1 ? 'transpose_b' : 'transpose_a'] === 'true';
    const outputsFirst = (turned !== weight.transposed) === (port === 1);
    const [first = 0, second = 0] = shape;
    const { type: _type, shape: _shape, ...place } = placeOf(weight.constant);
    return {
      module: moduleOf(node.name),
      name: node.name,
      outputs: outputsFirst ? first : second,
      inputs: outputsFirst ? second : first,
      parameters: first * second,
      weightType: usedType(weight),
      storedType: typeOf(weight.constant),
      inputQuantized: quantized(graph, inputOf(graph, node, 1 - port)),
      ...place,
      stored: [first, second],
      ...(weight.scale ? { scale: placeOf(weight.scale) } : {}),
    };
  }
  return undefined;
}

function quantized(graph: Graph, from: GraphNode | undefined): boolean {
  let at = from;
  for (let depth = 0; at && depth < 8; depth++) {
    if (at.type === 'FakeQuantize') return true;
    // Attention scales its queries or keys by a constant, which the runtime folds into the quantization's scale.
    const scaled = ['Multiply', 'Divide'].includes(at.type) && inputOf(graph, at, 1)?.type === 'Const';
    if (!scaled && !moves.includes(at.type)) return false;
    at = inputOf(graph, at, 0);
  }
  return false;
}

/**
 * Where queries are multiplied by a constant, as in CLIP and wav2vec2, OpenVINO folds it into their weights and calls the
 * layer after the product, which lies in the module above.
 */
function withQueries(linear: readonly IrLinear[]): IrLinear[] {
  const modules = new Set(linear.map(({ module }) => module));
  return linear.map((layer) => {
    const isQuery = modules.has(`${layer.module}.k_proj`) && !modules.has(`${layer.module}.q_proj`);
    return isQuery ? { ...layer, module: `${layer.module}.q_proj` } : layer;
  });
}

/**
 * The module behind an operation: `/bert/encoder/layer.0/output/dense/MatMul` after conversion through ONNX,
 * `__module.bert.encoder.layer.0.output.dense/aten::linear/MatMul` from PyTorch directly.
 */
export function moduleOf(operation: string): string {
  if (operation.startsWith('__module.')) return operation.slice('__module.'.length).replace(/\/.*$/, '');
  return operation
    .replace(/^\//, '')
    .replace(/\/(?:MatMul|Gemm)(?:[_/].*)?$/, '')
    .replaceAll('/', '.');
}

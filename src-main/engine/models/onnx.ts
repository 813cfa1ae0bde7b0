import { messageType } from '../io/protobuf.ts';
import type { IrType } from './ir/graph.ts';

interface Port {
  readonly name: string;
  readonly type: ReadonlyArray<{ readonly tensor: ReadonlyArray<{ readonly elementType: number }> }>;
}

interface Tensor {
  readonly name: string;
  readonly external: ReadonlyArray<{ readonly key: string; readonly value: string }>;
  readonly location: number;
}

interface Graph {
  readonly initializer: readonly Tensor[];
  readonly input: readonly Port[];
  readonly output: readonly Port[];
}

interface Model {
  readonly graph: readonly Graph[];
}

/**
 * What is wanted of onnx.proto; weights are passed over. Messages that may stand there once are `repeated`: a reader
 * in C++ puts several of them together, and so none must be overlooked.
 */
const model = messageType<Model>(
  `message Model { repeated Graph graph = 7; repeated Training training = 20; repeated Function functions = 25; }
  message Training { repeated Graph initialization = 1; repeated Graph algorithm = 2; }
  message Function { repeated Node node = 7; repeated Attribute attributes = 11; }
  message Graph {
    repeated Node node = 1;
    repeated Tensor initializer = 5;
    repeated Port input = 11;
    repeated Port output = 12;
    repeated Sparse sparse = 15;
  }
  message Node { repeated Attribute attribute = 5; }
  message Attribute {
    repeated Tensor tensor = 5;
    repeated Graph graph = 6;
    repeated Tensor tensors = 10;
    repeated Graph graphs = 11;
    repeated Sparse sparse = 22;
    repeated Sparse sparses = 23;
  }
  message Sparse { repeated Tensor values = 1; repeated Tensor indices = 2; }
  message Tensor { string name = 8; repeated Entry external = 13; int32 location = 14; }
  message Entry { string key = 1; string value = 2; }
  message Port { string name = 1; repeated Type type = 2; }
  message Type { repeated TensorType tensor = 1; }
  message TensorType { int32 elementType = 1; }`,
  'Model',
);

/** TensorProto.DataType. */
const elementTypes: Readonly<Record<number, IrType>> = {
  1: 'f32',
  2: 'u8',
  4: 'u16',
  6: 'i32',
  7: 'i64',
  10: 'f16',
  11: 'f64',
  16: 'bf16',
};

/** TensorProto.DataLocation: the content is in another file. */
const external = 1;

/** What an ONNX file tells before a runtime reads it. */
export interface OnnxFacts {
  /** Files that weights are kept in, as the file names them; empty where one is not named. */
  readonly elsewhere: readonly string[];
  /** Types of its inputs and of its first output; f32 stands for what isn't told. */
  readonly inputs: readonly IrType[];
  readonly output: IrType;
}

/** @throws {RangeError} where the bytes are no ONNX. */
export function readOnnx(bytes: Uint8Array): OnnxFacts {
  const decoded = model.decode(bytes);
  const graphs = decoded.graph;
  // Old files list their weights among the inputs.
  const weights = new Set(graphs.flatMap(({ initializer }) => initializer.map(({ name }) => name)));
  const typeOf = (port: Port | undefined): IrType =>
    elementTypes[port?.type.at(-1)?.tensor.at(-1)?.elementType ?? 1] ?? 'f32';
  return {
    elsewhere: [...new Set(filesOf(decoded))],
    inputs: graphs
      .flatMap(({ input }) => input)
      .filter(({ name }) => !weights.has(name))
      .map(typeOf),
    output: typeOf(graphs.flatMap(({ output }) => output)[0]),
  };
}

/** Tensors stand in graphs, in attributes of nodes, and in graphs that are attributes: all are gone through. */
function filesOf(message: object): string[] {
  if ('external' in message && 'location' in message) {
    const tensor = message as Tensor;
    const named = tensor.external.filter(({ key }) => key === 'location').map(({ value }) => value);
    return named.length === 0 && (tensor.external.length > 0 || tensor.location === external) ? [''] : named;
  }
  return Object.values(message).flatMap((value: unknown) =>
    Array.isArray(value)
      ? value.flatMap((item: unknown) => (item && typeof item === 'object' ? filesOf(item) : []))
      : [],
  );
}

import { messageType } from '../../io/protobuf.ts';

/** TensorFlow's numbers of the element types that a summary's scalar or text can have. */
const types = { float: 1, double: 2, int32: 3, string: 7, int64: 9 } as const;

/** Values lie in the content, or in the list of their type. */
export interface TensorProto {
  readonly dtype: number;
  readonly tensorContent: Uint8Array | null;
  readonly floatVal: readonly number[];
  readonly doubleVal: readonly number[];
  readonly intVal: readonly number[];
  readonly stringVal: readonly Uint8Array[];
  readonly int64Val: readonly number[];
}

/** What is read of tensorboard/compat/proto/tensor.proto. */
export const tensorSchema = `message TensorProto {
  int32 dtype = 1;
  optional bytes tensor_content = 4;
  repeated float float_val = 5;
  repeated double double_val = 6;
  repeated int32 int_val = 7;
  repeated bytes string_val = 8;
  repeated int64 int64_val = 10;
}`;

/** The first text of a tensor of texts; undefined for other tensors. */
export function textOfTensor({ dtype, stringVal }: TensorProto): string | undefined {
  return dtype === types.string ? Buffer.from(stringVal[0] ?? []).toString() : undefined;
}

/** The number of a tensor that has but one; undefined for others. */
export function numberOfTensor(tensor: TensorProto): number | undefined {
  const numbers = numbersOfTensor(tensor);
  return numbers.length === 1 ? numbers[0] : undefined;
}

/** All numbers of a tensor; none for other element types than float, double, int32 and int64. */
export function numbersOfTensor(tensor: TensorProto): readonly number[] {
  const content = tensor.tensorContent && Buffer.from(tensor.tensorContent);
  const held = (list: readonly number[], size: number, read: (bytes: Buffer, at: number) => number) =>
    content
      ? Array.from({ length: Math.floor(content.length / size) }, (_, index) => read(content, index * size))
      : list;
  switch (tensor.dtype) {
    case types.float:
      return held(tensor.floatVal, 4, (bytes, at) => bytes.readFloatLE(at));
    case types.double:
      return held(tensor.doubleVal, 8, (bytes, at) => bytes.readDoubleLE(at));
    case types.int32:
      return held(tensor.intVal, 4, (bytes, at) => bytes.readInt32LE(at));
    case types.int64:
      return held(tensor.int64Val, 8, (bytes, at) => Number(bytes.readBigInt64LE(at)));
    default:
      return [];
  }
}

type Hyperparameter = number | string | boolean;

/** What is read of tensorboard/plugins/hparams/plugin_data.proto, and of google.protobuf.Value. */
const hyperparametersType = messageType<{
  readonly sessionStartInfo: {
    readonly hparams: readonly {
      readonly key: string;
      readonly value: {
        readonly numberValue: number | null;
        readonly stringValue: string | null;
        readonly boolValue: boolean | null;
      } | null;
    }[];
  } | null;
}>(
  `message HParamsPluginData { SessionStartInfo session_start_info = 3; }
  message SessionStartInfo { repeated Entry hparams = 1; }
  message Entry { string key = 1; Value value = 2; }
  message Value {
    optional double number_value = 2;
    optional string string_value = 3;
    optional bool bool_value = 4;
  }`,
  'HParamsPluginData',
);

/** Hyperparameters of TensorBoard's hparams plugin. @throws {RangeError} where the content is something else. */
export function hyperparametersOf(content: Uint8Array): Record<string, Hyperparameter> {
  const { sessionStartInfo } = hyperparametersType.decode(content);
  const found: Record<string, Hyperparameter> = {};
  for (const { key, value } of sessionStartInfo?.hparams ?? []) {
    const held = value?.numberValue ?? value?.stringValue ?? value?.boolValue ?? undefined;
    if (held !== undefined) found[key] = held;
  }
  return found;
}

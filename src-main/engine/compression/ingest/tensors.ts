import { doubleOf, type Field, fieldsOf, floatOf, integerOf, textOf, viewOf } from './protobuf.ts';

/** TensorFlow's numbers of the element types that a summary's scalar or text can have. */
const types = { float: 1, double: 2, int32: 3, string: 7, int64: 9 } as const;

/** The fields of a TensorProto that matter: 1 dtype, 4 tensor_content, 5 to 10 values by type. */
function readTensor(tensor: Uint8Array): { type: number; content?: Uint8Array; fields: Field[] } {
  const fields = [...fieldsOf(tensor)];
  const type = fields.find(({ number }) => number === 1);
  const content = fields.find(({ number }) => number === 4)?.bytes;
  return { type: type ? integerOf(type) : 0, ...(content ? { content } : {}), fields };
}

/** The first text of a tensor of texts; undefined for other tensors. */
export function textOfTensor(tensor: Uint8Array): string | undefined {
  const { type, fields } = readTensor(tensor);
  if (type !== types.string) return undefined;
  return textOf(fields.find(({ number }) => number === 8)?.bytes);
}

/** The number of a tensor that has but one; undefined for others. Values may be raw bytes, packed or single. */
export function numberOfTensor(tensor: Uint8Array): number | undefined {
  const { type, content, fields } = readTensor(tensor);
  const held = (wanted: number): Field | undefined => fields.find(({ number }) => number === wanted);
  switch (type) {
    case types.float: {
      const field = held(5);
      const bytes = content ?? field?.bytes;
      if (bytes) return bytes.length === 4 ? viewOf(bytes).getFloat32(0, true) : undefined;
      return field && floatOf(field);
    }
    case types.double: {
      const field = held(6);
      const bytes = content ?? field?.bytes;
      if (bytes) return bytes.length === 8 ? viewOf(bytes).getFloat64(0, true) : undefined;
      return field && doubleOf(field);
    }
    case types.int32:
      if (content) return content.length === 4 ? viewOf(content).getInt32(0, true) : undefined;
      return integerIn(held(7));
    case types.int64:
      if (content) return content.length === 8 ? Number(viewOf(content).getBigInt64(0, true)) : undefined;
      return integerIn(held(10));
    default:
      return undefined;
  }
}

/** All numbers of a tensor of floats or doubles; none for other tensors. */
export function numbersOfTensor(tensor: Uint8Array): number[] {
  const { type, content, fields } = readTensor(tensor);
  const size = type === types.float ? 4 : type === types.double ? 8 : 0;
  if (size === 0) return [];
  const held = fields.filter(({ number }) => number === (size === 4 ? 5 : 6));
  return (content ? [{ number: 0, bytes: content }] : held).flatMap((field: Field): number[] => {
    if (!field.bytes) return [floatOf(field) ?? doubleOf(field) ?? Number.NaN];
    const view = viewOf(field.bytes);
    return Array.from({ length: Math.floor(field.bytes.length / size) }, (_, index) =>
      size === 4 ? view.getFloat32(index * size, true) : view.getFloat64(index * size, true),
    );
  });
}

function integerIn(field: Field | undefined): number | undefined {
  if (!field) return undefined;
  if (!field.bytes) return integerOf(field);
  // A packed list of one number is that number without a tag; with a tag before it, it is a message.
  const [first] = fieldsOf(Uint8Array.of(8, ...field.bytes));
  return first && integerOf(first);
}

/**
 * Hyperparameters of TensorBoard's hparams plugin: HParamsPluginData 3 session_start_info, its 1 a map from name to
 * google.protobuf.Value, which has 2 number, 3 text and 4 bool.
 */
export function hyperparametersOf(content: Uint8Array): Record<string, number | string | boolean> {
  const found: Record<string, number | string | boolean> = {};
  for (const session of fieldsOf(content)) {
    if (session.number !== 3 || !session.bytes) continue;
    for (const entry of fieldsOf(session.bytes)) {
      if (entry.number !== 1 || !entry.bytes) continue;
      let name = '';
      let value: number | string | boolean | undefined;
      for (const field of fieldsOf(entry.bytes)) {
        if (field.number === 1) name = textOf(field.bytes);
        else if (field.number === 2 && field.bytes) value = protoValue(field.bytes);
      }
      if (value !== undefined) found[name] = value;
    }
  }
  return found;
}

function protoValue(bytes: Uint8Array): number | string | boolean | undefined {
  for (const field of fieldsOf(bytes)) {
    if (field.number === 2) return doubleOf(field);
    if (field.number === 3) return textOf(field.bytes);
    if (field.number === 4) return field.varint === 1n;
  }
  return undefined;
}

import { messageType } from '../../../io/protobuf.ts';

/** The values of a feature: bytes, numbers of 32 bits with a point, or whole numbers. */
export type Feature =
  | { readonly bytes: readonly Uint8Array[] }
  | { readonly floats: readonly number[] }
  | { readonly integers: readonly number[] };

export type Example = ReadonlyMap<string, Feature>;

interface FeatureMessage {
  readonly bytesList?: { readonly value: readonly Uint8Array[] } | null;
  readonly floatList?: { readonly value: readonly number[] } | null;
  readonly int64List?: { readonly value: readonly number[] } | null;
}

/**
 * https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/example/feature.proto; its map is a list of entries
 * here, whose order stays.
 */
const exampleType = messageType<{
  readonly features: {
    readonly feature: readonly { readonly key: string; readonly value: FeatureMessage | null }[];
  } | null;
}>(
  `message Example { Features features = 1; }
  message Features { repeated Entry feature = 1; }
  message Entry { string key = 1; Feature value = 2; }
  message Feature { BytesList bytes_list = 1; FloatList float_list = 2; Int64List int64_list = 3; }
  message BytesList { repeated bytes value = 1; }
  message FloatList { repeated float value = 1; }
  message Int64List { repeated int64 value = 1; }`,
  'Example',
);

/**
 * Reads a `tf.train.Example`.
 *
 * @throws {RangeError} where the bytes are none.
 */
export function readExample(record: Uint8Array): Example {
  const example = new Map<string, Feature>();
  for (const { key, value } of exampleType.decode(record).features?.feature ?? []) {
    if (value?.bytesList) example.set(key, { bytes: value.bytesList.value });
    else if (value?.floatList) example.set(key, { floats: value.floatList.value });
    else if (value?.int64List) example.set(key, { integers: value.int64List.value });
  }
  return example;
}

/** The inverse of {@link readExample}; features in the order of their names, so that the same item gives the same bytes. */
export function exampleBytes(example: Example): Uint8Array {
  const feature = [...example]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => ({ key, value: messageOf(value) }));
  return exampleType.encode({ features: { feature } });
}

function messageOf(feature: Feature): FeatureMessage {
  if ('bytes' in feature) return { bytesList: { value: feature.bytes } };
  if ('integers' in feature) return { int64List: { value: feature.integers } };
  return { floatList: { value: feature.floats } };
}

/** What a batch is made of. Bytes are a row of an array, or an array of their own. */
export type Pickled =
  | null
  | string
  | number
  | readonly Pickled[]
  | Bytes
  | Objects
  | { readonly dictionary: Readonly<Record<string, Pickled>> };

/** NumPy's array of bytes: `rows` rows of the same length, or one flat array. */
export interface Bytes {
  readonly bytes: readonly Uint8Array[];
  readonly shape: readonly number[];
}

/** NumPy's array of Python's objects. */
export interface Objects {
  readonly objects: readonly Pickled[];
}

const text = (value: string): Buffer => Buffer.from(value, 'utf8');

function counted(code: number, value: Buffer): Buffer[] {
  const head = Buffer.alloc(5);
  head[0] = code;
  head.writeUInt32LE(value.length, 1);
  return [head, value];
}

const wholeNumber = (value: number): Buffer => {
  const bytes = Buffer.alloc(5);
  bytes[0] = 0x4a;
  bytes.writeInt32LE(value, 1);
  return bytes;
};

const global = (module: string, name: string): Buffer => text(`c${module}\n${name}\n`);

/** Python's pickle, protocol 3, of what CIFAR's files hold: dictionaries, lists, texts, numbers and NumPy's arrays. */
export function pickle(value: Pickled): Buffer {
  return Buffer.concat([Buffer.from([0x80, 3]), ...pieces(value), text('.')]);
}

function pieces(value: Pickled): Buffer[] {
  if (value === null) return [text('N')];
  if (typeof value === 'string') return counted(0x58, text(value.toWellFormed()));
  if (typeof value === 'number') return [wholeNumber(value)];
  if (isList(value)) return [text(']('), ...value.flatMap(pieces), text('e')];
  if ('dictionary' in value) {
    const fields = Object.entries(value.dictionary).flatMap(([key, entry]) => [
      ...pieces(key),
      ...pieces(entry),
    ]);
    return [text('}('), ...fields, text('u')];
  }
  const isBytes = 'bytes' in value;
  const shape = isBytes ? value.shape : [value.objects.length];
  const data = isBytes ? counted(0x42, Buffer.concat(value.bytes)) : pieces(value.objects);
  // An empty array is made and then given its state: version, shape, type, whether columns come first, and the data.
  return [
    global('numpy.core.multiarray', '_reconstruct'),
    text('('),
    global('numpy', 'ndarray'),
    text('('),
    wholeNumber(0),
    text('t'),
    ...counted(0x42, text('b')),
    text('tR('),
    wholeNumber(1),
    text('('),
    ...shape.map(wholeNumber),
    text('t'),
    ...typeOf(isBytes ? 'u1' : 'O8', isBytes ? -1 : 63),
    text('I00\n'),
    ...data,
    text('tb'),
  ];
}

const isList = (value: Exclude<Pickled, null | string | number>): value is readonly Pickled[] =>
  Array.isArray(value);

/** NumPy's type of an array's values; objects have flags that say that they are counted. */
function typeOf(name: string, flags: number): Buffer[] {
  return [
    global('numpy', 'dtype'),
    text('('),
    ...pieces(name),
    text('I00\nI01\ntR('),
    wholeNumber(3),
    ...pieces('|'),
    text('NNN'),
    wholeNumber(-1),
    wholeNumber(-1),
    wholeNumber(flags === -1 ? 0 : flags),
    text('tb'),
  ];
}

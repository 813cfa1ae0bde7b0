import { readFile } from 'node:fs/promises';
import { RefineryError } from '../../../../contract/errors.ts';
import { refuseEmpty } from '../../files/folder.ts';
import { reasonOf } from '../../files/reasons.ts';

/** Most bytes of a pickled file. */
const mostBytes = 2 ** 30;

/** NumPy's array of bytes or of Python's numbers, as far as the sets that are read need one. */
export class PickledArray {
  shape: readonly number[] = [];
  /** Bytes, or a value for each place. */
  values: Uint8Array | readonly unknown[] = [];

  /** What pickle calls with what it knows: version, shape, type, whether columns come first, and the data. */
  __setstate__(state: unknown): void {
    const [, shape, , columnsFirst, data] = Array.isArray(state) ? state : [];
    if (columnsFirst === true) throw new Error('the array is stored column by column');
    this.shape = Array.isArray(shape) ? shape.map(Number) : [];
    if (data instanceof Uint8Array) this.values = data;
    else if (typeof data === 'string') this.values = bytesOf(data);
    else this.values = Array.isArray(data) ? data : [];
  }
}

/** Text that was bytes in Python 2: the reader takes each for a character of Windows' code page 1252. */
function bytesOf(text: string): Uint8Array {
  const codes = new Map<string, number>();
  const decoder = new TextDecoder('windows-1252');
  for (let code = 0; code < 256; code += 1) codes.set(decoder.decode(Uint8Array.of(code)), code);
  return Uint8Array.from(text, (character) => codes.get(character) ?? character.charCodeAt(0) & 255);
}

/**
 * What a pickle may call, and nothing else: makers of arrays, which only hold data. Anything that it names besides is
 * refused before it is used, so that a pickle never runs code.
 */
function makers(): Readonly<Record<string, (...given: unknown[]) => unknown>> {
  const array = (): PickledArray => new PickledArray();
  return {
    '_codecs.encode': (text) => bytesOf(String(text)),
    'numpy.ndarray': array,
    // Its state says nothing that is needed: values are bytes or Python's own.
    'numpy.dtype': () => ({ __setstate__: () => undefined }),
    _reconstruct: array,
    _frombuffer: (data, _type, shape) => {
      const made = array();
      made.__setstate__([1, shape, null, false, data]);
      return made;
    },
  };
}

/**
 * A pickled value: Python's lists, texts, numbers and bytes as JavaScript's, dictionaries as maps. Nothing in it is
 * executed.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` for a damaged file, and for one that asks for more than data.
 */
export async function unpickle(path: string): Promise<unknown> {
  refuseEmpty(path);
  const bytes = await readFile(path);
  if (bytes.length > mostBytes) throw new RefineryError('INPUT_TOO_LARGE', `The file ${path} is too large.`);
  const known = makers();
  const resolve = (module: string, name: string): ((...given: unknown[]) => unknown) => {
    const inNumpy = /^numpy\.(_?core)\.(multiarray|numeric)$/.test(module) && name.startsWith('_');
    const key = inNumpy ? name : `${module}.${name}`;
    const made = Object.hasOwn(known, key) ? known[key] : undefined;
    if (made === undefined) throw new Error(`it asks for ${module}.${name}, which is not allowed`);
    return made;
  };
  try {
    const { Parser } = await import('pickleparser');
    return new Parser({ nameResolver: { resolve }, unpicklingTypeOfDictionary: 'Map' }).parse(bytes);
  } catch (thrown) {
    throw noPickle(path, reasonOf(thrown, 'it is damaged, or ends early'));
  }
}

/** {@link unpickle} for a dictionary with text for keys. @throws as it does, and where it is none. */
export async function unpickleDictionary(path: string): Promise<ReadonlyMap<string, unknown>> {
  const value = await unpickle(path);
  if (!(value instanceof Map)) throw noPickle(path, 'it is not a dictionary');
  const text = (key: unknown): string =>
    key instanceof Uint8Array ? Buffer.from(key).toString() : String(key);
  return new Map([...value].map(([key, held]) => [text(key), held]));
}

const noPickle = (path: string, why: string): RefineryError =>
  new RefineryError('INPUT_CORRUPT', `The file ${path} can't be read as a pickle: ${why}.`);

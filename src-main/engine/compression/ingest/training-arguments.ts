import { Parser } from 'pickleparser';
import { fromBufferPromise } from 'yauzl';
import type { FileProblem } from '../types.ts';

/** The Trainer's arguments by name: numbers, texts and truths; names of enumerations as their text. */
export type TrainingArguments = Readonly<Record<string, number | string | boolean | null>>;

/** The file of the Trainer has some thousand bytes. */
const largest = 4 << 20;

/**
 * Reads `training_args.bin`: a zip of torch's with a pickle in it. A pickle is a program; here nothing of it is run: every
 * class and function that it names is replaced by one that only keeps its arguments.
 */
export class TrainingArgumentsReader {
  readonly #chunks: Uint8Array[] = [];
  #value: TrainingArguments | undefined;
  #problem: FileProblem | undefined;

  push(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
  }

  async settle(): Promise<void> {
    this.#value = undefined;
    this.#problem = undefined;
    try {
      this.#value = plainArguments(await pickleOf(Buffer.concat(this.#chunks)));
    } catch (cause) {
      const why = cause instanceof Error ? ` ${cause.message}` : '';
      this.#problem = { severity: 'note', message: `The Trainer’s arguments can’t be read from it.${why}` };
    }
  }

  get value(): TrainingArguments | undefined {
    return this.#value;
  }

  get problems(): readonly FileProblem[] {
    return this.#problem ? [this.#problem] : [];
  }
}

/** The bytes of `<name>/data.pkl`. */
async function pickleOf(bytes: Buffer): Promise<Uint8Array> {
  if (bytes.length > largest) throw new Error('It is larger than any such file.');
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('/data.pkl')) continue;
      if (entry.uncompressedSize > largest) throw new Error('It is larger than any such file.');
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
      return Buffer.concat(chunks);
    }
  } finally {
    zip.close();
  }
  throw new Error('There is no data.pkl in it.');
}

/** What stands in for an object of Python's: the first argument that it was made with, and its state. */
class Held {
  readonly argument: unknown;
  state: unknown;

  constructor(argument: unknown) {
    this.argument = argument;
  }

  __setstate__(state: unknown): void {
    this.state = state;
  }
}

/** Called and constructed alike, as a pickle does with functions and classes. */
function stand(...args: readonly unknown[]): Held {
  return new Held(args[0]);
}

function plainArguments(pickle: Uint8Array): TrainingArguments {
  const parser = new Parser({ nameResolver: { resolve: () => stand }, unpicklingTypeOfDictionary: 'Map' });
  const found: unknown = parser.parse(pickle);
  if (!(found instanceof Held) || !(found.state instanceof Map)) throw new Error('It holds no arguments.');
  const entries = [...(found.state as Map<unknown, unknown>)].flatMap(([key, value]) => {
    // Access tokens are nobody's business, and what begins with _ is of the moment.
    if (typeof key !== 'string' || key.startsWith('_') || key.endsWith('token')) return [];
    const plain = value instanceof Held ? value.argument : value;
    const keep = plain === null || ['number', 'string', 'boolean'].includes(typeof plain);
    return keep ? [[key, plain as number | string | boolean | null] as const] : [];
  });
  return Object.fromEntries(entries);
}

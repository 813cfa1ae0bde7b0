import type { FileProblem } from '../types.ts';
import { type Line, LineSplitter } from './lines.ts';
import { present } from './python-json.ts';

export interface LayerSparsity {
  /** NNCF's name of the layer; with `/bias` at its end for a bias. */
  readonly name: string;
  readonly shape: readonly number[];
  /** 0 to 1. */
  readonly sparsity: number;
  /** The layer's part of the model's parameters, in percent. */
  readonly percentage: number;
}

/** The statistics that NNCF writes when an epoch begins, from 0. */
export interface EpochStatistics {
  readonly epoch: number;
  /** 0 to 1; of all layers. */
  readonly modelSparsity?: number;
  /** 0 to 1; of the layers that can be pruned. */
  readonly layerSparsity?: number;
  readonly threshold?: number;
  readonly factor?: number;
  readonly layers: readonly LayerSparsity[];
  /** Tables about quantization: name of the row and its text, such as `100.00 % (29 / 29)`. */
  readonly quantization: Readonly<Record<string, string>>;
}

/** A warning or error and how often it was written. */
export interface LogMessage {
  readonly severity: 'warning' | 'error';
  readonly text: string;
  readonly line: number;
  readonly count: number;
}

export interface NncfLog {
  readonly epochs: readonly EpochStatistics[];
  /** What NNCF chose for `init_importance_threshold` when the configuration left it out. */
  readonly initialThreshold?: number;
  /** Layers whose weights are not made sparse. */
  readonly notSparsified: readonly string[];
  /** Operations whose inputs are not quantized. */
  readonly notQuantized: readonly string[];
  readonly messages: readonly LogMessage[];
}

type Draft = { -readonly [Name in keyof EpochStatistics]: EpochStatistics[Name] } & {
  layers: LayerSparsity[];
  quantization: Record<string, string>;
};

/** Puts equal messages together. */
export class MessageList {
  readonly #byText = new Map<string, LogMessage>();

  add(severity: LogMessage['severity'], text: string, line: number): void {
    const known = this.#byText.get(text);
    if (known) this.#byText.set(text, { ...known, count: known.count + 1 });
    else if (this.#byText.size < 1000) this.#byText.set(text, { severity, text, line, count: 1 });
  }

  get list(): LogMessage[] {
    return [...this.#byText.values()];
  }
}

/** Reads lines of NNCF's log, which may stand in the Trainer's console log too. */
export class NncfLineReader {
  readonly #epochs = new Map<number, Draft>();
  readonly #notSparsified = new Set<string>();
  readonly #notQuantized = new Set<string>();
  readonly #messages = new MessageList();
  #initialThreshold: number | undefined;
  #title = '';
  #row: string[] = [];

  line({ text, number }: Line): void {
    const logged = /^(INFO|WARNING|ERROR):nncf:(.*)$/.exec(text);
    if (logged) this.#logged(logged[1]!, logged[2]!, number);
    const table = /^Epoch (\d+) \|(.*)$/.exec(text);
    if (table) this.#table(Number(table[1]), table[2]!);
  }

  get value(): NncfLog {
    return {
      epochs: [...this.#epochs.values()].map((draft) => ({
        ...draft,
        layers: [...draft.layers],
        quantization: { ...draft.quantization },
      })),
      ...present({ initialThreshold: this.#initialThreshold }),
      notSparsified: [...this.#notSparsified],
      notQuantized: [...this.#notQuantized],
      messages: this.#messages.list,
    };
  }

  get empty(): boolean {
    return this.#epochs.size === 0 && this.#notSparsified.size === 0 && this.#messages.list.length === 0;
  }

  #logged(level: string, text: string, line: number): void {
    const title = /^Statistics (?:of|by) .*:$/.test(text) ? text : '';
    if (title !== '') this.#title = title;
    if (level !== 'INFO') this.#messages.add(level === 'ERROR' ? 'error' : 'warning', text, line);
    const unsparse = /^Ignored adding weight sparsifier in scope: (.+)$/.exec(text)?.[1];
    if (unsparse) this.#notSparsified.add(unsparse);
    const float = /^Not adding activation input quantizer for operation: \d+ (.+)$/.exec(text)?.[1];
    if (float) this.#notQuantized.add(float);
    const initial = /calculates `init_importance_threshold` as (\S+) so/.exec(text)?.[1];
    if (initial !== undefined) this.#initialThreshold = pythonNumber(initial);
  }

  /** A table's line: a title, a rule that ends a row (`+--`, or `+==` after the heads), or cells of a row. */
  #table(epoch: number, text: string): void {
    if (text.startsWith('Statistics')) this.#title = text;
    if (text.startsWith('+=') || (text.startsWith('+') && this.#row.length === 0)) {
      this.#row = [];
    } else if (text.startsWith('+')) {
      this.#finishRow(epoch);
    } else if (text.startsWith('|')) {
      const cells = text.split('|').slice(1, -1);
      this.#row = cells.map((cell, index) => {
        const before = this.#row[index] ?? '';
        // Names of layers are cut at 20 characters wherever that is; other texts between words.
        const gap = before === '' || cell.trim() === '' || (index === 0 && this.#isLayers) ? '' : ' ';
        return before + gap + cell.trim();
      });
    }
  }

  get #isLayers(): boolean {
    return this.#title.startsWith('Statistics by sparsified layers');
  }

  #finishRow(epoch: number): void {
    const [name = '', second = '', third = '', fourth = ''] = this.#row;
    this.#row = [];
    let draft = this.#epochs.get(epoch);
    if (!draft) {
      draft = { epoch, layers: [], quantization: {} };
      this.#epochs.set(epoch, draft);
    }
    if (this.#isLayers) {
      const shape = (second.match(/\d+/g) ?? []).map(Number);
      const layer = { name, shape, sparsity: pythonNumber(third), percentage: pythonNumber(fourth) };
      // A training that goes on from a checkpoint writes the table of its epoch again.
      const known = draft.layers.findIndex((other) => other.name === name);
      if (known < 0) draft.layers.push(layer);
      else draft.layers[known] = layer;
    } else if (name === 'Sparsity level of the whole model') draft.modelSparsity = pythonNumber(second);
    else if (name === 'Sparsity level of all sparsified layers') draft.layerSparsity = pythonNumber(second);
    else if (name === 'Mask Importance Threshold') draft.threshold = pythonNumber(second);
    else if (name === 'Importance Regularization Factor') draft.factor = pythonNumber(second);
    else if (this.#title.includes('quantization')) draft.quantization[name] = second;
  }
}

/** A number as Python prints it, `-inf` and `nan` too. */
export function pythonNumber(text: string): number {
  const bare = text.trim();
  const sign = bare.startsWith('-') ? -1 : 1;
  if (/^[-+]?inf(?:inity)?$/i.test(bare)) return sign * Number.POSITIVE_INFINITY;
  return bare === '' ? Number.NaN : Number(bare);
}

/** Reads `nncf_output.log` from appended bytes. */
export class NncfLogReader {
  readonly #splitter = new LineSplitter();
  readonly #reader = new NncfLineReader();

  push(bytes: Uint8Array): void {
    for (const line of this.#splitter.push(bytes)) this.#reader.line(line);
  }

  get value(): NncfLog {
    return this.#reader.value;
  }

  /** Anything can stand in a log; only a last line without end is worth a note. */
  get problems(): FileProblem[] {
    return this.#splitter.pending ? [unfinishedLine] : [];
  }
}

export const unfinishedLine: FileProblem = {
  severity: 'note',
  message: 'The last line has no end and is not yet read.',
};

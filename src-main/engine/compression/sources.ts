import { gunzipSync } from 'node:zlib';
import { type CompressionConfig, parseCompressionConfig } from './ingest/compression-config.ts';
import { type ConsoleLog, ConsoleLogReader } from './ingest/console-log.ts';
import { type EventFile, EventFileReader } from './ingest/event-file.ts';
import { type IrSummary, parseIrSummary } from './ingest/ir.ts';
import { type ModelConfig, parseModelConfig } from './ingest/model-config.ts';
import { type NncfLog, NncfLogReader } from './ingest/nncf-log.ts';
import { OnnxReader } from './ingest/onnx.ts';
import { parseResults } from './ingest/results.ts';
import { parseStructuredSparsity, type StructuredSparsity } from './ingest/structured-sparsity.ts';
import { parseTrainerState, type TrainerState } from './ingest/trainer-state.ts';
import { type TrainingArguments, TrainingArgumentsReader } from './ingest/training-arguments.ts';
import type { FileProblem, Parsed } from './types.ts';

/** What each kind of file holds. */
export interface Contents {
  readonly 'trainer-state': TrainerState;
  readonly results: Readonly<Record<string, number>>;
  readonly events: EventFile;
  readonly console: ConsoleLog;
  readonly 'nncf-log': NncfLog;
  readonly 'compression-config': CompressionConfig;
  readonly 'model-config': ModelConfig;
  readonly structure: StructuredSparsity;
  readonly ir: IrSummary;
  /** A model in ONNX, as an IR would be. */
  readonly onnx: IrSummary;
  readonly 'training-arguments': TrainingArguments;
}
export type Kind = keyof Contents;

/** Takes the bytes of a file as they come. */
export interface SourceReader<Value> {
  /** The bytes are the caller's, and change afterwards: what is to stay must be copied. */
  push(bytes: Uint8Array): void;
  /** Waited for when all bytes that are there were given, where reading takes more than that. */
  settle?(): Promise<void>;
  readonly value: Value | undefined;
  readonly problems: readonly FileProblem[];
}

interface Source<Value> {
  /** The file's name. */
  readonly name: RegExp;
  /** Bytes are appended to it; other files are written anew. */
  readonly growing: boolean;
  /** Its reader holds no more than it needs, so that it may have any size. */
  readonly unlimited?: boolean;
  readonly open: (path: string) => SourceReader<Value>;
}

/** More than any such file has; what is larger is something else. */
const largestText = 256 << 20;

class WholeFile<Value> implements SourceReader<Value> {
  readonly #chunks: Uint8Array[] = [];
  readonly #parse: (text: string) => Parsed<Value>;
  #parsed: Parsed<Value> | undefined;

  constructor(parse: (text: string) => Parsed<Value>) {
    this.#parse = parse;
  }
  push(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#parsed = undefined;
  }
  get value(): Value | undefined {
    return this.#read().value;
  }
  get problems(): readonly FileProblem[] {
    return this.#read().problems;
  }
  #read(): Parsed<Value> {
    this.#parsed ??= this.#parse(Buffer.concat(this.#chunks).toString('utf8'));
    return this.#parsed;
  }
}

class Gzipped<Value> implements SourceReader<Value> {
  readonly #chunks: Uint8Array[] = [];
  readonly #open: () => SourceReader<Value>;
  #inner: SourceReader<Value> | undefined;
  #fault: FileProblem | undefined;

  constructor(open: () => SourceReader<Value>) {
    this.#open = open;
  }
  push(bytes: Uint8Array): void {
    this.#chunks.push(Buffer.from(bytes));
    this.#inner = undefined;
  }
  get value(): Value | undefined {
    const value = this.#read().value;
    return this.#fault ? undefined : value;
  }
  get problems(): readonly FileProblem[] {
    const { problems } = this.#read();
    return this.#fault ? [this.#fault] : problems;
  }
  #read(): SourceReader<Value> {
    if (this.#inner) return this.#inner;
    this.#inner = this.#open();
    this.#fault = undefined;
    try {
      this.#inner.push(gunzipSync(Buffer.concat(this.#chunks), { maxOutputLength: largestText }));
    } catch (cause) {
      const message = `It can’t be unpacked. ${cause instanceof Error ? cause.message : String(cause)}`;
      this.#fault = { severity: 'error', message };
    }
    return this.#inner;
  }
}

const whole =
  <Value>(parse: (text: string) => Parsed<Value>) =>
  (): SourceReader<Value> =>
    new WholeFile(parse);

const log =
  <Value>(open: () => SourceReader<Value>) =>
  (path: string): SourceReader<Value> =>
    path.endsWith('.gz') ? new Gzipped(open) : open();

/** All kinds of files that are read. Another kind is one more entry. */
export const sources: { readonly [Name in Kind]: Source<Contents[Name]> } = {
  'trainer-state': {
    name: /^trainer_state(?:\.checkpoint-\d+)?\.json$/,
    growing: false,
    open: whole(parseTrainerState),
  },
  results: { name: /^(?:all|train|eval)_results\.json$/, growing: false, open: whole(parseResults) },
  events: { name: /^events\.out\.tfevents\./, growing: true, open: () => new EventFileReader() },
  console: {
    name: /^(?:.+\.)?(?:console|stdout|train|training)\.log(?:\.\d+)?(?:\.gz)?$|^nohup\.out$/,
    growing: true,
    open: log(() => new ConsoleLogReader()),
  },
  'nncf-log': {
    name: /^nncf_output\.log(?:\.\d+)?(?:\.gz)?$/,
    growing: true,
    open: log(() => new NncfLogReader()),
  },
  'compression-config': {
    name: /^(?:openvino_config|ov_config|nncf_config|.*jpqd.*)\.json$/,
    growing: false,
    open: whole(parseCompressionConfig),
  },
  'model-config': { name: /^config\.json$/, growing: false, open: whole(parseModelConfig) },
  structure: {
    name: /^structured_sparsity\.csv$/,
    growing: false,
    open: whole((text) => parseStructuredSparsity(text)),
  },
  ir: { name: /^openvino_model\.xml$/, growing: false, open: whole((text) => parseIrSummary(text)) },
  onnx: {
    name: /^[^.].*\.onnx$/,
    growing: false,
    unlimited: true,
    open: () => new OnnxReader(),
  },
  'training-arguments': {
    name: /^training_args\.bin$/,
    growing: false,
    open: () => new TrainingArgumentsReader(),
  },
};

/** Which kind of file a path is. */
export function kindOf(path: string): Kind | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (Object.keys(sources) as Kind[]).find((kind) => sources[kind].name.test(name));
}

export const openSource = (kind: Kind, path: string): SourceReader<Contents[Kind]> =>
  sources[kind].open(path);

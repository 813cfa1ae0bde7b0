import type { CompressionConfig } from './ingest/compression-config.ts';
import type { ConsoleLog } from './ingest/console-log.ts';
import type { Histogram } from './ingest/histograms.ts';
import type { IrSummary } from './ingest/ir.ts';
import type { ModelConfig } from './ingest/model-config.ts';
import type { NncfLog } from './ingest/nncf-log.ts';
import type { StructuredSparsity } from './ingest/structured-sparsity.ts';
import type { TrainingArguments } from './ingest/training-arguments.ts';

/** Where in a file something is: a byte from 0, a line and column from 1, or a path into JSON such as `$.a[0]`. */
export type Place =
  | { readonly byte: number }
  | { readonly line: number; readonly column?: number }
  | { readonly path: string };

/** Something that is wrong with a file. The rest of the file is read as far as it goes. */
export interface FileProblem {
  /** `note`: expected while a run goes on, such as a record that is not yet whole. */
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
  readonly place?: Place;
}

export interface Problem extends FileProblem {
  /** Path from the run's folder, with slashes. */
  readonly file: string;
}

/** What a parser made of a file. `value` is missing only when nothing at all could be used. */
export interface Parsed<Value> {
  readonly value?: Value;
  readonly problems: readonly FileProblem[];
}

/** One value of a metric. It may be -Infinity (the threshold before warm-up) or NaN (a loss that broke). */
export interface Point {
  /** Optimizer steps done, from 1: the Trainer's `global_step`. */
  readonly step: number;
  /** Epochs done, with fractions; the Trainer rounds them to two decimals. */
  readonly epoch?: number;
  /** Seconds since 1970; only event files say it. */
  readonly time?: number;
  readonly value: number;
}

/** Points by ascending step, at most one for each. */
export type Series = readonly Point[];

/** One logged dictionary: what the Trainer puts into `log_history` and prints. */
export interface LogRow {
  readonly step: number;
  readonly epoch?: number;
  readonly time?: number;
  /** All numbers but step and epoch, under the Trainer's own keys (`loss`, `eval_accuracy`, …). */
  readonly values: Readonly<Record<string, number>>;
}

/** What is known about the training as a whole; each fact from the most reliable file that says it. */
export interface TrainingFacts {
  /** Optimizer steps that the training is to make. */
  readonly maxSteps?: number;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** Steps done, by the newest file. */
  readonly globalStep?: number;
  readonly loggingSteps?: number;
  readonly learningRate?: number;
  /** w in loss = (1 - w) · task + w · distillation + compression. */
  readonly distillationWeight?: number;
  readonly distillationTemperature?: number;
  readonly trainableParameters?: number;
  /** Whether the training came to its end, as far as files say it. */
  readonly finished: boolean;
}

export interface Checkpoint {
  /** Path from the run's folder. */
  readonly path: string;
  readonly step: number;
  /** A `tmp-checkpoint-N`: a save in progress, or one that crashed. */
  readonly temporary: boolean;
  /** Seconds since 1970. */
  readonly modified: number;
  /** The evaluation at this step, such as `eval_accuracy`. */
  readonly metrics: Readonly<Record<string, number>>;
  readonly ir?: IrSummary;
}

/** One training, as its folder tells it. Plain values only, so that it can cross to another process. */
export interface Run {
  readonly folder: string;
  readonly metrics: Readonly<Record<string, Series>>;
  /** What the `*_results.json` files say at the end. */
  readonly results: Readonly<Record<string, number>>;
  readonly training: TrainingFacts;
  readonly config?: CompressionConfig;
  readonly model?: ModelConfig;
  readonly structure?: StructuredSparsity;
  /** The IR in the output folder itself. */
  readonly ir?: IrSummary;
  readonly checkpoints: readonly Checkpoint[];
  readonly nncf?: NncfLog;
  readonly console?: ConsoleLog;
  /** Texts of the event files by tag; access tokens are left out. */
  readonly texts: Readonly<Record<string, string>>;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  /** Of the event files, by tag. */
  readonly histograms: Readonly<Record<string, readonly Histogram[]>>;
  /** Plain values of training_args.bin. */
  readonly trainingArguments: TrainingArguments;
  /** Files that were read, by path from the folder. */
  readonly files: readonly string[];
  readonly problems: readonly Problem[];
}

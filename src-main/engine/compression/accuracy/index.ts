import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../../contract/errors.ts';
import type { Precision } from '../../runtime/index.ts';
import { readIr } from '../benchmark/facts.ts';
import { compileFor, precisionOf, propertyText, readModel } from '../benchmark/model.ts';
import { positionsOf } from '../benchmark/shapes.ts';
import { isObject, parsePythonJson } from '../ingest/python-json.ts';
import { type Batch, batchesOf, planInputs, tensorsOf } from './batches.ts';
import { type Examples, readExamples } from './examples.ts';
import { foldersOf, openTokenizer } from './tokenizer.ts';

export interface AccuracyOptions {
  readonly openvino: NodeAddon;
  /** Path of an IR's .xml that classifies texts. */
  readonly model: string;
  /** A .tsv, .csv or .jsonl with a text, maybe a second one, and a label. */
  readonly dataset: string;
  /** Folder of the tokenizer; missing: the model's own folder, or the one above it. */
  readonly tokenizer?: string;
  readonly device?: string;
  readonly precision?: Precision;
  /** Tokens of the longest text; missing: what the tokenizer's and the model's files say. */
  readonly maxLength?: number;
  readonly signal?: AbortSignal;
  /** Called with the part that is done, 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface Accuracy {
  readonly model: string;
  readonly dataset: string;
  readonly examples: number;
  readonly correct: number;
  /** 0 to 1. */
  readonly accuracy: number;
  /** Where the accuracy on many such sets lies with 95 %: Wilson's score interval. */
  readonly interval: readonly [number, number];
  /** For two classes: of the second one, as GLUE counts it. */
  readonly f1?: { readonly value: number; readonly positive: string };
  readonly classes: readonly string[];
  /** How often a class (row) was taken for a class (column). */
  readonly confusion: ReadonlyArray<readonly number[]>;
  /** Longest text in tokens, and how many were cut to that. */
  readonly maxLength: number;
  readonly cut: number;
  readonly leftOut: ReadonlyArray<{ readonly line: number; readonly reason: string }>;
}

/**
 * Runs a classifier of texts over a labelled set and counts what it gets right. Texts are cut and padded as
 * transformers does; the class is that of the largest output.
 *
 * @throws {RefineryError} those of {@link readExamples}, `openTokenizer` and `readModel`; `INPUT_UNSUPPORTED` for labels
 *   or inputs that the model doesn't know, `RUNTIME_FAILED` for outputs that aren't numbers, `CANCELLED`.
 */
export async function measureAccuracy(options: AccuracyOptions): Promise<Accuracy> {
  const { openvino, model: path, device = 'CPU', signal } = options;
  const examples = await readExamples(options.dataset);
  const folders = options.tokenizer === undefined ? foldersOf(path) : [options.tokenizer];
  const tokenizer = await openTokenizer(folders);
  const core = new openvino.Core();
  const model = await readModel(core, path);
  const plan = planInputs(model);
  const limits = [options.maxLength ?? tokenizer.maxLength, plan.length, positionsOf(await readIr(path))];
  const maxLength = Math.min(...limits.filter((limit) => limit !== undefined), 512);
  const { batches, cut } = batchesOf(examples.list, tokenizer, plan, maxLength);
  const compiled = await compileFor(core, model, device, {
    PERFORMANCE_HINT: 'THROUGHPUT',
    ...precisionOf(options.precision),
  });
  const best = Number(propertyText(() => compiled.getProperty('OPTIMAL_NUMBER_OF_INFER_REQUESTS')));
  const predicted = new Int32Array(examples.list.length);
  let classCount = 0;
  let done = 0;
  const waiting = batches.values();
  const run = async (): Promise<void> => {
    const request = compiled.createInferRequest();
    const types = plan.inputs.map((_, index) => String(request.getInputTensor(index).getElementType()));
    for (const batch of waiting) {
      if (signal?.aborted) throw new RefineryError('CANCELLED', 'The measuring was cancelled.');
      const outputs = await request.inferAsync(tensorsOf(openvino, batch, plan, types));
      classCount = classify(Object.values(outputs)[0]!, batch, predicted);
      done += batch.examples.length;
      options.onProgress?.(done / examples.list.length);
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: best > 0 ? best : 1 }, run));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason instanceof RefineryError ? failed.reason : inferenceFailed(failed.reason);
  const classes = await classNames(folders.concat(foldersOf(path)), classCount);
  return {
    model: path,
    dataset: options.dataset,
    maxLength,
    cut,
    ...score(examples, predicted, classes),
    classes,
  };
}

/** The class with the largest output for each example. @returns how many classes there are. */
function classify(
  output: { readonly data: unknown; getShape(): number[] },
  { examples }: Batch,
  predicted: Int32Array,
): number {
  const shape = output.getShape();
  const [rows = 0, classes = 0] = shape;
  if (shape.length !== 2 || rows < examples.length || classes < 2) {
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      `The model’s output is [${shape.join(', ')}], not one number a class.`,
      {
        hint: 'Accuracy is measured of models that classify texts.',
      },
    );
  }
  const values = output.data as Float32Array;
  examples.forEach((example, row) => {
    const scores = values.subarray(row * classes, (row + 1) * classes);
    if (!scores.every(Number.isFinite)) throw inferenceFailed('An output isn’t a finite number.');
    predicted[example] = scores.indexOf(Math.max(...scores));
  });
  return classes;
}

const inferenceFailed = (cause: unknown): RefineryError =>
  new RefineryError('RUNTIME_FAILED', 'An inference failed while the accuracy was measured.', {
    cause,
    ...(cause instanceof Error ? {} : { details: String(cause) }),
  });

/** Names of the classes from the model's config.json; their numbers where it has none. */
async function classNames(folders: readonly string[], count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, index) => String(index));
  for (const folder of folders) {
    const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => undefined);
    const config = text === undefined ? undefined : parsePythonJson(text).value;
    const names = isObject(config) ? config['id2label'] : undefined;
    if (isObject(names))
      return numbers.map((number) => (typeof names[number] === 'string' ? names[number] : number));
  }
  return numbers;
}

function score(
  { list, leftOut }: Examples,
  predicted: Int32Array,
  classes: readonly string[],
): Omit<Accuracy, 'model' | 'dataset' | 'classes' | 'maxLength' | 'cut'> {
  const lower = classes.map((name) => name.toLowerCase());
  const numberOf = (label: string): number => {
    const named = lower.indexOf(label.toLowerCase());
    const number = named >= 0 ? named : /^\d+(?:\.0+)?$/.test(label) ? Number(label) : -1;
    if (number >= 0 && number < classes.length) return number;
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      `The data set has the label ${label}, which the model doesn’t know.`,
      {
        hint: `Its classes are ${classes.join(', ')}, or their numbers from 0.`,
      },
    );
  };
  const confusion = classes.map(() => new Array<number>(classes.length).fill(0));
  list.forEach(({ label }, index) => {
    confusion[numberOf(label)]![predicted[index]!]! += 1;
  });
  const correct = confusion.reduce((sum, row, index) => sum + row[index]!, 0);
  const positives = classes.length === 2 ? (confusion[1]?.[1] ?? 0) : undefined;
  const wrong = list.length - correct;
  return {
    examples: list.length,
    correct,
    accuracy: correct / list.length,
    interval: wilson(correct, list.length),
    // F1 = 2·TP / (2·TP + FP + FN); with two classes all that is wrong is either.
    ...(positives === undefined
      ? {}
      : {
          f1: {
            value: positives + wrong === 0 ? 0 : (2 * positives) / (2 * positives + wrong),
            positive: classes[1]!,
          },
        }),
    confusion,
    leftOut,
  };
}

/**
 * Wilson's score interval of a part, for 95 %: it stays within 0 and 1 and holds for few examples too.
 * https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
 */
export function wilson(correct: number, total: number): [number, number] {
  const z = 1.959963984540054;
  const part = correct / total;
  const middle = part + (z * z) / (2 * total);
  const half = z * Math.sqrt((part * (1 - part)) / total + (z * z) / (4 * total * total));
  const scale = 1 + (z * z) / total;
  // At either end it is exact, but for how numbers are rounded.
  return [correct === 0 ? 0 : (middle - half) / scale, correct === total ? 1 : (middle + half) / scale];
}

import { randomUUID } from 'node:crypto';
import type { NodeAddon } from 'openvino-node';
import type { MeasureView } from '../../contract/compression.ts';
import { RefineryError, toErrorValue } from '../../contract/errors.ts';
import {
  benchmark,
  type Hint,
  labelsOf,
  type MeasuredModel,
  measureAccuracy,
  measuredTable,
  modelFacts,
  tableCells,
  tableCsv,
  tableMarkdown,
} from '../compression/index.ts';

interface MeasureOptions {
  readonly openvino: () => Promise<NodeAddon>;
  /** Paths of models, the dense one first. */
  readonly models: readonly string[];
  readonly seconds: number;
  readonly hint: Hint;
  /** File with examples, or null. */
  readonly examples: string | null;
  readonly emit: (view: MeasureView) => void;
}

/** Measures models one after the other and tells of each as it is known. */
export class Measuring {
  readonly id = randomUUID();
  readonly #abort = new AbortController();
  readonly #options: MeasureOptions;

  constructor(options: MeasureOptions) {
    this.#options = options;
  }

  cancel(): void {
    this.#abort.abort(new RefineryError('CANCELLED', 'Cancelled.'));
  }

  async run(): Promise<void> {
    const { models, emit } = this.#options;
    const known: MeasuredModel[] = [];
    const tell = (fraction: number, now: string | null, error: unknown = null): void =>
      emit({
        id: this.id,
        fraction,
        now,
        ...tableView(known),
        error: error === null ? null : toErrorValue(error),
      });
    const labels = labelsOf(models);
    try {
      for (const [index, path] of models.entries()) {
        const label = labels[index]!;
        const part = (fraction: number): void => tell((index + fraction) / models.length, label);
        part(0);
        known.push(await this.#measure(path, label, part));
      }
      tell(1, null);
    } catch (thrown) {
      tell(
        known.length / models.length,
        null,
        this.#abort.signal.aborted ? this.#abort.signal.reason : thrown,
      );
    }
  }

  async #measure(
    path: string,
    label: string,
    onProgress: (fraction: number) => void,
  ): Promise<MeasuredModel> {
    const { openvino: find, seconds, hint, examples } = this.#options;
    const { signal } = this.#abort;
    const openvino = await find();
    const facts = await modelFacts(path);
    const measured = await benchmark({
      openvino,
      model: path,
      seconds,
      hint,
      signal,
      onProgress: (fraction) => onProgress(fraction * (examples === null ? 1 : 0.5)),
    });
    if (examples === null) return { label, facts, benchmark: measured };
    const accuracy = await measureAccuracy({
      openvino,
      model: path,
      dataset: examples,
      signal,
      onProgress: (fraction) => onProgress(0.5 + fraction / 2),
    });
    return { label, facts, benchmark: measured, accuracy };
  }
}

function tableView(
  known: readonly MeasuredModel[],
): Pick<MeasureView, 'cells' | 'conditions' | 'markdown' | 'csv'> {
  const [dense, ...others] = known;
  if (!dense) return { cells: [], conditions: [], markdown: '', csv: '' };
  const table = measuredTable({ dense, others });
  return {
    cells: tableCells(table).map((row) => [...row]),
    conditions: [...table.conditions],
    markdown: tableMarkdown(table),
    csv: tableCsv(table),
  };
}

import type { FileProblem } from '../types.ts';
import { doubleOf, fieldsOf, floatOf, integerOf, textOf } from './protobuf.ts';
import { RecordReader } from './records.ts';
import { hyperparametersOf, numberOfTensor, textOfTensor } from './tensors.ts';

export interface EventScalar {
  readonly tag: string;
  readonly step: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly value: number;
}

/** What a TensorBoard event file says. Images, histograms and graphs are passed over. */
export interface EventFile {
  readonly scalars: readonly EventScalar[];
  /** Texts by tag, the last of each. */
  readonly texts: Readonly<Record<string, string>>;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  readonly records: number;
}

/**
 * Reads a TensorBoard event file from appended bytes. The fields of Event, Summary and TensorProto that hold scalars,
 * texts and hyperparameters are read by a small reader of our own, since no protobuf library is installed; numbers of
 * fields are those of tensorboard/compat/proto/{event,summary,tensor}.proto.
 */
export class EventFileReader {
  readonly #records = new RecordReader();
  readonly #scalars: EventScalar[] = [];
  readonly #texts: Record<string, string> = {};
  readonly #hyperparameters: Record<string, number | string | boolean> = {};
  readonly #problems: FileProblem[] = [];
  #count = 0;

  push(bytes: Uint8Array): void {
    for (const { at, data } of this.#records.push(bytes)) {
      try {
        this.#event(data);
        this.#count++;
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        const message = `A record is not an event and is left out. ${cause.message}`;
        this.#problems.push({ severity: 'error', message, place: { byte: at } });
      }
    }
  }

  get value(): EventFile {
    return {
      scalars: [...this.#scalars],
      texts: { ...this.#texts },
      hyperparameters: { ...this.#hyperparameters },
      records: this.#count,
    };
  }

  get problems(): FileProblem[] {
    return [...this.#problems, ...this.#records.problems()];
  }

  /** Event: 1 wall_time, 2 step, 5 summary. */
  #event(data: Uint8Array): void {
    let [time, step] = [0, 0];
    const summaries: Uint8Array[] = [];
    for (const field of fieldsOf(data)) {
      if (field.number === 1) time = doubleOf(field) ?? 0;
      else if (field.number === 2) step = integerOf(field);
      else if (field.number === 5 && field.bytes) summaries.push(field.bytes);
    }
    for (const summary of summaries) {
      for (const field of fieldsOf(summary)) {
        if (field.number === 1 && field.bytes) this.#value(field.bytes, step, time);
      }
    }
  }

  /** Summary.Value: 1 tag, 2 simple_value, 8 tensor, 9 metadata. */
  #value(data: Uint8Array, step: number, time: number): void {
    let tag = '';
    let simple: number | undefined;
    let tensor: Uint8Array | undefined;
    let metadata: Uint8Array | undefined;
    for (const field of fieldsOf(data)) {
      if (field.number === 1) tag = textOf(field.bytes);
      else if (field.number === 2) simple = floatOf(field);
      else if (field.number === 8) tensor = field.bytes;
      else if (field.number === 9) metadata = field.bytes;
    }
    const plugin = metadata ? pluginOf(metadata) : undefined;
    if (plugin?.name === 'hparams' && plugin.content) {
      Object.assign(this.#hyperparameters, hyperparametersOf(plugin.content));
      return;
    }
    if (simple !== undefined) {
      this.#scalars.push({ tag, step, time, value: simple });
      return;
    }
    if (!tensor) return;
    const text = textOfTensor(tensor);
    if (text !== undefined) this.#texts[tag] = text;
    const number = text === undefined ? numberOfTensor(tensor) : undefined;
    if (number !== undefined) this.#scalars.push({ tag, step, time, value: number });
  }
}

/** SummaryMetadata: 1 plugin_data, of which 1 is the plugin's name and 2 its content. */
function pluginOf(metadata: Uint8Array): { name: string; content?: Uint8Array } {
  for (const field of fieldsOf(metadata)) {
    if (field.number !== 1 || !field.bytes) continue;
    let name = '';
    let content: Uint8Array | undefined;
    for (const part of fieldsOf(field.bytes)) {
      if (part.number === 1) name = textOf(part.bytes);
      else if (part.number === 2) content = part.bytes;
    }
    return { name, ...(content ? { content } : {}) };
  }
  return { name: '' };
}

/** Reads a whole event file. */
export function parseEventFile(bytes: Uint8Array): { value: EventFile; problems: FileProblem[] } {
  const reader = new EventFileReader();
  reader.push(bytes);
  return { value: reader.value, problems: reader.problems };
}

/**
 * The Trainer's own name of a tag. Its TensorBoard callback turns `eval_loss` into `eval/loss` and puts `train/` before
 * everything else (`rewrite_logs` in transformers' integration_utils.py).
 */
export function keyOfTag(tag: string): string {
  if (tag.startsWith('train/')) return tag.slice('train/'.length);
  return tag.replace(/^(eval|test)\//, '$1_');
}

import type { FileProblem } from '../types.ts';
import { ScalarColumns, type Scalars } from './columns.ts';
import { type Histogram, HistogramTable, histogramOfProto, histogramOfRows } from './histograms.ts';
import { FieldCursor, fieldsOf, textOf } from './protobuf.ts';
import { RecordReader } from './records.ts';
import { hyperparametersOf, numberOfTensor, numbersOfTensor, textOfTensor } from './tensors.ts';

/** What a TensorBoard event file says. Images and graphs are passed over. */
export interface EventFile {
  /** By tag, in the order in which the tags came. */
  readonly scalars: ReadonlyMap<string, Scalars>;
  /** Texts by tag, the last of each. */
  readonly texts: Readonly<Record<string, string>>;
  readonly hyperparameters: Readonly<Record<string, number | string | boolean>>;
  /** By tag, in the order of the file. */
  readonly histograms: Readonly<Record<string, readonly Histogram[]>>;
  readonly records: number;
}

/**
 * Reads a TensorBoard event file from appended bytes. The fields of Event, Summary and TensorProto that hold scalars,
 * texts and hyperparameters are read by a small reader of our own, since no protobuf library is installed; numbers of
 * fields are those of tensorboard/compat/proto/{event,summary,tensor}.proto.
 */
export class EventFileReader {
  readonly #records = new RecordReader();
  readonly #tags = new TagTable();
  readonly #histograms = new HistogramTable();
  /** Points that were added since columns were last compacted, and all of them. */
  #added = 0;
  #points = 0;
  readonly #texts: Record<string, string> = {};
  readonly #hyperparameters: Record<string, number | string | boolean> = {};
  readonly #problems: FileProblem[] = [];
  #count = 0;

  push(bytes: Uint8Array): void {
    this.#records.push(bytes, (data, at) => {
      try {
        this.#event(data);
        this.#count++;
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        const message = `A record is not an event and is left out. ${cause.message}`;
        this.#problems.push({ severity: 'error', message, place: { byte: at } });
      }
    });
  }

  /** Every point is looked at again when there are a quarter more, so that this never takes more time than reading. */
  settle(): Promise<void> {
    if (this.#added > 1000 && this.#added * 4 > this.#points) {
      ScalarColumns.compact(this.#tags.list.map(({ columns }) => columns));
      this.#added = 0;
    }
    return Promise.resolve();
  }

  get value(): EventFile {
    return {
      scalars: new Map(this.#tags.list.map(({ tag, columns }) => [tag, columns.now])),
      texts: { ...this.#texts },
      hyperparameters: { ...this.#hyperparameters },
      histograms: this.#histograms.now,
      records: this.#count,
    };
  }

  get problems(): FileProblem[] {
    return [...this.#problems, ...this.#records.problems()];
  }

  /** Event: 1 wall_time, 2 step, 5 summary. Found first, since the summary may stand before the step. */
  #event(data: Buffer): void {
    let [time, step] = [0, 0];
    const summaries: number[] = [];
    const event = new FieldCursor(data);
    while (event.next()) {
      if (event.number === 1 && event.kind === 1) time = data.readDoubleLE(event.from);
      else if (event.number === 2 && event.kind === 0) step = event.varint;
      else if (event.number === 5 && event.kind === 2) summaries.push(event.from, event.to);
    }
    // Summary: 1 value.
    for (let index = 0; index < summaries.length; index += 2) {
      const summary = new FieldCursor(data, summaries[index], summaries[index + 1]);
      while (summary.next()) {
        if (summary.number === 1 && summary.kind === 2)
          this.#value(data, summary.from, summary.to, step, time);
      }
    }
  }

  /** Summary.Value: 1 tag, 2 simple_value, 5 histo, 8 tensor, 9 metadata. */
  #value(data: Buffer, from: number, to: number, step: number, time: number): void {
    let [tagFrom, tagTo] = [0, 0];
    let simple: number | undefined;
    let histogram: Uint8Array | undefined;
    let tensor: Uint8Array | undefined;
    let metadata: Uint8Array | undefined;
    const field = new FieldCursor(data, from, to);
    while (field.next()) {
      if (field.number === 2 && field.kind === 5) simple = data.readFloatLE(field.from);
      else if (field.kind !== 2) continue;
      else if (field.number === 1) [tagFrom, tagTo] = [field.from, field.to];
      else if (field.number === 5) histogram = data.subarray(field.from, field.to);
      else if (field.number === 8) tensor = data.subarray(field.from, field.to);
      else if (field.number === 9) metadata = data.subarray(field.from, field.to);
    }
    const plugin = metadata ? pluginOf(metadata) : undefined;
    if (plugin?.name === 'hparams' && plugin.content) {
      Object.assign(this.#hyperparameters, hyperparametersOf(plugin.content));
      return;
    }
    if (simple !== undefined) {
      this.#scalar(this.#tags.find(data, tagFrom, tagTo), step, time, simple);
      return;
    }
    const held = histogram
      ? histogramOfProto(histogram, step)
      : plugin?.name === 'histograms' && tensor
        ? histogramOfRows(numbersOfTensor(tensor), step)
        : undefined;
    if (held) this.#histograms.add(data.toString('utf8', tagFrom, tagTo), held);
    if (!tensor || plugin?.name === 'histograms') return;
    const text = textOfTensor(tensor);
    if (text !== undefined) this.#texts[data.toString('utf8', tagFrom, tagTo)] = text;
    const number = text === undefined ? numberOfTensor(tensor) : undefined;
    if (number !== undefined) this.#scalar(this.#tags.find(data, tagFrom, tagTo), step, time, number);
  }

  #scalar(columns: ScalarColumns, step: number, time: number, value: number): void {
    columns.push(step, time, value);
    this.#added += 1;
    this.#points += 1;
  }
}

interface TagEntry {
  readonly tag: string;
  readonly bytes: Buffer;
  readonly columns: ScalarColumns;
  /** The one that came after it the last time. */
  next?: TagEntry;
}

/**
 * Columns by tag. Tags come in the same order at each step, so that the one after the last is mostly the one that is
 * wanted: comparing its bytes costs less than making a text of them.
 */
class TagTable {
  readonly #byTag = new Map<string, TagEntry>();
  #last: TagEntry | undefined;

  get list(): TagEntry[] {
    return [...this.#byTag.values()];
  }

  find(data: Buffer, from: number, to: number): ScalarColumns {
    const expected = this.#last?.next;
    if (expected && expected.bytes.length === to - from && same(expected.bytes, data, from)) {
      this.#last = expected;
      return expected.columns;
    }
    const tag = data.toString('utf8', from, to);
    let entry = this.#byTag.get(tag);
    if (!entry) {
      // A copy: the data is a part of a large buffer.
      entry = { tag, bytes: Buffer.from(data.subarray(from, to)), columns: new ScalarColumns() };
      this.#byTag.set(tag, entry);
    }
    if (this.#last) this.#last.next = entry;
    this.#last = entry;
    return entry.columns;
  }
}

function same(bytes: Buffer, data: Buffer, from: number): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== data[from + index]) return false;
  return true;
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

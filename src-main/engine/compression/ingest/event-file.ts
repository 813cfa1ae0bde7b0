import { fieldReader, messageType } from '../../io/protobuf.ts';
import { RecordReader } from '../../io/tfrecord.ts';
import type { FileProblem } from '../types.ts';
import { ScalarColumns, type Scalars } from './columns.ts';
import {
  type Histogram,
  type HistogramProto,
  HistogramTable,
  histogramOfProto,
  histogramOfRows,
  histogramSchema,
} from './histograms.ts';
import {
  hyperparametersOf,
  numberOfTensor,
  numbersOfTensor,
  type TensorProto,
  tensorSchema,
  textOfTensor,
} from './tensors.ts';

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

interface Value {
  readonly tag: string;
  readonly simpleValue: number | null;
  readonly histo: HistogramProto | null;
  readonly tensor: TensorProto | null;
  readonly metadata: {
    readonly pluginData: { readonly pluginName: string; readonly content: Uint8Array | null } | null;
  } | null;
}

/** What is read of Summary.Value in tensorboard/compat/proto/summary.proto, where it is no plain scalar. */
const valueType = messageType<Value>(
  `message Value {
    string tag = 1;
    optional float simple_value = 2;
    HistogramProto histo = 5;
    TensorProto tensor = 8;
    SummaryMetadata metadata = 9;
  }
  message SummaryMetadata { PluginData plugin_data = 1; }
  message PluginData { string plugin_name = 1; optional bytes content = 2; }
  ${histogramSchema} ${tensorSchema}`,
  'Value',
);

/** Fields and kinds of Event, of Summary in it, and of Summary.Value, as they stand before their contents. */
const heads = {
  wallTime: (1 << 3) | 1,
  step: 2 << 3,
  summary: (5 << 3) | 2,
  value: (1 << 3) | 2,
  tag: (1 << 3) | 2,
  simpleValue: (2 << 3) | 5,
} as const;

/** Reads a TensorBoard event file from appended bytes. */
export class EventFileReader {
  readonly #records = new RecordReader();
  readonly #scalars = new ScalarTable();
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
        // protobufjs has no error of its own: what it throws is one of these two.
        const isDamage =
          cause instanceof Error && [RangeError, Error].some((kind) => cause.constructor === kind);
        if (!isDamage) throw cause;
        const message = `A record is not an event and is left out. ${cause.message}`;
        this.#problems.push({ severity: 'error', message, place: { byte: at } });
      }
    });
  }

  /** Every point is looked at again when there are a quarter more, so that this never takes more time than reading. */
  settle(): Promise<void> {
    if (this.#added > 1000 && this.#added * 4 > this.#points) {
      ScalarColumns.compact(this.#scalars.list.map(({ columns }) => columns));
      this.#added = 0;
    }
    return Promise.resolve();
  }

  get value(): EventFile {
    return {
      scalars: new Map(this.#scalars.list.map(({ tag, columns }) => [tag, columns.now])),
      texts: { ...this.#texts },
      hyperparameters: { ...this.#hyperparameters },
      histograms: this.#histograms.now,
      records: this.#count,
    };
  }

  get problems(): FileProblem[] {
    return [...this.#problems, ...this.#records.problems()];
  }

  #event(data: Buffer): void {
    const reader = fieldReader(data);
    let [time, step] = [0, 0];
    // Found first, since the summary may stand before the step.
    const summaries: number[] = [];
    while (reader.pos < data.length) {
      const head = reader.tag();
      if (head === heads.wallTime) time = reader.double();
      else if (head === heads.step) step = Number(reader.int64());
      else if (head === heads.summary) summaries.push(...spanOf(reader));
      else reader.skipType(head & 7);
    }
    for (let at = 0; at < summaries.length; at += 2) {
      const end = summaries[at + 1]!;
      reader.pos = summaries[at]!;
      while (reader.pos < end) {
        if (reader.tag() !== heads.value) throw new RangeError('A summary has something else than values.');
        const [from, to] = spanOf(reader);
        if (to > end) throw new RangeError('A value is longer than its summary.');
        this.#anyValue(reader, data, from, to, step, time);
        reader.pos = to;
      }
    }
  }

  /** A plain scalar is taken without an object; anything else is decoded. */
  #anyValue(reader: FieldReader, data: Buffer, from: number, to: number, step: number, time: number): void {
    let tag: readonly [number, number] | undefined;
    let simple: number | undefined;
    reader.pos = from;
    while (reader.pos < to) {
      const head = reader.tag();
      if (head === heads.tag) tag = spanOf(reader);
      else if (head === heads.simpleValue) simple = reader.float();
      else break;
    }
    if (reader.pos !== to || !tag || simple === undefined) {
      this.#value(valueType.decode(data.subarray(from, to)), step, time);
    } else this.#scalar(this.#scalars.find(data, ...tag), step, time, simple);
  }

  #value({ tag, simpleValue, histo, tensor, metadata }: Value, step: number, time: number): void {
    const plugin = metadata?.pluginData;
    if (plugin?.pluginName === 'hparams' && plugin.content) {
      Object.assign(this.#hyperparameters, hyperparametersOf(plugin.content));
      return;
    }
    if (simpleValue !== null) {
      this.#scalar(this.#scalars.of(tag), step, time, simpleValue);
      return;
    }
    const areRows = plugin?.pluginName === 'histograms';
    const held = histo
      ? histogramOfProto(histo, step)
      : areRows && tensor
        ? histogramOfRows(numbersOfTensor(tensor), step)
        : undefined;
    if (held) this.#histograms.add(tag, held);
    if (!tensor || areRows) return;
    const text = textOfTensor(tensor);
    if (text !== undefined) this.#texts[tag] = text;
    const number = text === undefined ? numberOfTensor(tensor) : undefined;
    if (number !== undefined) this.#scalar(this.#scalars.of(tag), step, time, number);
  }

  #scalar(columns: ScalarColumns, step: number, time: number, value: number): void {
    columns.push(step, time, value);
    this.#added += 1;
    this.#points += 1;
  }
}

type FieldReader = ReturnType<typeof fieldReader>;

/** Where the content of a field lies that says its own length; it is passed over. @throws {RangeError} */
function spanOf(reader: FieldReader): readonly [from: number, to: number] {
  const length = reader.size();
  const from = reader.pos;
  reader.skip(length);
  return [from, from + length];
}

interface TaggedColumns {
  readonly bytes: Buffer;
  readonly columns: ScalarColumns;
  /** The one that came after it the last time. */
  next?: TaggedColumns;
}

/**
 * Columns by tag. Tags come in the same order at each step, so that the one after the last is mostly the one that is
 * wanted: comparing its bytes costs less than making a text of them.
 */
class ScalarTable {
  readonly #byTag = new Map<string, TaggedColumns>();
  #last: TaggedColumns | undefined;

  /** In the order in which tags came. */
  get list(): { readonly tag: string; readonly columns: ScalarColumns }[] {
    return [...this.#byTag].map(([tag, { columns }]) => ({ tag, columns }));
  }

  of(tag: string): ScalarColumns {
    return this.#took(this.#byTag.get(tag) ?? this.#add(tag));
  }

  /** The same for a tag that lies in a record. */
  find(data: Buffer, from: number, to: number): ScalarColumns {
    const expected = this.#last?.next;
    const isNext = expected?.bytes.length === to - from && expected.bytes.compare(data, from, to) === 0;
    return isNext ? this.#took(expected) : this.of(data.toString('utf8', from, to));
  }

  #took(found: TaggedColumns): ScalarColumns {
    if (this.#last) this.#last.next = found;
    this.#last = found;
    return found.columns;
  }

  #add(tag: string): TaggedColumns {
    const added = { bytes: Buffer.from(tag), columns: new ScalarColumns() };
    this.#byTag.set(tag, added);
    return added;
  }
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

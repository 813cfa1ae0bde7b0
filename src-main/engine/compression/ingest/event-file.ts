import { messageType } from '../../io/protobuf.ts';
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

/** What is read of tensorboard/compat/proto/{event,summary}.proto. */
const eventType = messageType<{
  readonly wallTime: number;
  readonly step: number;
  readonly summary: { readonly value: readonly Value[] } | null;
}>(
  `message Event { double wall_time = 1; int64 step = 2; Summary summary = 5; }
  message Summary { repeated Value value = 1; }
  message Value {
    string tag = 1;
    optional float simple_value = 2;
    HistogramProto histo = 5;
    TensorProto tensor = 8;
    SummaryMetadata metadata = 9;
  }
  message SummaryMetadata { PluginData plugin_data = 1; }
  message PluginData { string plugin_name = 1; optional bytes content = 2; }
  ${histogramSchema} ${tensorSchema}`,
  'Event',
);

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
        const { wallTime, step, summary } = eventType.decode(data);
        for (const value of summary?.value ?? []) this.#value(value, step, wallTime);
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

  #value({ tag, simpleValue, histo, tensor, metadata }: Value, step: number, time: number): void {
    const plugin = metadata?.pluginData;
    if (plugin?.pluginName === 'hparams' && plugin.content) {
      Object.assign(this.#hyperparameters, hyperparametersOf(plugin.content));
      return;
    }
    if (simpleValue !== null) {
      this.#scalar(tag, step, time, simpleValue);
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
    if (number !== undefined) this.#scalar(tag, step, time, number);
  }

  #scalar(tag: string, step: number, time: number, value: number): void {
    this.#scalars.of(tag).push(step, time, value);
    this.#added += 1;
    this.#points += 1;
  }
}

interface TaggedColumns {
  readonly tag: string;
  readonly columns: ScalarColumns;
  /** The one that came after it the last time. */
  next?: TaggedColumns;
}

/**
 * Columns by tag. Tags come in the same order at each step, so that the one after the last is mostly the one that is
 * wanted: comparing two texts costs less than looking one up that was never looked up before.
 */
class ScalarTable {
  readonly #byTag = new Map<string, TaggedColumns>();
  #last: TaggedColumns | undefined;

  /** In the order in which tags came. */
  get list(): TaggedColumns[] {
    return [...this.#byTag.values()];
  }

  of(tag: string): ScalarColumns {
    const expected = this.#last?.next;
    const found = expected?.tag === tag ? expected : (this.#byTag.get(tag) ?? this.#add(tag));
    if (this.#last) this.#last.next = found;
    this.#last = found;
    return found.columns;
  }

  #add(tag: string): TaggedColumns {
    const added = { tag, columns: new ScalarColumns() };
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

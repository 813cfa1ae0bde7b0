import { adapt } from '../../convert.ts';
import { pictureSize } from '../../files/folder.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, type Item, objectOf, ProblemLog, type Size } from '../../model/index.ts';

/** One item on its way into a format. */
export interface Work {
  readonly item: Item;
  /** The item's id; with its subset in front where the format has no subsets and two of them share an id. */
  readonly id: string;
  /** The id with the picture's ending. */
  readonly name: string;
  /** Of the types that the format can hold. */
  readonly annotations: readonly Annotation[];
  readonly size: Size | null;
  readonly output: OutputFolder;
  readonly sinks: Sinks;
  /** Counts an annotation as not written, and says why. */
  lose(reason: string): void;
  /** Says that an annotation is written so that it can't be told for what it was. */
  change(reason: string): void;
  /** Says what else is written otherwise than it was. */
  note(reason: string): void;
}

/** What is a format's own in writing a set. */
export interface Layout {
  /** Where an item's picture goes; null where it is not copied, or not by this. */
  picture(work: Work): string | null;
  each(work: Work): Promise<void> | void;
  /** Called once, after the last item. */
  finish?(output: OutputFolder, problems: ProblemLog, sinks: Sinks): Promise<void>;
  /** True for an annotation that the format can hold although it can't hold others of its type. */
  holds?(annotation: Annotation): boolean;
}

/** Writes a set item by item; what all writers have in common. */
export async function writeSet(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
  layout: Layout,
): Promise<WriteReport> {
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const sinks = new Sinks(output);
  const taken = new Set<string>();
  let [items, annotations] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      const place = `item ${item.subset}/${item.id}`;
      const note = (reason: string): void => problems.add('', place, reason);
      let lost = 0;
      const change = (reason: string): void => problems.addLoss(item, reason);
      const lose = (reason: string): void => {
        lost += 1;
        change(reason);
      };
      let id = item.id;
      if (!abilities.subsets) {
        if (taken.has(id)) {
          id = `${item.subset}_${id}`;
          note('another subset has an item of this name; the subset is put in front');
        }
        taken.add(id);
      }
      const size = item.media?.size ?? (item.media === null ? null : await pictureSize(item.media.path));
      const exact = item.annotations.filter((part) => layout.holds?.(part) === true);
      const rest = exact.length === 0 ? item.annotations : besides(exact, item.annotations, abilities);
      const adapted = adapt(rest, abilities.types, size);
      for (const { type } of adapted.dropped) lose(`a ${type} can't be held`);
      const work: Work = {
        item,
        id,
        name: `${id}${endingOf(item.media?.path ?? '') || '.jpg'}`,
        annotations: [...exact, ...adapted.annotations],
        size,
        output,
        sinks,
        lose,
        change,
        note,
      };
      await layout.each(work);
      annotations += Math.max(0, item.annotations.length - lost);
      const picture = options.media === 'copy' && item.media !== null ? layout.picture(work) : null;
      if (picture !== null && !(await output.copy(item.media!.path, picture))) {
        problems.add(work.name, '', 'the picture is not there to be copied');
      }
    }
    await layout.finish?.(output, problems, sinks);
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations, files: output.files, problems };
}

/** What is not held as it is. A box of which there is an outline that is, is stood for by it, as in `adapt`. */
function besides(
  exact: readonly Annotation[],
  annotations: readonly Annotation[],
  { types }: Abilities,
): readonly Annotation[] {
  const outlined = new Set(exact.map(objectOf));
  outlined.delete(0);
  const isStoodFor = (part: Annotation): boolean =>
    part.type === 'box' && !types.includes('box') && outlined.has(objectOf(part));
  return annotations.filter((part) => !exact.includes(part) && !isStoodFor(part));
}

/** Files that grow while items come, by their paths. */
export class Sinks {
  readonly #output: OutputFolder;
  readonly #open = new Map<string, TextSink>();

  constructor(output: OutputFolder) {
    this.#output = output;
  }

  /** Adds to a file, which starts with `head`. */
  async add(path: string, text: string, head = ''): Promise<void> {
    let sink = this.#open.get(path);
    if (sink === undefined) {
      sink = await this.#output.sink(path);
      this.#open.set(path, sink);
      await sink.write(head);
    }
    await sink.write(text);
  }
}

/** A number as text: at most six decimals, no exponent, no zeros at the end. */
export function plainNumber(value: number): string {
  const text = value.toFixed(6);
  return text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text;
}

/** The classes of the whole picture, each once: these formats can't say one twice. */
export function pictureClasses({ annotations, lose }: Work): number[] {
  const classes = new Set<number>();
  for (const part of annotations) {
    if (part.type !== 'label') continue;
    if (classes.has(part.label)) lose('a class that the picture has already');
    classes.add(part.label);
  }
  return [...classes];
}

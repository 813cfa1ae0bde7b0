import { dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { archiveIn } from '../archives/index.ts';
import { type Candidate, detectInArchive, detectSets, type InnerSet, listFolder } from '../detect.ts';
import { type Dataset, type Format, toldOnce } from '../format.ts';
import { formats } from '../formats/index.ts';
import { type Loss, lossOf } from '../loss.ts';
import { type Categories, type Infos, type Item, noInfos, ProblemLog } from '../model/index.ts';
import {
  type ConversionPlan,
  type ConversionRequest,
  namedFormat,
  openFolder,
  planConversion,
  type Source,
  type Unpacked,
} from '../operations/index.ts';
import { breathing, counting, unpackingNotes } from '../operations/pace.ts';
import { summaryOf } from '../operations/receipt.ts';
import { type Statistics, StatisticsCounter } from '../statistics.ts';
import { applyTransforms, type TransformStep, transformNamed } from '../transforms/index.ts';
import { type Description, describeSet } from '../validation/distributions.ts';
import { type Validation, type ValidationOptions, validate } from '../validation/index.ts';
import { type ItemFilter, ItemStore } from './store.ts';

/** A look at a set, or at what its transforms make of it. */
export interface Reading {
  readonly format: { readonly name: string; readonly title: string };
  readonly statistics: Statistics;
  readonly categories: Categories;
  readonly infos: Infos;
  readonly problems: ConversionPlan['problems'];
  /** What the transforms tell of. */
  readonly changes: ConversionPlan['changes'];
}

/** The first pictures of a set as one of its formats reads them. */
export interface Preview extends Pick<Reading, 'categories' | 'problems'> {
  readonly items: readonly Item[];
  /** Pictures that were looked at for them. */
  readonly looked: number;
}

/** Pictures that a preview shows, and that it looks at to find annotated ones. */
const previewed = { shown: 4, looked: 60 } as const;

/** A format that a set could be written in, and what would become of it. */
interface TargetLook {
  readonly format: Format;
  readonly loss: Loss;
}

type Opened = Awaited<ReturnType<typeof openFolder>>;
type Unpacking = Required<Pick<Unpacked, 'signal' | 'onProgress'>>;

interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

/**
 * One set that a person looks at and converts: what a window holds between its steps. An archive is told by its names, and
 * unpacked when something in it is read.
 */
export class DatasetSession implements AsyncDisposable {
  /** As `openSource` takes it: with the folder in an archive that the set lies in. */
  readonly path: string;
  /** Folder that the set or its archive lies in. */
  readonly outer: string;
  readonly isArchive: boolean;
  readonly candidates: readonly Candidate[];
  /** Sets that lie in folders of this one. */
  readonly inner: readonly InnerSet[];
  readonly #unpacking: () => Unpacking;
  #opened: Promise<Opened> | undefined;
  #source: Source | undefined;
  /** Of the set as it is, without any transform. */
  #reading: Reading | undefined;
  #store: ItemStore | undefined;
  /** Numbers of the items in which the last look for faults found each. */
  #found: ReadonlyMap<string, ReadonlySet<number>> = new Map();
  /** What the last steps made of the items, and whether of their pictures, too. */
  #changes: { readonly store: ItemStore; readonly remakes: boolean } | undefined;
  readonly #previews = new Map<string, readonly Item[]>();

  private constructor(
    path: string,
    archive: string | null,
    found: Awaited<ReturnType<typeof detectSets>>,
    unpacking: () => Unpacking,
  ) {
    this.path = path;
    this.outer = dirname(archive ?? path);
    this.isArchive = archive !== null;
    this.candidates = found.candidates;
    this.inner = found.inner;
    this.#unpacking = unpacking;
  }

  /**
   * @param unpacking is called when an archive begins to be unpacked.
   * @throws {RefineryError} `INPUT_NOT_FOUND`, `INPUT_UNSUPPORTED` for what is neither folder nor archive, and those of
   *   `listArchive`.
   */
  static async open(path: string, unpacking: () => Unpacking): Promise<DatasetSession> {
    const named = await archiveIn(path);
    if (named) {
      const { archive, within } = named;
      const found = await detectInArchive(archive, within);
      return new DatasetSession(join(archive, found.within), archive, found, unpacking);
    }
    await using opened = await openFolder(path);
    return new DatasetSession(path, null, await detectSets(await listFolder(opened.folder)), unpacking);
  }

  /** Unpacks an archive, once. @throws {RefineryError} those of `openArchive`; it can be tried again. */
  async unpack(): Promise<void> {
    await this.#folder();
  }

  async #folder(): Promise<string> {
    this.#opened ??= this.#unpacked().catch((thrown) => {
      this.#opened = undefined;
      throw thrown;
    });
    return (await this.#opened).folder;
  }

  async #unpacked(): Promise<Opened> {
    if (!this.isArchive) return openFolder(this.path);
    const { signal, onProgress } = this.#unpacking();
    return openFolder(this.path, {
      signal,
      onProgress: unpackingNotes(({ done, total }) => onProgress(done, total ?? 0)),
    });
  }

  /** The first pictures as a format reads them, those with annotations before others, without keeping the set. */
  async preview(formatName: string, signal: AbortSignal): Promise<Preview> {
    const dataset = await namedFormat(formatName).read(await this.#folder(), { signal });
    const [annotated, plain]: [Item[], Item[]] = [[], []];
    let looked = 0;
    for await (const item of breathing(dataset.items(), { signal })) {
      (item.annotations.length > 0 ? annotated : plain).push(item);
      looked += 1;
      if (annotated.length >= previewed.shown || looked >= previewed.looked) break;
    }
    const items = [...annotated, ...plain].slice(0, previewed.shown);
    this.#previews.set(formatName, items);
    return { items, looked, categories: dataset.categories, problems: summaryOf(dataset.problems) };
  }

  /** One of the pictures that a format was last looked at with. */
  previewed(formatName: string, index: number): Item | undefined {
    return this.#previews.get(formatName)?.[index];
  }

  /** Reads the whole set in a format and keeps its items for looking at them. */
  async read(formatName: string, work: Work): Promise<Reading> {
    const format = namedFormat(formatName);
    const folder = await this.#folder();
    work.signal.throwIfAborted();
    const source: Source = {
      path: this.path,
      folder,
      format,
      open: async (reading) => toldOnce(await format.read(folder, reading)),
      [Symbol.asyncDispose]: async () => undefined,
    };
    const { store, reading } = await kept(source, { dataset: await source.open(work) }, work);
    await this.#forget();
    this.#store = store;
    this.#source = source;
    this.#reading = reading;
    return reading;
  }

  /** @throws {RefineryError} `BAD_REQUEST` before the set was read. */
  get reading(): Reading {
    if (this.#reading) return this.#reading;
    throw notRead();
  }

  /**
   * Numbers of the items that fit a filter. Nothing before the set was read.
   *
   * @param changed for those that the last `shape` made, where it made any.
   * @param check only those in which the last `validate` found this.
   */
  find(filter: ItemFilter, changed = false, check: string | null = null): readonly number[] {
    const fitting = this.#items(changed)?.find(filter) ?? [];
    return check === null ? fitting : fitting.filter((index) => this.#found.get(check)?.has(index) === true);
  }

  async item(index: number, changed = false): Promise<Item | undefined> {
    return this.#items(changed)?.get(index);
  }

  /** Whether the pictures of the changed items are only made when they are written. */
  get remakes(): boolean {
    return this.#changes?.remakes ?? false;
  }

  #items(changed: boolean): ItemStore | undefined {
    return (changed ? this.#changes?.store : undefined) ?? this.#store;
  }

  /** What transforms make of the set, and what each format would keep of that. Its items are kept for looking at them. */
  async shape(
    steps: readonly TransformStep[],
    work: Work,
  ): Promise<{ reading: Reading; targets: TargetLook[] }> {
    const reading = steps.length === 0 ? this.reading : await this.#readAfter(steps, work);
    if (steps.length === 0) await this.#forgetChanges();
    const targets = formats
      .filter((format): format is Format => format.write !== undefined)
      .map((format) => ({
        format,
        loss: lossOf(reading.statistics, format.abilities, reading.categories),
      }));
    return { reading, targets };
  }

  /** Looks for faults in what transforms make of the set, pictures included. */
  async validate(
    steps: readonly TransformStep[],
    options: Pick<ValidationOptions, 'task' | 'similar'>,
    signal: AbortSignal,
  ): Promise<Validation> {
    const { dataset } = await this.#changed(steps, signal);
    const found = await validate(dataset, { pictures: true, ...options, signal });
    this.#found = new Map(found.findings.map(({ check, items }) => [check, new Set(items)]));
    return found;
  }

  /** What the set is like after its transforms. */
  async describe(steps: readonly TransformStep[], signal: AbortSignal): Promise<Description> {
    return describeSet((await this.#changed(steps, signal)).dataset, signal);
  }

  plan(request: Omit<ConversionRequest, 'source'>): Promise<ConversionPlan> {
    return planConversion({ ...request, source: this.#read() });
  }

  async #readAfter(steps: readonly TransformStep[], work: Work): Promise<Reading> {
    const { store, reading } = await kept(this.#read(), await this.#changed(steps, work.signal), work);
    await this.#forgetChanges();
    this.#changes = { store, remakes: steps.some(({ name }) => transformNamed(name).remakes) };
    return reading;
  }

  /** The set after its transforms; no picture is made for it. */
  async #changed(steps: readonly TransformStep[], signal: AbortSignal): Promise<Changed> {
    const read = await this.#read().open({ signal });
    const changes = new ProblemLog();
    const changed = await applyTransforms({ ...read, problems: changes }, steps, { scratch: null, signal });
    return { dataset: { ...changed, problems: read.problems }, changes };
  }

  #read(): Source {
    if (this.#source) return this.#source;
    throw notRead();
  }

  async #forget(): Promise<void> {
    const last = this.#store;
    this.#store = undefined;
    await last?.[Symbol.asyncDispose]();
    await this.#forgetChanges();
  }

  async #forgetChanges(): Promise<void> {
    const last = this.#changes;
    this.#changes = undefined;
    await last?.store[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#forget();
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
  }
}

const notRead = (): RefineryError =>
  new RefineryError('BAD_REQUEST', 'The set was not read yet.', { hint: 'Choose its format first.' });

interface Changed {
  readonly dataset: Dataset;
  /** What the transforms tell of. */
  readonly changes?: ProblemLog;
}

/** Reads a set, and keeps its items. */
async function kept(source: Source, { dataset, changes = new ProblemLog() }: Changed, work: Work) {
  const store = await ItemStore.create();
  const counter = new StatisticsCounter();
  try {
    for await (const item of watched(dataset, work)) {
      counter.add(item);
      await store.add(item);
    }
    await store.flush();
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
  return { store, reading: readingOf(source, dataset, changes, counter) };
}

function readingOf(
  { format }: Source,
  dataset: Dataset,
  changes: ProblemLog,
  counter: StatisticsCounter,
): Reading {
  return {
    format: { name: format.name, title: format.title },
    statistics: counter.result(dataset),
    categories: dataset.categories,
    infos: dataset.infos ?? noInfos,
    problems: summaryOf(dataset.problems),
    changes: summaryOf(changes),
  };
}

/** Items, counted as they go by, with pauses in which others get a turn. */
async function* watched(dataset: Dataset, { signal, onProgress }: Work): AsyncGenerator<Item> {
  const tick = counting({ onProgress: ({ done }) => onProgress(done) }, 'planning', null);
  for await (const item of breathing(dataset.items(), { signal })) {
    yield item;
    tick();
  }
}

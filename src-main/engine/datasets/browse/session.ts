import { dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { archiveIn } from '../archives/index.ts';
import { type Candidate, detectInArchive, detectSets, type InnerSet, listFolder } from '../detect.ts';
import { type Dataset, type Format, toldOnce } from '../format.ts';
import { OwnPictures } from '../formats/common/pictures.ts';
import { formats } from '../formats/index.ts';
import { type Loss, lossOf } from '../loss.ts';
import { type Item, ProblemLog } from '../model/index.ts';
import {
  type ConversionPlan,
  type ConversionRequest,
  type Difference,
  type DifferenceKind,
  diff,
  type MergeOptions,
  mergedSource,
  namedFormat,
  openFolder,
  planConversion,
  type Source,
  type Unpacked,
  withoutLoneBackground,
} from '../operations/index.ts';
import { unpackingNotes } from '../operations/pace.ts';
import { applyTransforms, type TransformStep, transformNamed } from '../transforms/index.ts';
import { type Description, describeSet } from '../validation/distributions.ts';
import { type Validation, type ValidationOptions, validate } from '../validation/index.ts';
import { type Changed, kept, type Reading, type Work, watched } from './kept.ts';
import { type Opening, type OtherSet, OtherSets } from './others.ts';
import { type Preview, previewOf } from './preview.ts';
import type { ItemFilter, ItemStore } from './store.ts';

/** A format that a set could be written in, and what would become of it. */
interface TargetLook {
  readonly format: Format;
  readonly loss: Loss;
}

/** Of the items that the filter leaves: only those in which the last look for faults, or the last comparison, found this. */
export interface Found {
  readonly check?: string | null;
  readonly difference?: DifferenceKind | null;
}

/** Numbers of items, by what was found in them. */
type Numbers = ReadonlyMap<string, ReadonlySet<number>>;

type Opened = Awaited<ReturnType<typeof openFolder>>;
type Unpacking = Required<Pick<Unpacked, 'signal' | 'onProgress'>>;

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
  /** The set as it was read, and the same merged with others, where it is. */
  #alone: Source | undefined;
  #source: Source | undefined;
  /** Those that it is merged with. */
  #others: readonly OtherSet[] = [];
  readonly #opener = new OtherSets();
  /** Of the set as it is, without any transform. */
  #reading: Reading | undefined;
  #store: ItemStore | undefined;
  /** What the last look for faults and the last comparison found. */
  #found: Numbers = new Map();
  #differing: Numbers = new Map();
  /** What the last steps made of the items, and whether of their pictures, too. */
  #changes: { readonly store: ItemStore; readonly remakes: boolean } | undefined;
  readonly #previews = new Map<string, readonly Item[]>();
  readonly #pictures = new OwnPictures();

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

  /** Does work about the set: pictures that lie in its files are unpacked for as long as it is open. */
  during<Result>(work: () => Result): Result {
    return this.#pictures.during(work);
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

  /** The first pictures as a format reads them, without keeping the set. */
  async preview(formatName: string, signal: AbortSignal): Promise<Preview> {
    const seen = await previewOf(
      await namedFormat(formatName).read(await this.#folder(), { signal }),
      signal,
    );
    this.#previews.set(formatName, seen.items);
    return seen;
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
    const reading = await this.#take(source, await source.open(work), work);
    this.#alone = source;
    this.#others = [];
    return reading;
  }

  /** Reads a set that everything is about from then on. */
  async #take(source: Source, dataset: Dataset, work: Work, format = source.format): Promise<Reading> {
    const { store, reading } = await kept(format, { dataset }, work);
    await this.#forget();
    this.#store = store;
    this.#source = source;
    this.#reading = reading;
    return reading;
  }

  /**
   * Merges the set with others; with none it is alone again. Where that can't be, it stays as it was.
   *
   * @returns also how many items each of the sets has.
   * @throws {RefineryError} those of `openSource` and `merge`.
   */
  async merge(
    others: readonly OtherSet[],
    options: MergeOptions,
    work: Work & Opening,
  ): Promise<{ readonly reading: Reading; readonly sizes: readonly number[] }> {
    const alone = this.#read(this.#alone);
    if (others.length === 0) {
      const reading = await this.#take(alone, await alone.open(work), work);
      this.#others = [];
      return { reading, sizes: [reading.statistics.items] };
    }
    const sources = [alone];
    for (const other of others) sources.push(await this.#opener.open(other, work));
    const merged = mergedSource(sources, options);
    const dataset = await merged.open(work);
    const reading = await this.#take(merged, dataset, work, alone.format);
    this.#others = others;
    return { reading, sizes: dataset.sizes };
  }

  /** The sets that it is merged with, and how; null where it is alone. */
  get merged(): { readonly others: readonly OtherSet[]; readonly options: MergeOptions } | null {
    const options = this.#source?.merged?.options;
    return options ? { others: this.#others, options } : null;
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
   */
  find(filter: ItemFilter, changed = false, { check, difference }: Found = {}): readonly number[] {
    const fitting = this.#items(changed)?.find(filter) ?? [];
    const within = [
      ...(check ? [this.#found.get(check)] : []),
      ...(difference ? [this.#differing.get(difference)] : []),
    ];
    return within.length === 0
      ? fitting
      : fitting.filter((index) => within.every((found) => found?.has(index) === true));
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
    const store = this.#store;
    const { dataset } = await this.#changed(steps, signal);
    const found = await validate(dataset, { pictures: true, ...options, signal });
    // Numbers of another set's items by now, if that took its place.
    if (this.#store === store)
      this.#found = new Map(found.findings.map(({ check, items }) => [check, new Set(items)]));
    return found;
  }

  /**
   * What is different in another set, compared with what transforms make of this one.
   *
   * @param pictures whether their files are compared, too. Those that a transform makes anew are not there yet.
   */
  async compare(
    steps: readonly TransformStep[],
    other: OtherSet,
    pictures: boolean,
    work: Work & Opening,
  ): Promise<Difference> {
    const store = this.#store;
    const source = await this.#opener.open(other, work);
    const changed = await this.#changed(steps, work.signal);
    const [dataset, another] = withoutLoneBackground(
      [changed.dataset, await source.open(work)],
      [this.reading.format, source.format],
    );
    const found = new Map<string, Set<number>>();
    const difference = await diff(
      { ...dataset, items: () => watched(dataset, work) },
      { ...another, items: () => watched(another, work) },
      {
        pictures: pictures && !remakes(steps),
        onItem(kind, index) {
          found.set(kind, (found.get(kind) ?? new Set()).add(index));
        },
      },
    );
    if (this.#store === store) this.#differing = found;
    return difference;
  }

  /** What the set is like after its transforms. */
  async describe(steps: readonly TransformStep[], signal: AbortSignal): Promise<Description> {
    return describeSet((await this.#changed(steps, signal)).dataset, signal);
  }

  plan(request: Omit<ConversionRequest, 'source'>): Promise<ConversionPlan> {
    return planConversion({ ...request, source: this.#read() });
  }

  async #readAfter(steps: readonly TransformStep[], work: Work): Promise<Reading> {
    const { store, reading } = await kept(this.reading.format, await this.#changed(steps, work.signal), work);
    await this.#forgetChanges();
    this.#changes = { store, remakes: remakes(steps) };
    return reading;
  }

  /** The set after its transforms; no picture is made for it. */
  async #changed(steps: readonly TransformStep[], signal: AbortSignal): Promise<Changed> {
    const read = await this.#read().open({ signal });
    const changes = new ProblemLog();
    const changed = await applyTransforms({ ...read, problems: changes }, steps, { scratch: null, signal });
    return { dataset: { ...changed, problems: read.problems }, changes };
  }

  #read(source = this.#source): Source {
    if (source) return source;
    throw notRead();
  }

  async #forget(): Promise<void> {
    const last = this.#store;
    this.#store = undefined;
    this.#found = new Map();
    this.#differing = new Map();
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
    await this.#opener[Symbol.asyncDispose]();
    const opened = await this.#opened?.catch(() => undefined);
    await opened?.[Symbol.asyncDispose]();
    await this.#pictures[Symbol.asyncDispose]();
  }
}

const remakes = (steps: readonly TransformStep[]): boolean =>
  steps.some(({ name }) => transformNamed(name).remakes);

const notRead = (): RefineryError =>
  new RefineryError('BAD_REQUEST', 'The set was not read yet.', { hint: 'Choose its format first.' });

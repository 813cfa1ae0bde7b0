import { stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { removeTemporaries } from '../../io/atomic.ts';
import { isBelow } from '../../io/below.ts';
import { writeReceipt } from '../../io/receipts.ts';
import { Boundary } from '../files/boundary.ts';
import { fileNameOf } from '../files/paths.ts';
import { temporaryFolder } from '../files/temporary.ts';
import { Writing, whileWriting } from '../files/writing.ts';
import { type Dataset, type Format, toldOnce, type WriteReport } from '../format.ts';
import { withOwnPictures } from '../formats/common/pictures.ts';
import { formats } from '../formats/index.ts';
import { holdsClouds, lossOf } from '../loss.ts';
import { type Item, noCategories, ProblemLog } from '../model/index.ts';
import { OverlapMeter } from '../overlap.ts';
import { StatisticsCounter } from '../statistics.ts';
import { applyTransforms } from '../transforms/index.ts';
import { withoutBackground } from '../transforms/labels.ts';
import { adviceOn } from './advice.ts';
import { choicesFor } from './choices.ts';
import type { ConversionPlan, ConversionRequest, ConversionResult, ReadyConversion } from './conversion.ts';
import { countsBackground, sourcesIn, titlesIn } from './merged-source.ts';
import { breathing, counting, unpackingNotes } from './pace.ts';
import { receiptOf, summaryOf } from './receipt.ts';
import { type RoundTrip, RoundTripCheck } from './round-trip.ts';
import { openSource, type Source, writableFormat } from './source.ts';
import { type Staging, stage } from './staging.ts';
import { uniqueNames } from './unique-names.ts';

/**
 * Reads a set once and says what a conversion would keep, approximate (and how well) and drop.
 *
 * @throws {RefineryError} as `openSource`, and `BAD_REQUEST` for a target or a transform that there isn't.
 */
export async function planConversion(request: ConversionRequest): Promise<ConversionPlan> {
  const target = writableFormat(request.to);
  await using source = await borrowed(request);
  return await plan(request, source, await source.open(request), target);
}

/**
 * Converts a set: plans, writes into a temporary folder, reads that back, compares, and only then gives it its name.
 * When it is cancelled or fails, nothing is left of it (unless it was to write over a set that is there).
 *
 * @param onPlan is called before anything is written.
 * @throws {RefineryError} `OUTPUT_EXISTS`, `INPUT_CORRUPT` for problems in strict mode, and what `planConversion` throws.
 */
export async function runConversion(
  request: ConversionRequest,
  onPlan?: (plan: ConversionPlan) => void,
): Promise<ConversionResult> {
  const target = writableFormat(request.to);
  await using staging = await stage(request.output, request.overwrite === true, request.key);
  try {
    return await withOwnPictures(() => convert(request, target, staging, onPlan));
  } catch (thrown) {
    if (request.key !== undefined && request.signal?.aborted) staging.keep();
    throw inWords(request.output, thrown);
  }
}

async function convert(
  request: ConversionRequest,
  target: Format,
  staging: Staging,
  onPlan?: (plan: ConversionPlan) => void,
): Promise<ConversionResult> {
  await using source = await borrowed(request);
  // Opened once: what a reader finds out about its files on the first reading serves the second.
  const read = await source.open(request);
  const isAhead = request.planAhead !== false || request.strict === true;
  const ahead = isAhead ? await plan(request, source, read, target) : null;
  if (ahead !== null) {
    onPlan?.(ahead);
    refuseClouds(ahead, target);
    refuseProblems(request, ahead);
  }
  await using scratch = temporaryFolder('pictures');
  const planner = new Planner(source, read, target);
  const written = await writeSet(
    request,
    source,
    ahead === null ? planner : null,
    ahead?.statistics.items ?? null,
    staging,
    () => changed(request, source, read, target, scratch.path),
  );
  const { writing, report, check, renamed } = written;
  const absent = writing.media === 'check' ? 0 : writing.absent;
  const planned = ahead ?? planner.result(written.source, absent);
  read.forget?.();
  if (ahead === null) {
    refuseClouds(planned, target);
    onPlan?.(planned);
  }
  if (report.items === 0) throw nothingLeft(request);
  const back = await readBack(request, target, staging.folder);
  const tick = counting(request, 'checking', report.items);
  tick(0);
  const reading = { ...back, items: () => breathing(back.items(), request) };
  const roundTrip = await check.compare(reading, report.problems, tick);
  await writing.removeBorrowed();
  const result = {
    output: request.output,
    items: report.items,
    annotations: report.annotations,
    files: report.files,
    media:
      request.media === 'none'
        ? { linked: 0, copied: 0 }
        : { linked: writing.linked, copied: writing.copied },
    renamedForCollisions: renamed,
    problems: summaryOf(report.problems),
    checkProblems: summaryOf(back.problems),
    roundTrip,
    check: verdict(roundTrip, report, heldBy(planned), writing.absent),
    left: 0,
  };
  if (staging.replaces && result.check === 'failed') throw notReplaced(request.output, roundTrip);
  const receipt = request.receipt === false ? null : receiptOf(request, planned, result, writing.summary());
  if (!staging.replaces && request.beforePublish !== undefined) {
    request.beforePublish({ inode: (await stat(staging.folder)).ino, result, receipt });
  }
  const left = await staging.publish();
  return {
    ...result,
    left,
    receipt: receipt === null ? null : await writeReceipt(request.output, receipt, 'receipt'),
  };
}

/** What was written, as it is read again. Where it can't be, as a set of YOLO's without any picture, nothing came back. */
async function readBack({ signal }: ConversionRequest, target: Format, folder: string): Promise<Dataset> {
  try {
    return await target.read(folder, signal === undefined ? {} : { signal });
  } catch (thrown) {
    if (!(thrown instanceof RefineryError)) throw thrown;
    const problems = new ProblemLog();
    problems.add('', '', `as a whole it can't be read: ${thrown.message.replaceAll(folder, 'it')}`);
    return { categories: noCategories, media: 'image', problems, async *items() {} };
  }
}

/**
 * After a crash: says what came of a conversion.
 *
 * @param ready what `beforePublish` was told, if it came that far.
 * @returns the result where the set has its name; else it has to be begun anew, and takes over what was copied.
 */
export async function recoverConversion(
  output: string,
  key: string,
  ready: ReadyConversion | null,
): Promise<ConversionResult | undefined> {
  if (ready === null || (await stat(output).catch(() => undefined))?.ino !== ready.inode) return undefined;
  await forgetConversion(output, key);
  const { result, receipt } = ready;
  return { ...result, receipt: receipt === null ? null : await writeReceipt(output, receipt, 'receipt') };
}

/** What the system says of the output, as a person reads it. */
function inWords(output: string, thrown: unknown): unknown {
  if (thrown instanceof RefineryError) return thrown;
  const { code, path, message } = (thrown ?? {}) as NodeJS.ErrnoException;
  if (thrown instanceof RangeError && message.startsWith('Maximum call stack')) {
    const why = 'Something in the source is nested too deeply to be carried over.';
    return new RefineryError('INPUT_CORRUPT', why, { cause: thrown });
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(output, thrown);
  if (code !== 'ENAMETOOLONG') return thrown;
  const name = fileNameOf(path ?? /'([^']*)'$/.exec(message)?.[1] ?? '');
  return new RefineryError(
    'OUTPUT_NAME_TOO_LONG',
    `A name of the new set is too long for this disk: ${name.slice(0, 60)}…`,
    {
      hint: 'Give items shorter names with the transform rename or reindex, and classes with remap_labels.',
      cause: thrown,
    },
  );
}

const diskFull = (output: string, cause: unknown): RefineryError =>
  new RefineryError('DISK_FULL', `The disk of ${output} is full. Nothing half-written was left behind.`, {
    hint: 'Free some space, choose a folder on another disk, or take hard links for the pictures.',
    cause,
  });

/** A set without items can't be read as any format, and is what a mistake in a filter makes. */
function nothingLeft({ transforms = [] }: ConversionRequest): RefineryError {
  if (transforms.length === 0) return new RefineryError('INPUT_NOT_FOUND', 'There is no item in the source.');
  const names = [...new Set(transforms.map(({ name }) => name))].join(', ');
  return new RefineryError(
    'BAD_REQUEST',
    'The changes leave nothing of the set: there is no item to write.',
    {
      hint: `Look at what ${names} ${transforms.length === 1 ? 'does' : 'do'}, step by step.`,
    },
  );
}

const notReplaced = (output: string, { damaged }: RoundTrip): RefineryError =>
  new RefineryError(
    'OUTPUT_CHECK_FAILED',
    `What was written doesn't hold what it should, and ${output} stays as it was.`,
    {
      hint: 'Write it into a new folder to look at it.',
      details: damaged.join('\n'),
    },
  );

/** Removes what a conversion that was broken off has copied. */
export function forgetConversion(output: string, key: string): Promise<void> {
  return removeTemporaries(dirname(output), key);
}

/**
 * @param held annotations that the plan says the target holds.
 * @param absent pictures that are not where the source says.
 */
function verdict(
  { items, types, missingInFound, untold, missingInfos, joinedLabels }: RoundTrip,
  { annotations }: WriteReport,
  held: number,
  absent: number,
): ConversionResult['check'] {
  // Some formats have no item without a picture.
  if (untold.items > absent || (items.found === 0 && items.expected > 0)) return 'failed';
  // What a writer left out beyond that, it has told.
  if (untold.annotations > 0 && missingInFound > Math.max(0, held - annotations)) return 'failed';
  const isOther = missingInfos.length + joinedLabels.length > 0 || types.some(({ changed }) => changed > 0);
  return isOther ? 'changed' : 'passed';
}

const heldBy = ({ loss }: ConversionPlan): number =>
  loss.types.reduce((sum, { kept, approximated, merged }) => sum + kept + approximated + merged, 0);

/** The request's source, which is closed afterwards where it was opened here. */
async function borrowed(request: ConversionRequest): Promise<Source> {
  const { source, from, signal, onProgress, waitWhilePaused } = request;
  if (typeof source !== 'string') return { ...source, [Symbol.asyncDispose]: async () => undefined };
  return openSource(source, {
    ...(from === undefined ? {} : { from }),
    ...(signal === undefined ? {} : { signal }),
    ...(waitWhilePaused === undefined ? {} : { waitWhilePaused }),
    onProgress: unpackingNotes(onProgress),
  });
}

interface Changed {
  readonly dataset: Dataset;
  readonly changes: ProblemLog;
}

/** The set with its transforms. What these leave out is no fault of the source, and has a list of its own. */
async function changed(
  { transforms, signal }: ConversionRequest,
  source: Source,
  read: Dataset,
  target: Format,
  scratch: string | null,
): Promise<Changed> {
  const changes = new ProblemLog();
  const own = countsBackground(source.format) && !countsBackground(target) ? withoutBackground(read) : read;
  const dataset = await applyTransforms({ ...own, problems: changes }, transforms ?? [], {
    scratch,
    ...(signal === undefined ? {} : { signal }),
  });
  return { dataset: toldOnce(dataset), changes };
}

function refuseProblems({ strict }: ConversionRequest, { problems }: ConversionPlan): void {
  if (strict !== true || problems.total === 0) return;
  throw new RefineryError('INPUT_CORRUPT', `${problems.total} things in the source can't be read.`, {
    hint: 'Mend them, or convert without --strict: the rest is carried over and each is listed.',
  });
}

/** A set of point clouds as one of pictures would be a folder full of files that nothing opens. */
function refuseClouds({ statistics, toTitle }: ConversionPlan, { abilities }: Format): void {
  if (statistics.clouds < statistics.items || statistics.clouds === 0 || holdsClouds(abilities)) return;
  const others = formats.filter((format) => format.abilities !== null && holdsClouds(format.abilities));
  throw new RefineryError(
    'INPUT_UNSUPPORTED',
    `The set is of point clouds, and ${toTitle} is for pictures.`,
    {
      hint: `Formats that hold point clouds: ${others.map(({ name }) => name).join(', ')}.`,
    },
  );
}

async function plan(
  request: ConversionRequest,
  source: Source,
  read: Dataset,
  target: Format,
): Promise<ConversionPlan> {
  const planner = new Planner(source, read, target, request.media !== 'none');
  const open = await changed(request, source, read, target, null);
  const tick = counting(request, 'planning', null);
  // A reader may look through large files before it gives the first item.
  tick(0);
  for await (const item of breathing(open.dataset.items(), request)) {
    planner.add(item);
    tick();
  }
  return planner.result(open);
}

/** Counts what of a set a format would keep. */
class Planner {
  readonly #source: Source;
  readonly #read: Dataset;
  readonly #target: Format;
  #counter: StatisticsCounter;
  #overlaps: OverlapMeter;

  /**
   * @param read the set before its transforms.
   * @param looks whether pictures are looked for.
   */
  constructor(source: Source, read: Dataset, target: Format, looks = false) {
    this.#counter = new StatisticsCounter({ looks });
    this.#source = source;
    this.#read = read;
    this.#target = target;
    this.#overlaps = new OverlapMeter(target.abilities.types);
  }

  /** Forgets everything: a writer may read the set several times. */
  restart(): void {
    this.#counter = new StatisticsCounter();
    this.#overlaps = new OverlapMeter(this.#target.abilities.types);
  }

  add(item: Item): void {
    this.#counter.add(item);
    this.#overlaps.add(item);
  }

  /** @param missingPictures those that could not be taken along, where nobody looked before. */
  result({ dataset, changes }: Changed, missingPictures?: number): ConversionPlan {
    const [source, target] = [this.#source, this.#target];
    const counted = this.#counter.result(dataset);
    const statistics = missingPictures === undefined ? counted : { ...counted, missingPictures };
    const loss = lossOf(statistics, target.abilities, dataset.categories, this.#overlaps);
    return {
      sourcePath: source.path,
      merged: source.merged
        ? {
            ...source.merged.options,
            sets: source.merged.sources.map(({ path, format }) => ({ path, format: format.name })),
          }
        : null,
      from: source.format.name,
      to: target.name,
      fromTitle: titlesIn(source),
      toTitle: target.title,
      statistics,
      loss,
      advice: adviceOn(loss, target),
      choices: choicesFor(loss, target),
      problems: summaryOf(this.#read.problems),
      changes: summaryOf(changes),
    };
  }
}

/** A file as a problem names it: of several sets, with its set before it. */
function placeIn(folders: readonly string[], file: string): string {
  const set = Math.max(
    0,
    folders.findIndex((folder) => isBelow(file, folder)),
  );
  const place = relative(folders[set]!, file);
  return folders.length > 1 ? `set ${set + 1}/${place}` : place;
}

interface Written {
  /** What was written, but for names that were changed. */
  readonly source: Changed;
  readonly writing: Writing;
  readonly report: WriteReport;
  readonly check: RoundTripCheck;
  readonly renamed: number;
}

/**
 * Writes the set. Where two items want one file (two subsets in a format that keeps all pictures in one folder, or names
 * that differ only in case on a disk that doesn't), it is written anew with the later ones renamed.
 *
 * @param planner is shown every item, where there is no plan yet.
 * @param total items, where that is known.
 */
async function writeSet(
  request: ConversionRequest,
  origin: Source,
  planner: Planner | null,
  total: number | null,
  staging: Staging,
  openDataset: () => Promise<Changed>,
): Promise<Written> {
  const target = writableFormat(request.to);
  const folders = sourcesIn(origin).map(({ folder }) => folder);
  const tick = counting(request, 'writing', total);
  const attempt = async (unique: boolean): Promise<Written> => {
    const source = await openDataset();
    const names = unique ? uniqueNames(source.dataset) : { dataset: source.dataset, renamed: () => 0 };
    const { dataset } = names;
    const check = new RoundTripCheck(target.abilities, dataset);
    const observed: Dataset = {
      ...dataset,
      async *items() {
        check.restart();
        planner?.restart();
        tick(0);
        for await (const item of breathing(dataset.items(), request)) {
          check.expect(item);
          planner?.add(item);
          yield item;
          tick();
        }
      },
    };
    // Some formats can't be read back without their pictures: for the check, they are there in any case.
    const writing = new Writing(staging.folder, {
      destination: request.output,
      media: request.media === 'none' ? 'check' : request.media,
      ...(request.key === undefined ? {} : { earlier: staging.earlier }),
      source: new Boundary(...folders),
    });
    const report = await whileWriting(writing, () =>
      target.write(observed, staging.folder, {
        media: 'copy',
        ...(request.signal === undefined ? {} : { signal: request.signal }),
      }),
    );
    for (const file of writing.foreign) {
      const reason = 'It is a link out of the set to a file that is no picture; that file was not taken';
      report.problems.add(placeIn(folders, file), '', reason);
    }
    return { source, writing, report, check, renamed: names.renamed() };
  };
  try {
    return await attempt(false);
  } catch (thrown) {
    const collides = thrown instanceof RefineryError && thrown.code === 'OUTPUT_EXISTS';
    if (!collides) throw thrown;
    await staging.clear();
    return attempt(true);
  }
}

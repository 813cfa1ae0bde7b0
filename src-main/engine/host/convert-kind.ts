import { access } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import type { DatasetProgress } from '../../contract/datasets.ts';
import { type ErrorValue, RefineryError, toErrorValue } from '../../contract/errors.ts';
import type { Job } from '../../contract/jobs.ts';
import {
  type ConversionResult,
  forgetConversion,
  type MergeOptions,
  mergedSource,
  namedFormat,
  openSource,
  type Progress,
  type ReadyConversion,
  recoverConversion,
  runConversion,
  type Source,
  type TransformStep,
  unpackingNotes,
} from '../datasets/index.ts';
import type { JobRecord } from '../jobs/journal.ts';
import type { JobKind } from '../jobs/kind.ts';
import { forPeople } from './folders.ts';

/** A conversion as it was asked for. */
export interface ConvertInput {
  /** Folder or archive. */
  readonly path: string;
  readonly from: string;
  /** What it is merged with, and how. */
  readonly merged?: {
    readonly others: readonly { readonly path: string; readonly from: string }[];
    readonly options: MergeOptions;
  };
  /** How many items it was found to hold. */
  readonly items: number;
  /** The open set that a window started it from. */
  readonly set: string;
  readonly to: string;
  readonly steps: readonly TransformStep[];
  readonly output: string;
  readonly media: 'copy' | 'link' | 'none';
  readonly overwrite: boolean;
  readonly strict: boolean;
}

interface ConvertOutcome {
  readonly outputPath: string;
  readonly conversion: ConversionResult;
}

export interface ConvertKindOptions {
  readonly onProgress: (progress: DatasetProgress) => void;
  readonly onFinished: (
    set: string,
    result: ConversionResult | null,
    error: ErrorValue | null,
  ) => void | Promise<void>;
}

export const convertInputOf = (record: JobRecord): ConvertInput => record.input as ConvertInput;

/** @throws {RefineryError} `INPUT_NOT_FOUND` where the set that was written is gone. */
export async function writtenSet(path: string): Promise<string> {
  await access(path).catch((cause: unknown) => {
    throw new RefineryError('INPUT_NOT_FOUND', `${forPeople(path)} is not there any more.`, {
      hint: 'It was moved, renamed or deleted. Open it where it is now, or convert the source again.',
      cause,
    });
  });
  return path;
}

/** The set and those that it is merged with. */
const setsOf = ({ path, from, merged }: ConvertInput) => [{ path, from }, ...(merged?.others ?? [])];

const outcomeOf = (record: JobRecord): ConvertOutcome | null => record.result as ConvertOutcome | null;

/** What came of a conversion; null until it is done, and for other jobs. */
export const conversionOf = (record: JobRecord): ConversionResult | null =>
  record.kind === 'convert' ? (outcomeOf(record)?.conversion ?? null) : null;

/** How much of the whole an archive takes to be unpacked. */
const unpackingPart = 0.2;

/** How much of what comes then each stage takes, and where it starts. Only some conversions plan: see `planAhead`. */
const stages = {
  planning: { start: 0, part: 0, word: 'Reading the source' },
  writing: { start: 0, part: 0.6, word: 'Writing' },
  checking: { start: 0.6, part: 0.4, word: 'Reading it back' },
} as const;

/** Items weigh as much as megapixels of pictures do, as long as both are about as quickly done. */
const itemsInWeight = 1000;

/** From this part on, the time so far says something about the rest. */
const leastTold = 0.02;

/** Conversions of datasets, one after the other: each of them keeps the disk busy. */
export function convertKind({ onProgress, onFinished }: ConvertKindOptions): JobKind {
  /** What is being cleared up, by job: one that is retried at once waits for it. */
  const clearing = new Map<string, Promise<void>>();
  const clear = async (id: string, output: string): Promise<void> => {
    const done = forgetConversion(output, id);
    clearing.set(id, done);
    await done;
    clearing.delete(id);
  };
  return {
    name: 'convert',
    slots: 1,

    describe(record): Partial<Job> {
      const input = convertInputOf(record);
      const { output, to } = input;
      const titles = new Set(setsOf(input).map(({ from }) => namedFormat(from).title));
      return {
        convert: {
          location: forPeople(dirname(output)),
          from: [...titles].join(' + '),
          to: namedFormat(to).title,
          result: summarize(record),
        },
      };
    },

    weigh: (record) => Math.max(1, convertInputOf(record).items) / itemsInWeight,

    freeze: (record) => record.input,

    async run(record, context): Promise<ConvertOutcome> {
      const input = record.spec as ConvertInput;
      const { items, set, to, steps, output, media, overwrite, strict, merged } = input;
      const sets = setsOf(input);
      const { signal } = context;
      await clearing.get(record.id);
      const started = performance.now();
      let paused = 0;
      const waitWhilePaused = async (): Promise<void> => {
        const before = performance.now();
        await context.waitWhilePaused();
        paused += performance.now() - before;
      };
      /** How many of the sets are there, and which part of the whole that took. */
      let opened = 0;
      let unpacked = 0;
      const tell = (progress: Progress): void => {
        const { stage, done } = progress;
        const total = progress.total ?? items;
        const share = Math.min(1, total > 0 ? done / total : 1);
        let fraction = (unpackingPart * (opened + share)) / sets.length;
        if (stage === 'unpacking') unpacked = unpackingPart;
        else fraction = unpacked + (1 - unpacked) * (stages[stage].start + stages[stage].part * share);
        const elapsed = performance.now() - started - paused;
        const timeLeft = fraction >= leastTold ? { timeLeft: (elapsed * (1 - fraction)) / fraction } : {};
        context.report({
          stage: stage === 'unpacking' ? 'Unpacking' : stages[stage].word,
          fraction,
          ...timeLeft,
        });
        onProgress({ id: set, ...progress, total });
      };
      try {
        await using whileRunning = new AsyncDisposableStack();
        const sources: Source[] = [];
        for (const { path, from } of sets) {
          const onProgress = unpackingNotes(tell);
          const source = await openSource(path, { from, signal, onProgress, waitWhilePaused });
          sources.push(whileRunning.use(source));
          opened += 1;
        }
        const conversion = await runConversion({
          source: merged ? mergedSource(sources, merged.options) : sources[0]!,
          to,
          transforms: steps,
          output,
          media,
          overwrite,
          strict,
          // A page has shown it before it asked for this.
          planAhead: false,
          signal,
          key: record.id,
          waitWhilePaused,
          beforePublish: (ready) => context.setPending(ready),
          onProgress: tell,
        });
        await onFinished(set, conversion, null);
        return { outputPath: output, conversion };
      } catch (thrown) {
        const error = toErrorValue(signal.aborted ? signal.reason : thrown);
        // Where the engine is stopping, the job goes on when it is there again.
        if (!signal.aborted || error.code === 'CANCELLED') await onFinished(set, null, error);
        // Nobody who has cancelled waits for a hundred thousand files to be removed.
        if (signal.aborted && error.code === 'CANCELLED') void clear(record.id, output);
        throw thrown;
      }
    },

    async recover(record): Promise<ConvertOutcome | undefined> {
      if (record.spec === null) return undefined;
      const { output } = record.spec as ConvertInput;
      const ready = record.pending as ReadyConversion | null;
      const conversion = await recoverConversion(output, record.id, ready);
      return conversion && { outputPath: output, conversion };
    },

    async forget(record): Promise<void> {
      if (record.spec === null) return;
      await clear(record.id, (record.spec as ConvertInput).output);
    },
  };
}

type ResultSummary = NonNullable<NonNullable<Job['convert']>['result']>;

function summarize(record: JobRecord): ResultSummary | null {
  const outcome = outcomeOf(record);
  if (outcome === null) return null;
  const { items, annotations, check, roundTrip, receipt } = outcome.conversion;
  return {
    items,
    annotations,
    check,
    score: roundTrip.score,
    receipt: receipt === null ? null : basename(receipt),
    duration: (record.finishedAt ?? 0) - (record.startedAt ?? 0),
  };
}

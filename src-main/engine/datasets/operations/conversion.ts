import type { Loss } from '../loss.ts';
import type { Statistics } from '../statistics.ts';
import type { TransformStep } from '../transforms/index.ts';
import type { Choice } from './choices.ts';
import type { MergeOptions } from './merge.ts';
import type { ProblemSummary } from './receipt.ts';
import type { RoundTrip } from './round-trip.ts';
import type { Source } from './source.ts';

export interface Progress {
  /**
   * `unpacking` is of an archive, `planning` reads the source, `writing` writes the target, `checking` reads it back.
   */
  readonly stage: 'unpacking' | 'planning' | 'writing' | 'checking';
  /** Items; packed bytes while unpacking. */
  readonly done: number;
  /** Null while nobody knows. */
  readonly total: number | null;
}

export interface ConversionRequest {
  /** A folder, an archive, or one that is already open. */
  readonly source: string | Source;
  /** Format of the source, instead of looking what it is. */
  readonly from?: string;
  readonly to: string;
  /** New or empty, unless overwriting is allowed. */
  readonly output: string;
  readonly transforms?: readonly TransformStep[];
  /** `link` makes hard links, and copies where the disk can't. */
  readonly media: 'copy' | 'link' | 'none';
  readonly overwrite?: boolean;
  /** Stops when anything of the source can't be read. */
  readonly strict?: boolean;
  /**
   * False for those who know what will be lost: the plan is then told when the set is written and has no name yet, which
   * spares reading it once more. It is told before anyway in strict mode.
   */
  readonly planAhead?: boolean;
  /** Whether a receipt is written beside the output; yes unless said otherwise. */
  readonly receipt?: boolean;
  readonly signal?: AbortSignal;
  onProgress?(progress: Progress): void;
  /** Resolves at once, or when the conversion may go on. It is asked several times a second. */
  waitWhilePaused?(): Promise<void>;
  /**
   * Names the temporary folder beside the output, so that it can be found when the conversion is begun anew after a
   * crash, or after it was aborted: pictures that were copied are not copied again. Who won't begin it anew clears up with
   * `forgetConversion`, which can take seconds where a hundred thousand files lie there.
   */
  readonly key?: string;
  /** Called when everything is checked and only the name is missing, unless its files are moved over others. */
  beforePublish?(ready: ReadyConversion): void;
}

/** A conversion that is complete but for its name. */
export interface ReadyConversion {
  /** Of the folder, which keeps it when it gets its name. */
  readonly inode: number;
  readonly result: Omit<ConversionResult, 'receipt'>;
  /** The receipt's content, or null where none is wanted. */
  readonly receipt: object | null;
}

/** What a conversion would do, before anything is written. */
export interface ConversionPlan {
  readonly sourcePath: string;
  /** Of which sets the source is merged, and how; null where it is one. */
  readonly merged:
    | (MergeOptions & { readonly sets: readonly { readonly path: string; readonly format: string }[] })
    | null;
  readonly from: string;
  readonly to: string;
  readonly fromTitle: string;
  readonly toTitle: string;
  /** Of the set after its transforms. */
  readonly statistics: Statistics;
  readonly loss: Loss;
  /** Plain sentences: what would keep what is lost. */
  readonly advice: readonly string[];
  /** Transforms that would keep something of what is dropped. */
  readonly choices: readonly Choice[];
  /** What of the source can't be read. */
  readonly problems: ProblemSummary;
  /** What the transforms leave out. */
  readonly changes: ProblemSummary;
}

export interface ConversionResult {
  readonly output: string;
  readonly items: number;
  /** Annotations of the source that are in the target, exactly or approximated. */
  readonly annotations: number;
  readonly files: number;
  readonly media: { readonly linked: number; readonly copied: number };
  /** Items that were given another name because their files' names were taken. */
  readonly renamedForCollisions: number;
  readonly problems: ProblemSummary;
  /** What was found wrong while reading back. */
  readonly checkProblems: ProblemSummary;
  readonly roundTrip: RoundTrip;
  /**
   * `passed`: every item and every annotation came back but those that the problems account for. `changed`: they did,
   * some with other numbers than were said. `failed`: something is gone that nobody spoke of.
   */
  readonly check: 'passed' | 'changed' | 'failed';
  /** Files of what was there before that stay, where a set was replaced. */
  readonly left: number;
  /** Path of the receipt, or null where none was wanted. */
  readonly receipt: string | null;
}

import type {
  AdmitResult,
  DatasetDifference,
  DatasetLook,
  DatasetMerging,
  DatasetStep,
  DatasetSummary,
  ErrorValue,
  OtherDataset,
} from '../../../src-main/contract/index.ts';

/** A set that the open one is merged or compared with, and what people call it. */
export interface Other extends OtherDataset {
  readonly name: string;
  /** Of its format. */
  readonly title: string;
  /** As the command line takes it. */
  readonly path: string;
}

/** What the engine is told of it. */
export const placeOf = ({ handle, within, every, format }: Other): OtherDataset => ({
  ...{ handle, within, every, format },
});

/** A set that was looked at, read as one of a format. */
export function otherOf(
  look: DatasetLook,
  place: Omit<OtherDataset, 'format'>,
  { format, title }: DatasetLook['candidates'][number],
): Other {
  return { ...place, format, title, name: look.name, path: look.path };
}

/** One of the sets that lie in what was looked at. */
export function innerOf(inner: DatasetLook['sets'][number]): Other {
  const { handle, within, folder, format, title, path } = inner;
  return { handle, within, every: 1, format, title, name: folder, path };
}

/** What was dropped on the window to be merged or compared with the open set. */
export interface Dropped {
  readonly purpose: 'merging' | 'comparing';
  readonly admitted: AdmitResult;
}

/** What the open set is merged with, and how. */
export interface Merged {
  readonly others: readonly Other[];
  /** How many pictures each set has, the open one first. */
  readonly sizes: readonly number[];
  /** As it was asked for, and with the numbers that count. */
  readonly asked: DatasetMerging;
  readonly inForce: DatasetMerging;
}

/** What was compared: another reading, or other changes, are another thing. */
export interface ComparedOf {
  readonly summary: DatasetSummary | null;
  readonly steps: readonly DatasetStep[];
}

/** What the open set is compared with, and what came of it. */
export interface Compared {
  readonly other: Other;
  /** Whether the pictures are compared, too. */
  readonly pictures: boolean;
  /** What the difference, the failure or the work that is under way is of. */
  readonly of: ComparedOf | null;
  readonly difference: DatasetDifference | null;
  /** Pictures that were read so far; null while none is. */
  readonly done: number | null;
  readonly failed: ErrorValue | null;
}

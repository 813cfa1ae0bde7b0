import type { Writing } from '../files/writing.ts';
import type { Problem, ProblemLog } from '../model/index.ts';
import type { ConversionPlan, ConversionRequest, ConversionResult } from './conversion.ts';

/** Most problems that a receipt lists one by one; all of them are counted. */
const mostProblems = 200;

/** The first problems, and all of them counted. */
export interface ProblemSummary {
  readonly total: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly first: readonly Problem[];
}

export function summaryOf({ total, byReason, list }: ProblemLog): ProblemSummary {
  return { total, byReason: Object.fromEntries(byReason), first: list.slice(0, mostProblems) };
}

/** What was done to a set, for whoever finds it later. */
export function receiptOf(
  request: ConversionRequest,
  plan: ConversionPlan,
  result: Omit<ConversionResult, 'receipt'>,
  files: ReturnType<Writing['summary']>,
): object {
  const { statistics, loss } = plan;
  return {
    kind: 'refinery-dataset-receipt',
    version: 1,
    at: new Date().toISOString(),
    source: {
      path: plan.sourcePath,
      format: plan.from,
      ...(plan.merged === null ? {} : { merged: plan.merged }),
    },
    target: { path: request.output, format: plan.to },
    options: {
      media: request.media,
      overwrite: request.overwrite === true,
      strict: request.strict === true,
      transforms: request.transforms ?? [],
    },
    counts: {
      items: statistics.items,
      subsets: Object.fromEntries(statistics.bySubset),
      annotations: Object.fromEntries(statistics.byType),
    },
    loss: { ...loss, attributes: Object.fromEntries(loss.attributes) },
    result: {
      items: result.items,
      annotations: result.annotations,
      files: result.files,
      media: result.media,
      renamedForCollisions: result.renamedForCollisions,
      check: result.check,
      roundTrip: result.roundTrip,
    },
    problems: {
      reading: plan.problems,
      transforms: plan.changes,
      writing: result.problems,
      checking: result.checkProblems,
    },
    // `digest` is sha256 of the lines `<sha256>  <path>` of all annotation files in the order of writing.
    files,
  };
}

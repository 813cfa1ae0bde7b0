export type {
  ConversionPlan,
  ConversionRequest,
  ConversionResult,
  Progress,
  ReadyConversion,
} from './conversion.ts';
export { forgetConversion, planConversion, recoverConversion, runConversion } from './convert.ts';
export { type Difference, type DifferenceKind, diff } from './diff.ts';
export { type MergeMode, type MergeOptions, merge, mergeModes } from './merge.ts';
export { mergedSource, withoutLoneBackground } from './merged-source.ts';
export { unpackingNotes } from './pace.ts';
export { type ProblemSummary, summaryOf } from './receipt.ts';
export type { RoundTrip, TypeRoundTrip } from './round-trip.ts';
export { namedFormat, openFolder, openSource, type Source, type Unpacked, writableFormat } from './source.ts';

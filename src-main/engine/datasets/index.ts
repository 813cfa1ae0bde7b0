/** Datasets: reading, writing, telling apart, changing, checking and converting sets of annotated pictures. */
export { archiveIn } from './archives/index.ts';
export { adapt, substitutes, targetType } from './convert.ts';
export {
  type Candidate,
  detectFormats,
  detectInArchive,
  detectSets,
  type InnerSet,
  listFolder,
} from './detect.ts';
export type * from './format.ts';
export { formatNamed, formats } from './formats/index.ts';
export { type ClassLoss, type Loss, lossOf, type TypeLoss } from './loss.ts';
export * from './masks.ts';
export * from './model/index.ts';
export * from './operations/index.ts';
export type { Overlap } from './overlap.ts';
export { maskRings, polygonCounts } from './polygons.ts';
export { type Recipe, readRecipe, writeRecipe } from './recipe.ts';
export { annotationsIn, type Statistics, statisticsOf } from './statistics.ts';
export * from './transforms/index.ts';
export { withoutBackground, withoutLabels } from './transforms/labels.ts';
export { type Description, describeSet, type Histogram } from './validation/distributions.ts';
export * from './validation/index.ts';
export { type SamePicture, samePictures } from './validation/pictures.ts';

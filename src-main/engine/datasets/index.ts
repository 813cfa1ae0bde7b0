/** Datasets: reading, writing and telling apart the formats of annotated pictures. */
export { adapt, substitutes, targetType } from './convert.ts';
export { type Candidate, detectFormats, listFolder } from './detect.ts';
export type * from './format.ts';
export { formatNamed, formats } from './formats/index.ts';
export { type Loss, lossOf, type Statistics, statisticsOf, type TypeLoss } from './loss.ts';
export * from './masks.ts';
export * from './model/index.ts';
export { maskRings, polygonCounts } from './polygons.ts';
export { withoutBackground, withoutLabels } from './transforms.ts';

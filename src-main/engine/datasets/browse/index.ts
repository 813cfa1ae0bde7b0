/** Looking at a set item by item. */
export type { Reading } from './kept.ts';
export type { OtherSet } from './others.ts';
export { DatasetSession } from './session.ts';
export { shapeOf, valuesOf } from './shapes.ts';

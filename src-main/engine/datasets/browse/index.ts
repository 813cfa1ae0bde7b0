/** Looking at a set item by item. */
export { DatasetSession, type Reading } from './session.ts';
export { shapeOf, valuesOf } from './shapes.ts';

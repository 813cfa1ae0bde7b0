/** Detectors and classifiers that Ultralytics exported to OpenVINO: running them, and measuring them on a set. */
export { evaluateModel, type ModelEvaluation } from './evaluate-set.ts';
export { openDetectionModel } from './model.ts';
export { skeletonOf } from './skeleton.ts';
export { cornersOf } from './turned.ts';

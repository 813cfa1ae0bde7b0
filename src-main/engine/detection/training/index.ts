/** Training detectors with Ultralytics, in the person's own Python. */
export {
  afterLine,
  notStarted,
  parseTrainingLine,
  type TrainingProgress,
  trainingCharts,
} from './progress.ts';
export { findTrainer } from './trainer.ts';

/** Handing a set over to Ultralytics: what its loader would say, and the commands to go on with. */
export { makePathAbsolute } from './absolute.ts';
export { modelFor, type TrainingTask, trainingTasks } from './commands.ts';
export { type HandOff, handOff } from './hand-off.ts';

export {
  interpreterOf,
  judgeEnvironment,
  lookAtEnvironment,
  planTrainingEnvironment,
} from './environment.ts';
export {
  type LaunchOptions,
  type LaunchState,
  launchAgain,
  launchState,
  launchTraining,
  stopTraining,
} from './launch.ts';

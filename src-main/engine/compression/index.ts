export type { Advice, Evidence, Observed, Rule } from './advice/rule.ts';
export { adviceFor, rules } from './advice.ts';
export type { ConfigContext, ConfigFinding } from './config-findings.ts';
export { checkConfig } from './config-rules.ts';
export { type Derived, derive } from './derive/index.ts';
export type { Budget } from './derive/metric.ts';
export { type Following, type FollowOptions, followRunFolder, type RunUpdate } from './follow.ts';
export { type RunFolderOptions, readRunFolder } from './run-folder.ts';
export type { Checkpoint, LogRow, Place, Point, Problem, Run, Series, TrainingFacts } from './types.ts';

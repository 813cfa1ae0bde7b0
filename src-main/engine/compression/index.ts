export { type Accuracy, type AccuracyOptions, measureAccuracy } from './accuracy/index.ts';
export type { Advice, Evidence, Observed, Rule } from './advice/rule.ts';
export { adviceFor, rules } from './advice.ts';
export { type ModelFacts, modelFacts } from './benchmark/facts.ts';
export { type Benchmark, type BenchmarkOptions, benchmark, type Hint } from './benchmark/index.ts';
export { labelsOf } from './benchmark/labels.ts';
export { parseShapes, type Shapes } from './benchmark/shapes.ts';
export {
  type MeasuredModel,
  type MeasuredRow,
  type MeasuredTable,
  measuredTable,
  tableCells,
  tableCsv,
  tableMarkdown,
} from './benchmark/table.ts';
export { type Axis, type CurvePoint, rangeOf, smooth, thin } from './compare/curve.ts';
export {
  type CompareOptions,
  type Comparison,
  compareRuns,
  type NamedRun,
  type Overlay,
  overlayOf,
} from './compare/index.ts';
export { type Candidate, type Cost, type MeasuredCost, type Pareto, paretoOf } from './compare/pareto.ts';
export { compareSettings, type Setting, type SettingRow } from './compare/settings.ts';
export { changeFor } from './config/changes.ts';
export type { ConfigContext, ConfigFinding } from './config/findings.ts';
export { type ConfigLook, type ConfigPlan, lookAtConfig } from './config/look.ts';
export { layersOfConfig, type ModelLayers, readModelLayers } from './config/model-layers.ts';
export { type ConfigPreset, configPresets } from './config/presets.ts';
export { checkConfig } from './config/rules.ts';
export {
  configSchedule,
  type PlannedSchedule,
  type ScheduleFacts,
  type SchedulePoint,
} from './config/schedule.ts';
export { type ScopeMatch, ScopeMatcher } from './config/scope-matcher.ts';
export {
  type LayerPlan,
  planLayers,
  suggestOperations,
  suggestScopes,
} from './config/scopes.ts';
export { type DistributionLine, distributionLines } from './derive/distributions.ts';
export { type HeatMap, heatMapOf } from './derive/heat-map.ts';
export { type Derived, derive } from './derive/index.ts';
export type { Budget } from './derive/metric.ts';
export type { Quantization } from './derive/quantization.ts';
export { newestIr } from './derive/structure.ts';
export { type Following, type FollowOptions, followRunFolder, type RunUpdate } from './follow.ts';
export { algorithmsOf, parseCompressionConfig } from './ingest/compression-config.ts';
export { isObject } from './ingest/python-json.ts';
export { layersOf, moduleOfNode } from './layer-names.ts';
export { type ChartOptions, type ChartSeries, lineChart } from './report/chart.ts';
export { comparisonReport } from './report/comparison.ts';
export { heatMapChart } from './report/heat-map-chart.ts';
export { saveText } from './report/save.ts';
export { seriesCsv } from './report/series-csv.ts';
export { type ReportInput, trainingReport } from './report/training.ts';
export { type RunFolderOptions, readRunFolder } from './run-folder.ts';
export { kindOf } from './sources.ts';
export { type RunSummary, summaryOf } from './summary.ts';
export type { Checkpoint, LogRow, Place, Point, Problem, Run, Series, TrainingFacts } from './types.ts';
export { type WeightRange, weightRanges } from './weight-ranges.ts';
export { percent, thousands } from './words.ts';

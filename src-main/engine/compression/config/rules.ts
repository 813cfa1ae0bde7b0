import { algorithmsOf } from '../ingest/compression-config.ts';
import { isObject, type JsonObject } from '../ingest/python-json.ts';
import { type ConfigContext, type ConfigFinding, finite, type Report, unknownKeys } from './findings.ts';
import { checkScopes, ScopeMatcher } from './scope-matcher.ts';
import { checkStructures } from './structure-rules.ts';

const movementKeys = [
  'algorithm',
  'params',
  'sparse_structure_by_scopes',
  'ignored_scopes',
  'target_scopes',
  'validate_scopes',
  'compression_lr_multiplier',
];
const requiredParams = ['warmup_start_epoch', 'warmup_end_epoch', 'importance_regularization_factor'];
const numberParams = [
  ...requiredParams,
  'power',
  'init_importance_threshold',
  'final_importance_threshold',
  'steps_per_epoch',
];
/** NNCF goes by the folder of transformers that the model's class is in. */
const maskedFamilies = ['bert', 'wav2vec2', 'swin', 'mobilebert', 'distilbert', 'clip', 'vit'];
const familyOfType = (modelType: string): string => modelType.replace(/^clip_(?:vision|text)_model$/, 'clip');

/**
 * Checks an OVConfig or NNCF configuration for JPQD, as NNCF 2.8.1 does by its schema and later in its code, and for
 * what only shows when training has run for hours. Top-level keys that aren't known pass, as they do in NNCF.
 */
export function checkConfig(
  config: unknown,
  context: ConfigContext = {},
  scopes = new ScopeMatcher((context.layers ?? []).map(({ name }) => name)),
): ConfigFinding[] {
  const findings: ConfigFinding[] = [];
  const report: Report = (rule, path, message, severity = 'error') =>
    findings.push({ rule, severity, path, message });
  const algorithms = algorithmsOf(config);
  if (algorithms.length === 0) {
    report('algorithm-missing', '$', 'No compression algorithm is named, so nothing is compressed.');
  }
  for (const { path, value } of algorithms) {
    if (!isObject(value)) report('type', path, 'An object was expected here.');
    else if (typeof value['algorithm'] !== 'string') {
      report('required', `${path}.algorithm`, 'The name of the algorithm is missing.');
    } else if (value['algorithm'] === 'movement_sparsity') {
      checkMovement(value, path, context, scopes, report);
    } else if (value['algorithm'] === 'quantization') {
      // Its operations aren't known to a check; what Python refuses is.
      const without = new ScopeMatcher([]);
      for (const place of quantizationScopes(value, path)) {
        checkScopes(place.scopes, place.path, without, report);
      }
    }
  }
  return findings;
}

/** Scopes of quantization: of all of it, and of activations and weights alone. */
export function quantizationScopes(
  value: JsonObject,
  path: string,
): Array<{ readonly path: string; readonly scopes: unknown }> {
  const parts: ReadonlyArray<readonly [at: string, part: unknown]> = [
    [path, value],
    [`${path}.activations`, value['activations']],
    [`${path}.weights`, value['weights']],
  ];
  return parts.flatMap(([at, part]) =>
    isObject(part)
      ? ['ignored_scopes', 'target_scopes'].map((key) => ({ path: `${at}.${key}`, scopes: part[key] }))
      : [],
  );
}

function checkMovement(
  value: JsonObject,
  path: string,
  context: ConfigContext,
  scopes: ScopeMatcher,
  report: Report,
): void {
  unknownKeys(value, movementKeys, path, report);
  for (const key of ['ignored_scopes', 'target_scopes'])
    checkScopes(value[key], `${path}.${key}`, scopes, report);
  if (value['validate_scopes'] !== undefined && typeof value['validate_scopes'] !== 'boolean') {
    report('type', `${path}.validate_scopes`, 'true or false was expected.');
  }
  if (
    value['compression_lr_multiplier'] !== undefined &&
    typeof value['compression_lr_multiplier'] !== 'number'
  ) {
    report('type', `${path}.compression_lr_multiplier`, 'A number was expected.');
  }
  const params = value['params'];
  // NNCF's schema lets a configuration without params pass, and its scheduler then fails.
  if (params === undefined) report('required', `${path}.params`, 'The schedule (params) is missing.');
  else if (!isObject(params)) report('type', `${path}.params`, 'An object was expected here.');
  else checkParams(params, `${path}.params`, context, report);
  checkStructures(value, path, context, scopes, report);
}

function checkParams(params: JsonObject, path: string, context: ConfigContext, report: Report): void {
  unknownKeys(params, [...numberParams, 'enable_structured_masking'], path, report);
  for (const key of requiredParams) {
    if (params[key] === undefined) report('required', `${path}.${key}`, `${key} is missing.`);
  }
  for (const key of numberParams) {
    if (params[key] !== undefined && !finite(params[key]))
      report('type', `${path}.${key}`, 'A number was expected.');
  }
  const masking = params['enable_structured_masking'] ?? true;
  if (typeof masking !== 'boolean') {
    report('type', `${path}.enable_structured_masking`, 'true or false was expected.');
  }
  const { modelType } = context;
  if (masking === true && modelType !== undefined && !maskedFamilies.includes(familyOfType(modelType))) {
    const message = `Structured masking is only there for ${maskedFamilies.join(', ')}, not for ${modelType}.`;
    report('masking-family', `${path}.enable_structured_masking`, message);
  }
  checkSchedule(params, path, context, report);
}

function checkSchedule(params: JsonObject, path: string, context: ConfigContext, report: Report): void {
  const {
    warmup_start_epoch: start,
    warmup_end_epoch: end,
    steps_per_epoch: steps,
    importance_regularization_factor: factor,
    init_importance_threshold: initial,
    final_importance_threshold: final = 0,
  } = params;
  if (finite(start)) {
    if (start < 0)
      report('start-negative', `${path}.warmup_start_epoch`, 'Warm-up can’t begin before epoch 0.');
    else if (start < 1 && steps === undefined) {
      const message =
        'Steps per epoch are measured in epoch 0, so warm-up begins at 1 or later, or steps_per_epoch is set.';
      report('start-before-measured', `${path}.warmup_start_epoch`, message);
    }
  }
  if (finite(start) && finite(end) && end <= start) {
    report('end-before-start', `${path}.warmup_end_epoch`, `Warm-up ends at ${end}, but begins at ${start}.`);
  }
  if (finite(end) && context.epochs !== undefined && end >= context.epochs) {
    const message = `Training has ${context.epochs} epochs, so warm-up, which ends at ${end}, is never over.`;
    report('end-after-training', `${path}.warmup_end_epoch`, message, 'warning');
  }
  if (finite(factor) && factor < 0) {
    report('factor-negative', `${path}.importance_regularization_factor`, 'The factor can’t be negative.');
  }
  if (finite(steps) && context.stepsPerEpoch !== undefined && steps !== context.stepsPerEpoch) {
    const message = `An epoch has ${context.stepsPerEpoch} steps, not ${steps}; training would stop there.`;
    report('steps-differ', `${path}.steps_per_epoch`, message);
  }
  if (finite(initial) && finite(final) && initial >= final) {
    const message = `The threshold begins at ${initial} and ends at ${final}, so that it doesn’t rise.`;
    report('threshold-order', `${path}.init_importance_threshold`, message, 'warning');
  }
}

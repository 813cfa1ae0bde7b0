import type { Parsed } from '../types.ts';
import { asNumber, isObject, type JsonObject, parsePythonJson, present } from './python-json.ts';

/** Settings of movement sparsity, with NNCF's defaults where the file says nothing. */
export interface MovementSparsityConfig {
  /** Epochs, from 0, maybe with fractions. */
  readonly warmupStartEpoch?: number;
  readonly warmupEndEpoch?: number;
  /** Largest factor of the regularisation, reached at the end of warm-up. */
  readonly regularizationFactor?: number;
  readonly power: number;
  /** Missing: NNCF takes the 0.1 % quantile of the scores when warm-up starts. */
  readonly initialThreshold?: number;
  readonly finalThreshold: number;
  readonly structuredMasking: boolean;
  readonly stepsPerEpoch?: number;
}

/** An openvino_config.json (OVConfig) or the NNCF JSON that went into it. */
export interface CompressionConfig {
  /** The value as it stands in the file, which `checkConfig` looks at. */
  readonly source: unknown;
  readonly algorithms: readonly string[];
  readonly movement?: MovementSparsityConfig;
  readonly quantization: boolean;
}

/** Reads the text of an `openvino_config.json` or an NNCF configuration, comments and trailing commas allowed. */
export function parseCompressionConfig(source: string): Parsed<CompressionConfig> {
  const { value, problems } = parsePythonJson(source);
  if (problems.length > 0) return { problems };
  const algorithms = algorithmsOf(value).map(({ value: algorithm }) => algorithm);
  if (algorithms.length === 0) {
    const message = 'No compression algorithm is named here.';
    return {
      value: { source: value, algorithms: [], quantization: false },
      problems: [{ severity: 'warning', message, place: { path: '$' } }],
    };
  }
  const named = (name: string): JsonObject | undefined =>
    algorithms.filter(isObject).find((algorithm) => algorithm['algorithm'] === name);
  const movement = named('movement_sparsity');
  return {
    value: {
      source: value,
      algorithms: algorithms.map((algorithm) => (isObject(algorithm) ? String(algorithm['algorithm']) : '')),
      quantization: named('quantization') !== undefined,
      ...(movement ? { movement: movementOf(movement) } : {}),
    },
    problems,
  };
}

/**
 * The algorithms of a configuration and where each stands: a bare list or object of NNCF's, or what an OVConfig holds
 * under `compression`. NNCF takes one algorithm without a list.
 */
export function algorithmsOf(
  config: unknown,
): ReadonlyArray<{ readonly path: string; readonly value: unknown }> {
  if (Array.isArray(config)) return config.map((value: unknown, index) => ({ path: `$[${index}]`, value }));
  if (!isObject(config)) return [];
  const held = config['compression'];
  if (Array.isArray(held)) {
    return held.map((value: unknown, index) => ({ path: `$.compression[${index}]`, value }));
  }
  if (isObject(held)) return [{ path: '$.compression', value: held }];
  return 'algorithm' in config ? [{ path: '$', value: config }] : [];
}

function movementOf(algorithm: JsonObject): MovementSparsityConfig {
  const params = isObject(algorithm['params']) ? algorithm['params'] : {};
  return {
    power: asNumber(params['power']) ?? 3,
    finalThreshold: asNumber(params['final_importance_threshold']) ?? 0,
    structuredMasking: params['enable_structured_masking'] !== false,
    ...present({
      warmupStartEpoch: asNumber(params['warmup_start_epoch']),
      warmupEndEpoch: asNumber(params['warmup_end_epoch']),
      regularizationFactor: asNumber(params['importance_regularization_factor']),
      initialThreshold: asNumber(params['init_importance_threshold']),
      stepsPerEpoch: asNumber(params['steps_per_epoch']),
    }),
  };
}

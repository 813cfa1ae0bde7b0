import type { JsonObject } from '../ingest/python-json.ts';

export interface ConfigFinding {
  /** Name of the rule; stable. */
  readonly rule: string;
  /** `error`: NNCF or the training would refuse it. `warning`: it runs, likely not as meant. */
  readonly severity: 'error' | 'warning';
  /** JSON path, such as `$.compression[0].params.warmup_end_epoch`. */
  readonly path: string;
  readonly message: string;
}

/** What is known about the training, for rules that a configuration alone can't break. */
export interface ConfigContext {
  readonly epochs?: number;
  /** As measured, or from the Trainer's header. */
  readonly stepsPerEpoch?: number;
  /** `model_type` of config.json. */
  readonly modelType?: string;
  /** NNCF's names of linear layers and the shapes of their weights. */
  readonly layers?: ReadonlyArray<{ readonly name: string; readonly shape: readonly number[] }>;
}

export type Report = (
  rule: string,
  path: string,
  message: string,
  severity?: ConfigFinding['severity'],
) => void;

export const finite = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);

/** Keys that the schema refuses. */
export function unknownKeys(value: JsonObject, known: readonly string[], path: string, report: Report): void {
  for (const key of Object.keys(value)) {
    if (!known.includes(key))
      report('unknown-key', `${path}.${key}`, `${key} isn’t known here, and NNCF refuses it.`);
  }
}

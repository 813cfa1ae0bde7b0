import { type DenseLinear, denseLinear } from '../families/index.ts';
import type { Parsed } from '../types.ts';
import { asText, type JsonObject, parseJsonObject, present } from './python-json.ts';

/** The dense model. Pruning doesn't change its file, so it always tells the original sizes. */
export interface ModelConfig {
  readonly modelType?: string;
  /** Linear layers before anything is pruned; empty for families that aren't known. */
  readonly linear: readonly DenseLinear[];
  /** The file as it is. */
  readonly source: JsonObject;
}

/** Reads the text of a Hugging Face `config.json`. */
export function parseModelConfig(source: string): Parsed<ModelConfig> {
  const { value, problems } = parseJsonObject(source);
  return value ? { value: modelConfigOf(value), problems } : { problems };
}

export const modelConfigOf = (source: JsonObject): ModelConfig => ({
  ...present({ modelType: asText(source['model_type']) }),
  linear: denseLinear(source),
  source,
});

import type { Parsed } from '../types.ts';
import { asNumber, asText, isObject, type JsonObject, parseJsonObject, present } from './python-json.ts';

/** The shape of the dense model. Pruning doesn't change this file, so it always tells the original sizes. */
export interface ModelConfig {
  readonly modelType?: string;
  readonly hiddenSize?: number;
  readonly heads?: number;
  readonly layers?: number;
  readonly feedForwardSize?: number;
}

/** Reads the text of a Hugging Face `config.json`. */
export function parseModelConfig(source: string): Parsed<ModelConfig> {
  const { value, problems } = parseJsonObject(source);
  return value ? { value: modelConfigOf(value), problems } : { problems };
}

/** Families name the same sizes differently; vision and text halves of CLIP are not told apart. */
export function modelConfigOf(value: JsonObject): ModelConfig {
  const inner = ['text_config', 'vision_config'].map((key) => value[key]).find(isObject);
  const first = (...names: string[]): number | undefined => {
    for (const name of names) {
      const found = asNumber(value[name]) ?? asNumber(inner?.[name]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  return present({
    modelType: asText(value['model_type']),
    hiddenSize: first('hidden_size', 'dim'),
    heads: first('num_attention_heads', 'n_heads'),
    layers: first('num_hidden_layers', 'n_layers'),
    feedForwardSize: first('intermediate_size', 'hidden_dim'),
  });
}

import type { Parsed } from '../types.ts';
import { parseJsonObject } from './python-json.ts';

/** Reads the text of `train_results.json`, `eval_results.json` or `all_results.json`: its numbers by name. */
export function parseResults(source: string): Parsed<Readonly<Record<string, number>>> {
  const { value, problems } = parseJsonObject(source);
  if (!value) return { problems };
  const numbers = Object.entries(value).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  );
  return { value: Object.fromEntries(numbers), problems };
}

import { algorithmsOf } from '../ingest/compression-config.ts';
import { isObject, type JsonObject } from '../ingest/python-json.ts';
import { type ConfigContext, finite } from './findings.ts';
import { type ScopeMatch, ScopeMatcher } from './scope-matcher.ts';

type Layer = NonNullable<ConfigContext['layers']>[number];

/** What movement sparsity does with one layer. */
export interface LayerPlan {
  readonly name: string;
  readonly shape: readonly number[];
  /** `ignored`: by scopes, or not among the targets. `unstructured`: single weights, for want of an entry. */
  readonly mode: 'ignored' | 'unstructured' | 'fine' | 'block' | 'per_dim';
  /** Place of the entry in sparse_structure_by_scopes; missing without one. */
  readonly entry?: number;
  /** Rows and columns of one unit that is kept or left out whole. */
  readonly unit?: readonly [number, number];
  /** How many such units lie [down, across]; missing where they don't fill the shape. */
  readonly units?: readonly [number, number];
  readonly fits: boolean;
}

/**
 * How a configuration cuts each layer of a model: heads in blocks, rows, columns, or single weights. The first entry that
 * matches is told; `checkConfig` reports a second one.
 */
export function planLayers(
  config: unknown,
  layers: readonly Layer[],
  scopes = new ScopeMatcher(layers.map(({ name }) => name)),
): LayerPlan[] {
  const movement = algorithmsOf(config)
    .map(({ value }) => value)
    .find((value): value is JsonObject => isObject(value) && value['algorithm'] === 'movement_sparsity');
  if (!movement) return [];
  const entries = Array.isArray(movement['sparse_structure_by_scopes'])
    ? movement['sparse_structure_by_scopes']
    : [];
  return layers.map(({ name, shape }): LayerPlan => {
    const targets = movement['target_scopes'];
    if (
      scopes.any(movement['ignored_scopes'], name) ||
      (targets !== undefined && !scopes.any(targets, name))
    ) {
      return { name, shape, mode: 'ignored', fits: true };
    }
    const entry = entries.findIndex(
      (one: unknown) => isObject(one) && scopes.any(one['target_scopes'], name),
    );
    if (entry < 0) return { name, shape, mode: 'unstructured', unit: [1, 1], fits: true };
    return { name, shape, entry, ...cut(entries[entry] as JsonObject, shape) };
  });
}

function cut(
  entry: JsonObject,
  shape: readonly number[],
): Pick<LayerPlan, 'mode' | 'unit' | 'units' | 'fits'> {
  const [down = 0, across = 0] = shape;
  const factors: unknown[] = Array.isArray(entry['sparse_factors']) ? entry['sparse_factors'] : [];
  const [rows, columns] = factors;
  switch (entry['mode']) {
    case 'per_dim':
      return entry['axis'] === 0
        ? { mode: 'per_dim', unit: [1, across], units: [down, 1], fits: true }
        : { mode: 'per_dim', unit: [down, 1], units: [1, across], fits: entry['axis'] === 1 };
    case 'block': {
      if (!finite(rows) || !finite(columns) || rows < 1 || columns < 1) return { mode: 'block', fits: false };
      const fits = down % rows === 0 && across % columns === 0;
      const units = fits ? ({ units: [down / rows, across / columns] } as const) : {};
      return { mode: 'block', unit: [rows, columns], ...units, fits };
    }
    default:
      return { mode: 'fine', unit: [1, 1], units: [down, across], fits: true };
  }
}

/** Suggestions that a person can look through. */
const mostSuggestions = 80;

/** Scopes by what operations do, such as all `layer_norm_0`. */
export function suggestOperations(names: readonly string[]): ScopeMatch[] {
  const kinds = [...new Set(names.map((name) => name.slice(name.lastIndexOf('/') + 1)))];
  const scopes = new ScopeMatcher(names);
  return kinds
    .map((kind) => scopes.match(`{re}.*/${kind}`))
    .filter(({ layers }) => layers.length > 1)
    .slice(0, mostSuggestions);
}

/**
 * Scopes that a person may mean, made of the parts that names have in common: all layers of a class (`BertAttention`),
 * all of a block (`BertLayer[3]`), and a class within a block. Each matches some of the layers, no two the same ones.
 */
export function suggestScopes(names: readonly string[]): ScopeMatch[] {
  const classes = new Set<string>();
  const blocks = new Set<string>();
  const within = new Set<string>();
  for (const name of names) {
    const parts = name.split('/').slice(1, -1);
    parts.forEach((part, index) => {
      const [, kind = '', member = ''] = /^(\w+)(?:\[(\w+)\])?$/.exec(part) ?? [];
      if (kind === '') return;
      if (!/^\d+$/.test(member)) {
        classes.add(kind === 'NNCFLinear' ? `NNCFLinear\\[${member}\\]` : kind);
        return;
      }
      blocks.add(`${kind}\\[${member}\\]/`);
      const next = parts[index + 1]?.split('[')[0];
      if (next) within.add(`${kind}\\[${member}\\]/${next}`);
    });
  }
  const patterns = [...classes, ...blocks, ...within].map((part) => `{re}.*${part}.*`);
  const known = new Set<string>();
  const scopes = new ScopeMatcher(names);
  return patterns
    .map((pattern) => scopes.match(pattern))
    .filter(({ layers }) => {
      const key = layers.join(' ');
      if (layers.length === names.length || layers.length === 0 || known.has(key)) return false;
      known.add(key);
      return true;
    })
    .slice(0, mostSuggestions);
}

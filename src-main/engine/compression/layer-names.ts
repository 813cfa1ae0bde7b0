import type { ConfigContext } from './config/findings.ts';
import type { Run } from './types.ts';

/**
 * The module behind NNCF's name of a layer: `Bert[bert]/BertSelfAttention[self]/NNCFLinear[query]/linear_0` is
 * `bert.self.query`. List members are `ModuleList[layer]/BertLayer[0]`, and so come out as `layer.0`.
 */
export function moduleOfNode(name: string): string {
  const modules = [...name.matchAll(/\[([^[\]]+)\]/g)].map(([, module]) => module);
  return modules.length === 0 ? name : modules.join('.');
}

/**
 * NNCF's own names of a model's linear layers with the shapes of their weights, which the scopes of a configuration
 * match: from structured_sparsity.csv, or from the tables in NNCF's log. Empty where the run has neither.
 */
export function layersOf({ structure, nncf }: Run): NonNullable<ConfigContext['layers']> {
  const rows = structure?.layers.filter(({ node }) => node !== '') ?? [];
  const listed = (nncf?.epochs ?? []).flatMap(({ layers }) => layers);
  const found = new Map(
    listed.filter(({ name }) => !name.endsWith('/bias')).map(({ name, shape }) => [name, shape]),
  );
  for (const { node, weight } of rows) found.set(node, weight);
  return [...found].map(([name, shape]) => ({ name, shape }));
}

import { isObject, type JsonObject } from '../ingest/python-json.ts';
import { type ConfigContext, finite, type Report, unknownKeys } from './findings.ts';
import { checkScopes, type ScopeMatcher } from './scope-matcher.ts';

type Layer = NonNullable<ConfigContext['layers']>[number];

/** Checks `sparse_structure_by_scopes` of movement sparsity: each entry, and layers that several entries match. */
export function checkStructures(
  movement: JsonObject,
  path: string,
  context: ConfigContext,
  scopes: ScopeMatcher,
  report: Report,
): void {
  const entries = movement['sparse_structure_by_scopes'];
  if (entries === undefined) return;
  const place = `${path}.sparse_structure_by_scopes`;
  if (!Array.isArray(entries)) {
    report('type', place, 'A list was expected here.');
    return;
  }
  const all = context.layers ?? [];
  const layers = all.filter(
    ({ name }) =>
      !scopes.any(movement['ignored_scopes'], name) &&
      (movement['target_scopes'] === undefined || scopes.any(movement['target_scopes'], name)),
  );
  const matchedBy = new Map<string, number>();
  entries.forEach((entry: unknown, index) => {
    const here = `${place}[${index}]`;
    if (!isObject(entry)) {
      report('type', here, 'An object was expected here.');
      return;
    }
    const targets = layers.filter(({ name }) => scopes.any(entry['target_scopes'], name));
    checkEntry(entry, here, targets, scopes, report);
    const wanted = entry['target_scopes'];
    if (layers.length > 0 && targets.length === 0 && wanted !== undefined && scopes.knows(wanted)) {
      report('no-layer', `${here}.target_scopes`, 'No layer is matched by these scopes.', 'warning');
    }
    for (const { name } of targets) {
      const other = matchedBy.get(name);
      if (other === undefined) matchedBy.set(name, index);
      else {
        const message = `${name} is matched by entry ${other} too; each layer can have but one structure.`;
        report('layer-twice', `${here}.target_scopes`, message);
      }
    }
  });
}

function checkEntry(
  entry: JsonObject,
  path: string,
  targets: readonly Layer[],
  scopes: ScopeMatcher,
  report: Report,
): void {
  unknownKeys(entry, ['mode', 'target_scopes', 'sparse_factors', 'axis'], path, report);
  if (entry['target_scopes'] === undefined)
    report('required', `${path}.target_scopes`, 'The layers are missing.');
  checkScopes(entry['target_scopes'], `${path}.target_scopes`, scopes, report);
  const { mode, sparse_factors: factors, axis } = entry;
  if (factors !== undefined && !(Array.isArray(factors) && factors.every(finite))) {
    report('type', `${path}.sparse_factors`, 'A list of numbers was expected.');
    return;
  }
  if (axis !== undefined && !finite(axis)) {
    report('type', `${path}.axis`, 'A number was expected.');
    return;
  }
  const list = factors as readonly number[] | undefined;
  switch (mode) {
    case 'fine':
      if (axis !== undefined) report('fine-axis', `${path}.axis`, 'The mode fine takes no axis.');
      if (list && !(list.length === 2 && list.every((factor) => factor === 1))) {
        report('fine-factors', `${path}.sparse_factors`, 'The mode fine takes no factors but [1, 1].');
      }
      return;
    case 'block':
      if (axis !== undefined) report('block-axis', `${path}.axis`, 'The mode block takes no axis.');
      checkFactors(list, `${path}.sparse_factors`, targets, report);
      return;
    case 'per_dim':
      if (list) report('per-dim-factors', `${path}.sparse_factors`, 'The mode per_dim takes no factors.');
      if (axis !== 0 && axis !== 1) {
        report(
          'per-dim-axis',
          `${path}.axis`,
          'The mode per_dim needs an axis: 0 for outputs or 1 for inputs.',
        );
      }
      return;
    case undefined:
      report('required', `${path}.mode`, 'The mode is missing: fine, block or per_dim.');
      return;
    default:
      report('mode', `${path}.mode`, 'The mode is one of fine, block and per_dim.');
  }
}

function checkFactors(
  factors: readonly number[] | undefined,
  path: string,
  targets: readonly Layer[],
  report: Report,
): void {
  if (factors?.length !== 2 || factors.some((factor) => !Number.isInteger(factor) || factor < 1)) {
    report(
      'block-factors',
      path,
      'The mode block needs two whole factors, the size of a block: [outputs, inputs].',
    );
    return;
  }
  const odd = targets.find(({ shape }) =>
    factors.some((factor, index) => (shape[index] ?? 0) % factor !== 0),
  );
  if (!odd) return;
  const message = `${odd.name} has the shape [${odd.shape.join(', ')}], which blocks of [${factors.join(', ')}] don’t fill.`;
  report('block-divides', path, message);
}

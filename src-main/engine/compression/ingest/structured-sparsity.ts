import type { FileProblem, Parsed } from '../types.ts';
import { present } from './python-json.ts';

/** One linear layer of NNCF's `structured_sparsity.csv`, shapes as torch has them: [outputs, inputs]. */
export interface StructuredLayer {
  /** Layers of one group lose the same heads or channels. */
  readonly group: number;
  /** Such as `bert.encoder.layer.0.attention.self.query`. */
  readonly module: string;
  readonly weight: readonly number[];
  readonly prunedWeight: readonly number[];
  readonly bias?: readonly number[];
  readonly prunedBias?: readonly number[];
  /** How many heads or channels stay. */
  readonly keptCount?: number;
  /** Which stay; missing where NNCF abbreviates the list to `[392 items]`. */
  readonly kept?: readonly number[];
  /** NNCF's own name of the layer, which the scopes of a configuration match. */
  readonly node: string;
}

export interface StructuredSparsity {
  readonly layers: readonly StructuredLayer[];
  /** When NNCF wrote the file, in seconds since 1970: when the structure was fixed. */
  readonly modified?: number;
}

const needed = ['group_id', 'torch_module', 'weight_shape', 'pruned_weight_shape'] as const;

/** Reads the text of `structured_sparsity.csv`. Rows that can't be read are reported and left out. */
export function parseStructuredSparsity(source: string, modified?: number): Parsed<StructuredSparsity> {
  const [head, ...rows] = source.split(/\r?\n/).map((line) => cells(line));
  const columns = new Map((head ?? []).map((name, index) => [name, index]));
  const missing = needed.filter((name) => !columns.has(name));
  if (missing.length > 0) {
    const message = `The columns ${missing.join(', ')} are missing.`;
    return { problems: [{ severity: 'error', message, place: { line: 1 } }] };
  }
  const problems: FileProblem[] = [];
  const layers: StructuredLayer[] = [];
  rows.forEach((row, index) => {
    if (row.length === 1 && row[0] === '') return;
    const cell = (name: string): string => row[columns.get(name) ?? -1] ?? '';
    const [weight, prunedWeight] = [tuple(cell('weight_shape')), tuple(cell('pruned_weight_shape'))];
    const group = Number(cell('group_id'));
    if (row.length !== head?.length || !weight || !prunedWeight || !Number.isInteger(group)) {
      const place = { line: index + 2 };
      problems.push({ severity: 'warning', message: 'This row can’t be read and is left out.', place });
      return;
    }
    layers.push({
      group,
      module: cell('torch_module'),
      weight,
      prunedWeight,
      ...present({ bias: tuple(cell('bias_shape')), prunedBias: tuple(cell('pruned_bias_shape')) }),
      ...keptIn(cell('head_or_channel_id_to_keep')),
      node: cell('module_node_name'),
    });
  });
  return { value: { layers, ...present({ modified }) }, problems };
}

/** Cells of one line, quotes undone. NNCF's table has no line breaks within cells. */
function cells(line: string): string[] {
  const found: string[] = [];
  const cell = /"((?:[^"]|"")*)"|[^,]*/y;
  for (let at = 0; at <= line.length; at = cell.lastIndex + 1) {
    cell.lastIndex = at;
    const match = cell.exec(line);
    if (!match) break;
    found.push(match[1]?.replaceAll('""', '"') ?? match[0]);
  }
  return found;
}

/** `(128, 64)` or `(128,)`; undefined for anything else, such as an empty cell or `None`. */
function tuple(text: string): readonly number[] | undefined {
  if (!/^\(\s*\d+\s*(?:,\s*\d+\s*)*,?\s*\)$/.test(text)) return undefined;
  return (text.match(/\d+/g) ?? []).map(Number);
}

/** `[0, 2]`, `[]`, or `[392 items]` where there are more than 20. */
function keptIn(text: string): Pick<StructuredLayer, 'kept' | 'keptCount'> {
  const many = /^\[(\d+) items\]$/.exec(text);
  if (many) return { keptCount: Number(many[1]) };
  if (!/^\[[\d\s,]*\]$/.test(text)) return {};
  const kept = (text.match(/\d+/g) ?? []).map(Number);
  return { kept, keptCount: kept.length };
}

import type { ConfigView } from '../../../../src-main/contract/index.ts';

/** `bert.encoder.layer.0.output.dense` for NNCF's long name of a layer. */
export function moduleText(name: string): string {
  const modules = [...name.matchAll(/\[([^[\]]+)\]/g)].map(([, module]) => module);
  return modules.length === 0 ? name : modules.join('.');
}

/** `bert.encoder.layer.0.output layer_norm_0` for NNCF's long name of an operation. */
export function operationText(name: string): string {
  const modules = moduleText(name);
  return modules === name ? name : `${modules} ${name.slice(name.lastIndexOf('/') + 1)}`;
}

const thousands = new Intl.NumberFormat('en');

type Layer = ConfigView['layers'][number];

/** What the configuration does with a layer, such as "Blocks of 32 × 32: 24 × 24 of them". */
export function cutText({ mode, unit, units, fits }: Layer): string {
  const [rows = 0, columns = 0] = unit ?? [];
  const [down = 0, across = 0] = units ?? [];
  switch (mode) {
    case 'ignored':
      return 'Left as it is';
    case 'unstructured':
      return 'Single weights: no entry is for it, so it gets no smaller';
    case 'fine':
      return 'Single weights: it gets no smaller';
    case 'block':
      if (!fits) return unit ? `Blocks of ${rows} × ${columns} don’t fill it` : 'Blocks without a size';
      return `Blocks of ${rows} × ${columns}: ${thousands.format(down * across)} of them`;
    case 'per_dim':
      if (!fits) return 'Without an axis';
      return rows === 1
        ? `Outputs one by one: ${thousands.format(down)}`
        : `Inputs one by one: ${thousands.format(across)}`;
  }
}

export interface LayerGroup {
  readonly name: string;
  readonly layers: readonly Layer[];
}

/** Layers of all blocks that are cut alike, as one: `layer.0–11.output.dense`. */
export function groupLayers(layers: readonly Layer[]): LayerGroup[] {
  const groups = new Map<string, Layer[]>();
  for (const layer of layers) {
    const key = `${moduleText(layer.name).replace(/\.\d+\./, '.*.')} ${layer.shape} ${cutText(layer)}`;
    groups.set(key, [...(groups.get(key) ?? []), layer]);
  }
  return [...groups.values()].map((members) => {
    const blocks = members.map(({ name }) => Number(/\.(\d+)\./.exec(moduleText(name))?.[1]));
    // What stands before the blocks is the same in all of them.
    const first = moduleText(members[0]?.name ?? '').replace(
      /^.*?(?=(?:layer|layers|blocks|resblocks)\.\d)/,
      '',
    );
    return {
      name: members.length === 1 ? first : first.replace(/\.\d+\./, `.${ranges(blocks)}.`),
      layers: members,
    };
  });
}

/** "0–2, 5" for 0, 1, 2, 5. */
function ranges(numbers: readonly number[]): string {
  const parts: Array<[number, number]> = [];
  for (const number of [...numbers].sort((one, other) => one - other)) {
    const last = parts.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else parts.push([number, number]);
  }
  return parts.map(([from, to]) => (from === to ? String(from) : `${from}–${to}`)).join(', ');
}

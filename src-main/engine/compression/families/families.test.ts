import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { structureOf } from '../derive/structure.ts';
import { moduleOfNode } from '../layer-names.ts';
import { readRunFolder } from '../run-folder.ts';
import { architectureOf, denseLinear, familyOf, familyOfModules, nodeOf, operationsOf } from './index.ts';

interface Made {
  readonly config: Readonly<Record<string, unknown>>;
  readonly layers: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly operations: readonly string[];
  readonly csv: string;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)), 'utf8'));

const made = read('families.json') as Made[];
/** By what `config.json` calls them. */
const activations = read('activations.json') as Record<string, readonly string[]>;
const named = made.map(
  (one) =>
    [`${one.config['architectures']}${one.config['do_stable_layer_norm'] ? ', stable' : ''}`, one] as const,
);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'refinery-families-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(named)('%s, against what NNCF made of it', (_, { config, layers, operations, csv }) => {
  const family = familyOf(config)!;
  const root = architectureOf(family, config);
  const sorted = (list: readonly { name: string | undefined; shape: readonly number[] }[]) =>
    list.map(({ name, shape }) => `${name} ${shape}`).sort();

  test('its config.json tells all linear layers with their names and sizes', () => {
    const told = denseLinear(config).map(({ module, shape }) => ({
      name: nodeOf(family, root, module),
      shape,
    }));
    expect(sorted(told)).toEqual(sorted(layers));
    for (const { name } of layers) expect(nodeOf(family, root, moduleOfNode(name))).toBe(name);
  });

  test('the modules alone tell its family and its class', () => {
    const modules = layers.map(({ name }) => moduleOfNode(name));
    expect(familyOfModules(modules)?.modelTypes).toEqual(family.modelTypes);
    expect(architectureOf(familyOfModules(modules)!, {}, modules)).toBe(root);
  });

  test('its other operations are there under these names', () => {
    const modules = layers.map(({ name }) => moduleOfNode(name));
    const told = operationsOf(family, root, modules, config);
    expect(told.filter((name) => !operations.includes(name))).toEqual([]);
    expect(operations.filter((name) => !told.includes(name))).toEqual([]);
  });

  test('its blocks, heads and feed-forward rows are those of NNCF’s table', async () => {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    writeFileSync(join(folder, 'structured_sparsity.csv'), csv);
    const run = await readRunFolder(folder);
    const table = run.structure!;
    const { layers: blocks, others } = structureOf(run)!;
    const inBlocks = table.layers.filter(({ module }) => !others.some((one) => one.module === module));
    expect(blocks.flatMap(({ linear }) => linear)).toHaveLength(
      new Set(inBlocks.map(({ module }) => module)).size,
    );
    expect(blocks.map(({ name }) => name)).toEqual(
      root.startsWith('Swin') ? ['0.0', '1.0', '1.1'] : ['0', '1'],
    );
    expect(blocks.map(({ layer }) => layer)).toEqual(blocks.map((_, index) => index));
    for (const { path, heads, feedForward } of blocks) {
      const rows = table.layers.filter(({ module }) => module.startsWith(`${path}.`));
      // NNCF lists the groups of heads first.
      const query = rows.find(({ module }) => /q_lin|q_proj|query/.test(module))!;
      expect(heads).toEqual({
        dense: path.includes('layers.0.blocks') ? 2 : 4,
        kept: query.kept!.length,
        ids: query.kept,
      });
      const wide = rows.filter(({ module }) => /lin1|fc1|intermediate/.test(module));
      expect(wide).toHaveLength(root.startsWith('Mobile') ? 4 : 1);
      const sum = (shape: 'weight' | 'prunedWeight') =>
        wide.reduce((total, row) => total + row[shape][0]!, 0);
      expect(feedForward).toEqual({ dense: sum('weight'), kept: sum('prunedWeight') });
    }
  });
});

test('sizes that no model has make no layers, and no wait', () => {
  for (const change of [
    { num_hidden_layers: 1e9 },
    { hidden_size: -1 },
    { hidden_size: 'x' },
    { num_hidden_layers: 0.5 },
    { depths: Array(1e5).fill(1e9) },
    { num_feedforward_networks: 1e9 },
  ]) {
    for (const { config } of made) {
      const layers = denseLinear({ ...config, ...change });
      expect(layers.length).toBeLessThan(200);
    }
  }
});

test.each(Object.entries(activations))('the operations of %s are those of NNCF', (name, operations) => {
  const [{ layers, config } = made[0]!] = made;
  const modules = layers.map((layer) => moduleOfNode(layer.name));
  const told = operationsOf(familyOf(config)!, 'BertForSequenceClassification', modules, {
    ...config,
    hidden_act: name,
  });
  const first = /BertLayer\[0\]\/BertIntermediate\[intermediate\]\/(.*)/;
  expect(told.flatMap((one) => first.exec(one)?.[1] ?? [])).toEqual(operations);
});

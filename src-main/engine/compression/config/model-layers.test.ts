import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { haveShared, inRuns, readText, whyNot } from '../fixtures/shared.ts';
import { configPresets, layersOfConfig, lookAtConfig, readModelLayers, suggestScopes } from '../index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-layers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tiny = {
  model_type: 'bert',
  architectures: ['BertForQuestionAnswering'],
  hidden_size: 64,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  intermediate_size: 128,
};

test('layers of a BERT that config.json describes', async () => {
  const path = join(folder, 'config.json');
  await writeFile(path, JSON.stringify(tiny));
  const { layers, modelType } = await readModelLayers(path);
  expect(modelType).toBe('bert');
  expect(layers).toHaveLength(13);
  expect(layers.at(-1)).toEqual({
    name: 'BertForQuestionAnswering/NNCFLinear[qa_outputs]/linear_0',
    shape: [2, 64],
  });
});

test('a file that names no layers says what would', async () => {
  const path = join(folder, 'other.json');
  await writeFile(path, JSON.stringify({ model_type: 'gpt2' }));
  await expect(readModelLayers(path)).rejects.toMatchObject({
    code: 'INPUT_UNSUPPORTED',
    hint: expect.stringMatching(/structured_sparsity\.csv/),
  });
  await expect(readModelLayers(join(folder, 'none'))).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
});

test('suggested scopes each match some layers, no two the same', () => {
  const { layers } = layersOfConfig(tiny);
  const names = layers.map(({ name }) => name);
  const suggested = suggestScopes(names);
  const patterns = suggested.map(({ pattern }) => pattern);
  expect(patterns).toContain('{re}.*BertAttention.*');
  expect(patterns).toContain('{re}.*BertLayer\\[1\\]/BertAttention.*');
  expect(new Set(suggested.map((match) => match.layers.join(' '))).size).toBe(suggested.length);
  for (const match of suggested) {
    expect(match.layers.length).toBeGreaterThan(0);
    expect(match.layers.length).toBeLessThan(names.length);
  }
});

describe('presets', () => {
  test.each(configPresets)(
    '$id has nothing wrong, and its scopes cut all blocks',
    ({ config, model, epochs }) => {
      const layers = layersOfConfig(model);
      const look = lookAtConfig(JSON.stringify(config), { epochs: epochs ?? 6, model: layers });
      expect(look.findings).toEqual([]);
      expect(look.fault).toBeUndefined();
      expect(look.layers.filter(({ mode }) => mode === 'block')).toHaveLength(48);
      expect(look.layers.filter(({ mode }) => mode === 'per_dim')).toHaveLength(24);
      expect(look.layers.filter(({ mode, fits }) => mode === 'unstructured' || !fits)).toEqual([]);
      expect(look.schedule?.points.length).toBeGreaterThan(100);
    },
  );
});

test('what is no JSON tells its line, and every finding what to change', () => {
  expect(lookAtConfig('[\n  {"algorithm": }\n]', { epochs: 3 }).fault).toMatchObject({ place: { line: 2 } });
  const broken = { algorithm: 'movement_sparsity', params: { warmup_start_epoch: 2, warmup_end_epoch: 1 } };
  const { findings } = lookAtConfig(JSON.stringify(broken), { epochs: 3 });
  expect(findings.map(({ rule }) => rule)).toEqual(['required', 'end-before-start']);
  for (const { change } of findings) expect(change).not.toBe('');
});

describe.skipIf(!haveShared)(`a real model${whyNot}`, () => {
  test('operations that follow from config.json are NNCF’s own, and its graph in a folder tells all of them', async () => {
    const graph = [...readText('jpqd/output/original_graph.dot').matchAll(/^"\d+ (Bert[^"]+)"/gm)].map(
      ([, name]) => name!,
    );
    const { operations } = await readModelLayers(inRuns('jpqd/output/config.json'));
    expect(operations.filter((name) => !graph.includes(name))).toEqual([]);
    const all = await readModelLayers(inRuns('jpqd/output'));
    expect([...all.operations].sort()).toEqual([...new Set(graph)].sort());
  });

  test('scopes of quantization match operations, and the log tells them as left in float', async () => {
    const [preset] = configPresets;
    const model = await readModelLayers(inRuns('jpqd/output/config.json'));
    const look = lookAtConfig(JSON.stringify(preset!.config), { epochs: 6, model });
    const ignored = look.scopes.filter(({ path }) => path.includes('[0].ignored_scopes'));
    expect(ignored.map(({ pattern, layers }) => [pattern, layers.length])).toEqual([
      ['{re}.*NNCFEmbedding.*', 3],
      ['{re}.*LayerNorm.*', 9],
      ['{re}.*pooler.*', 1],
      ['{re}.*classifier.*', 1],
    ]);
    const scopes = look.scopes.filter(({ path }) => path.includes('[1].ignored_scopes'));
    expect(scopes.map(({ pattern, layers }) => [pattern, layers.length])).toEqual([
      ['{re}.*__add___[0-1]', 13],
      ['{re}.*layer_norm_0', 9],
    ]);
    expect(look.findings).toEqual([]);
    const wrong = JSON.stringify({
      compression: { algorithm: 'quantization', weights: { ignored_scopes: ['{re}('] } },
    });
    expect(lookAtConfig(wrong, { epochs: 6, model }).findings).toMatchObject([
      { rule: 'scope-expression', path: '$.compression.weights.ignored_scopes[0]' },
    ]);
  });

  const nodes = (): string[] =>
    [...readText('jpqd/output/original_graph.dot').matchAll(/Bert\S*NNCFLinear\S*?linear_0/g)].map(
      ([name]) => name,
    );

  test.each(['jpqd/output', 'jpqd/output/config.json', 'dense_fp32_ir/openvino_model.xml'])(
    'the names that %s tells are those of NNCF’s own graph',
    async (path) => {
      const { layers } = await readModelLayers(inRuns(path));
      expect(layers.map(({ name }) => name).sort()).toEqual([...new Set(nodes())].sort());
    },
  );

  test.each(['jpqd/output/structured_sparsity.csv', 'jpqd/output/nncf_output.log'])(
    '%s tells those that were pruned, with their shapes',
    async (path) => {
      const { layers } = await readModelLayers(inRuns(path));
      const whole = new Map(
        (await readModelLayers(inRuns('jpqd/output/config.json'))).layers.map((one) => [one.name, one.shape]),
      );
      expect(layers).toHaveLength(20);
      for (const { name, shape } of layers) expect(shape).toEqual(whole.get(name));
    },
  );
});

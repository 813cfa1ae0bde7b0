import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import {
  architectureOf,
  denseLinear,
  type Family,
  familyOf,
  familyOfModules,
  knownModelTypes,
  nodeOf,
  operationsOf,
} from '../families/index.ts';
import { type IrSummary, parseIrSummary } from '../ingest/ir.ts';
import { NncfLogReader } from '../ingest/nncf-log.ts';
import { OnnxReader } from '../ingest/onnx.ts';
import { asText, type JsonObject, parseJsonObject, present } from '../ingest/python-json.ts';
import { parseStructuredSparsity } from '../ingest/structured-sparsity.ts';
import { layersOf, moduleOfNode } from '../layer-names.ts';
import { readRunFolder } from '../run-folder.ts';
import type { Run } from '../types.ts';
import type { ConfigContext } from './findings.ts';

type Layer = NonNullable<ConfigContext['layers']>[number];

/** What is known of a model before it is trained: for scopes, block sizes and the schedule. */
export interface ModelLayers {
  /** NNCF's names of linear layers, with their weights' [outputs, inputs]. */
  readonly layers: readonly Layer[];
  /** NNCF's names of operations that are known, linear layers among them: what scopes of quantization name. */
  readonly operations: readonly string[];
  readonly modelType?: string;
  readonly epochs?: number;
  readonly stepsPerEpoch?: number;
  /** What NNCF chose for the threshold's beginning in an earlier training. */
  readonly initialThreshold?: number;
  /** Where the names are from, for a person. */
  readonly note: string;
}

const nothing: ModelLayers = { layers: [], operations: [], note: '' };

/**
 * Reads names and shapes of a model's linear layers from whatever a person has of it: the folder of an earlier training,
 * `structured_sparsity.csv`, NNCF's log, `config.json`, an IR, or a model in ONNX.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND`, or `INPUT_UNSUPPORTED` for a file that names no layers.
 */
export async function readModelLayers(path: string): Promise<ModelLayers> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new RefineryError('INPUT_NOT_FOUND', 'It isn’t there any more.', { details: path });
  const model = found.isDirectory() ? await ofFolder(path) : await ofFile(path, found.size);
  if (model.layers.length > 0) return model;
  throw new RefineryError('INPUT_UNSUPPORTED', `${basename(path)} tells no names of layers.`, {
    hint: `Take the folder of an earlier training, its structured_sparsity.csv or nncf_output.log, or config.json, an IR or ONNX of a model of these types: ${knownModelTypes.join(', ')}.`,
  });
}

async function ofFolder(folder: string): Promise<ModelLayers> {
  return ofRun(await readRunFolder(folder), await readGraph(join(folder, 'original_graph.dot')));
}

/** Names in the graph that NNCF writes into a log folder: all operations of the model before it is compressed. */
async function readGraph(path: string): Promise<string[]> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size > largestWhole) return [];
  const text = await readFile(path, 'utf8');
  return [...text.matchAll(/^"\d+ ([^"]+)";?$/gm)].flatMap(([, name = '']) =>
    name.startsWith('/nncf_model_') ? [] : [name],
  );
}

function ofRun(run: Run, graph: readonly string[]): ModelLayers {
  const told = layersOf(run);
  const config = run.model?.source ?? {};
  const known = new Set(told.map(({ name }) => name));
  // The training's own files tell only the layers that it pruned; those of known families are known without it.
  const all = layersOfConfig(config, told[0]?.name.split('/')[0]).layers.filter(
    ({ name }) => !known.has(name),
  );
  const more = {
    ...present({
      modelType: run.model?.modelType,
      epochs: run.training.epochs,
      stepsPerEpoch: run.config?.movement?.stepsPerEpoch ?? run.training.stepsPerEpoch,
      initialThreshold: run.nncf?.initialThreshold,
    }),
    note:
      told.length === 0
        ? 'Names of NNCF as they follow from config.json.'
        : all.length > 0
          ? 'Names that NNCF used in this training, and of layers that it left alone as they follow from config.json.'
          : 'Names that NNCF used in this training; layers that it left alone are not told.',
  };
  return modelOf([...told, ...all], more, { config, told: [...(run.nncf?.notQuantized ?? []), ...graph] });
}

const used = 'Names that NNCF used; layers that it left alone are not told.';

/** A model by its layers, with the operations that follow from them, and those that a file told. */
function modelOf(
  layers: readonly Layer[],
  more: Omit<ModelLayers, 'layers' | 'operations'>,
  { told = [], config = {} }: { readonly told?: readonly string[]; readonly config?: JsonObject } = {},
): ModelLayers {
  const names = layers.map(({ name }) => name);
  const modules = names.map(moduleOfNode);
  const family = familyOf(config) ?? familyOfModules(modules);
  const root = names[0]?.split('/')[0] ?? '';
  const others = family && names.length > 0 ? operationsOf(family, root, modules, config) : [];
  return { layers, operations: [...new Set([...names, ...told, ...others])], ...more };
}

/** Bytes of a file that is read as one. */
const largestWhole = 256 << 20;

async function ofFile(path: string, size: number): Promise<ModelLayers> {
  if (/\.onnx$/i.test(path)) return ofModel((await OnnxReader.read(path)).value);
  const whole = /\.(xml|json|csv)$/i.exec(path)?.[1]?.toLowerCase();
  if (whole === undefined || size > largestWhole) return ofLog(path);
  const text = await readFile(path, 'utf8');
  if (whole === 'xml') return ofModel(parseIrSummary(text).value);
  if (whole === 'json') {
    const { value } = parseJsonObject(text);
    return value ? layersOfConfig(value) : nothing;
  }
  const { value } = parseStructuredSparsity(text);
  const layers = (value?.layers ?? []).map(({ node, weight }) => ({ name: node, shape: weight }));
  return modelOf(layers, { note: used });
}

async function ofLog(path: string): Promise<ModelLayers> {
  const reader = new NncfLogReader();
  for await (const chunk of createReadStream(path)) reader.push(chunk as Uint8Array);
  const layers = (reader.value?.epochs ?? []).flatMap((epoch) => epoch.layers);
  const named = new Map(
    layers.filter(({ name }) => !name.endsWith('/bias')).map(({ name, shape }) => [name, shape]),
  );
  const told = [...named].map(([name, shape]) => ({ name, shape }));
  const more = { ...present({ initialThreshold: reader.value?.initialThreshold }), note: used };
  return modelOf(told, more, { told: reader.value?.notQuantized ?? [] });
}

/**
 * Layers of the model that a `config.json` describes.
 *
 * @param root the class of the whole model, where it is known better.
 */
export function layersOfConfig(config: JsonObject, root?: string): ModelLayers {
  const family = familyOf(config);
  const layers = family
    ? named(family, root ?? architectureOf(family, config), denseLinear(config, root))
    : [];
  return modelOf(
    layers,
    {
      ...present({ modelType: asText(config['model_type']) }),
      note: 'Names of NNCF as they follow from config.json.',
    },
    { config },
  );
}

/** A model names modules, not NNCF's layers; in known families one follows from the other. */
function ofModel({ linear }: Pick<IrSummary, 'linear'> = { linear: [] }): ModelLayers {
  const modules = linear.map(({ module }) => module);
  const family = familyOfModules(modules);
  if (!family) return nothing;
  const shaped = linear.map(({ module, outputs, inputs }) => ({ module, shape: [outputs, inputs] }));
  return modelOf(named(family, architectureOf(family, {}, modules), shaped), {
    ...present({ modelType: family.modelTypes[0] }),
    note: 'Names of NNCF as they follow from the modules of this model, with the sizes that it has now.',
  });
}

const named = (
  family: Family,
  root: string,
  linear: readonly { readonly module: string; readonly shape: readonly number[] }[],
): Layer[] =>
  linear.flatMap(({ module, shape }) => {
    const name = nodeOf(family, root, module);
    return name === undefined ? [] : [{ name, shape }];
  });

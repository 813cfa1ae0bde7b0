import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { type IrSummary, parseIrSummary } from '../ingest/ir.ts';
import { modelConfigOf } from '../ingest/model-config.ts';
import { NncfLogReader } from '../ingest/nncf-log.ts';
import { OnnxReader } from '../ingest/onnx.ts';
import { isObject, type JsonObject, parseJsonObject, present } from '../ingest/python-json.ts';
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
    hint: 'Take the folder of an earlier training, its structured_sparsity.csv or nncf_output.log, or config.json, an IR or ONNX of a BERT model.',
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
  const named = new Map(told.map(({ name, shape }) => [name, shape]));
  // The training's own files tell only the layers that it pruned; those of BERT are known without it.
  const root = told[0]?.name.split('/')[0];
  const all = bertLayers(run.model, root).filter(({ name }) => !named.has(name));
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
  return modelOf([...told, ...all], more, [...(run.nncf?.notQuantized ?? []), ...graph]);
}

const used = 'Names that NNCF used; layers that it left alone are not told.';

/** A model by its layers, with the operations that follow from them, and those that a file told. */
const modelOf = (
  layers: readonly Layer[],
  more: Omit<ModelLayers, 'layers' | 'operations'>,
  told?: readonly string[],
): ModelLayers => ({ layers, operations: operationsOf(layers, told), ...more });

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
  return modelOf(told, more, reader.value?.notQuantized);
}

/** Layers of the model that a `config.json` describes. Only BERT's names are known without NNCF. */
export function layersOfConfig(config: JsonObject): ModelLayers {
  const model = modelConfigOf(config);
  const { architectures, id2label: labels } = config;
  const named = Array.isArray(architectures)
    ? architectures.find((name) => typeof name === 'string')
    : undefined;
  const layers = bertLayers(model, named, isObject(labels) ? Object.keys(labels).length : undefined);
  return modelOf(layers, {
    ...present({ modelType: model.modelType }),
    note: 'Names of NNCF as they follow from config.json.',
  });
}

/** A model names modules, not NNCF's layers; for BERT one follows from the other. */
function ofModel({ linear }: Pick<IrSummary, 'linear'> = { linear: [] }): ModelLayers {
  const blocks = linear.filter(({ module }) => /^bert\.encoder\.layer\.\d+\./.test(module));
  const attention = blocks.find(({ module }) => module.endsWith('.attention.self.query'));
  const wide = blocks.find(({ module }) => module.endsWith('.intermediate.dense'));
  const count = 1 + Math.max(-1, ...blocks.map(({ module }) => Number(module.split('.')[3])));
  const answers = linear.some(({ module }) => module === 'qa_outputs');
  const all = bertLayers(
    present({
      modelType: 'bert',
      hiddenSize: attention?.inputs,
      feedForwardSize: wide?.outputs,
      layers: count,
    }),
    answers ? 'BertForQuestionAnswering' : undefined,
  );
  const shapes = new Map(linear.map(({ module, outputs, inputs }) => [module, [outputs, inputs]]));
  const layers = all.flatMap(({ name }) => {
    const shape = shapes.get(moduleOfNode(name));
    return shape ? [{ name, shape }] : [];
  });
  return modelOf(layers, {
    modelType: 'bert',
    note: 'Names of NNCF as they follow from the modules of this model, with the sizes that it has now.',
  });
}

/** Operations of BERT that compute, beside linear layers, as NNCF 2.8.1 names them below the names of its parts. */
const blockOperations = [
  'BertAttention[attention]/BertSelfAttention[self]/matmul_0',
  'BertAttention[attention]/BertSelfAttention[self]/__truediv___0',
  'BertAttention[attention]/BertSelfAttention[self]/__add___0',
  'BertAttention[attention]/BertSelfAttention[self]/softmax_0',
  'BertAttention[attention]/BertSelfAttention[self]/matmul_1',
  'BertAttention[attention]/BertSelfOutput[output]/__add___0',
  'BertAttention[attention]/BertSelfOutput[output]/NNCFLayerNorm[LayerNorm]/layer_norm_0',
  'BertIntermediate[intermediate]/GELUActivation[intermediate_act_fn]/gelu_0',
  'BertOutput[output]/__add___0',
  'BertOutput[output]/NNCFLayerNorm[LayerNorm]/layer_norm_0',
];
const embeddingOperations = [
  'NNCFEmbedding[word_embeddings]/embedding_0',
  'NNCFEmbedding[token_type_embeddings]/embedding_0',
  'NNCFEmbedding[position_embeddings]/embedding_0',
  '__add___0',
  '__iadd___0',
  'NNCFLayerNorm[LayerNorm]/layer_norm_0',
];

/** The layers, operations that a log tells of, and those of BERT, which are known without one. */
function operationsOf(layers: readonly Layer[], told: readonly string[] = []): string[] {
  const names = layers.map(({ name }) => name);
  const blocks = new Set(names.flatMap((name) => /^.*\/BertLayer\[\d+\]/.exec(name)?.[0] ?? []));
  const root = /^(.*\/BertModel\[bert\])\/BertEncoder/.exec([...blocks][0] ?? '')?.[1];
  return [
    ...new Set([
      ...names,
      ...told,
      ...(root ? embeddingOperations.map((name) => `${root}/BertEmbeddings[embeddings]/${name}`) : []),
      ...[...blocks].flatMap((block) => blockOperations.map((name) => `${block}/${name}`)),
    ]),
  ];
}

/** The last layer by the class of the model; NNCF begins every name with that class. */
const heads: Readonly<Record<string, string>> = {
  BertForSequenceClassification: 'classifier',
  BertForTokenClassification: 'classifier',
  BertForQuestionAnswering: 'qa_outputs',
};

function bertLayers(model: Run['model'], root = 'BertForSequenceClassification', labels = 2): Layer[] {
  const { modelType, hiddenSize, feedForwardSize, layers } = model ?? {};
  if (modelType !== 'bert' || !hiddenSize || !feedForwardSize || !layers) return [];
  const square = [hiddenSize, hiddenSize];
  const block = (index: number): Layer[] => {
    const at = `${root}/BertModel[bert]/BertEncoder[encoder]/ModuleList[layer]/BertLayer[${index}]`;
    const attention = `${at}/BertAttention[attention]`;
    return [
      ...['query', 'key', 'value'].map((name) => ({
        name: `${attention}/BertSelfAttention[self]/NNCFLinear[${name}]/linear_0`,
        shape: square,
      })),
      { name: `${attention}/BertSelfOutput[output]/NNCFLinear[dense]/linear_0`, shape: square },
      {
        name: `${at}/BertIntermediate[intermediate]/NNCFLinear[dense]/linear_0`,
        shape: [feedForwardSize, hiddenSize],
      },
      { name: `${at}/BertOutput[output]/NNCFLinear[dense]/linear_0`, shape: [hiddenSize, feedForwardSize] },
    ];
  };
  const head = heads[root];
  return [
    ...Array.from({ length: layers }, (_, index) => block(index)).flat(),
    // Question answering has no pooler.
    ...(head === 'classifier' && root !== 'BertForTokenClassification'
      ? [{ name: `${root}/BertModel[bert]/BertPooler[pooler]/NNCFLinear[dense]/linear_0`, shape: square }]
      : []),
    ...(head ? [{ name: `${root}/NNCFLinear[${head}]/linear_0`, shape: [labels, hiddenSize] }] : []),
  ];
}

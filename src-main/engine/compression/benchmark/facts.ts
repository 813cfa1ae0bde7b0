import { readFile, stat } from 'node:fs/promises';
import { RefineryError } from '../../../contract/errors.ts';
import { quantizationOf } from '../derive/quantization.ts';
import { type IrSummary, parseIrSummary } from '../ingest/ir.ts';
import { OnnxReader } from '../ingest/onnx.ts';

/** What a model's files say, without running it. */
export interface ModelFacts {
  readonly model: string;
  /** Of all files of the model. */
  readonly bytes: number;
  /** Of the .xml and the .bin; missing for a model of one file. */
  readonly xmlBytes?: number;
  readonly binBytes?: number;
  /** Numbers that the model has learned: constants without indices and without scales and ranges of quantization. */
  readonly parameters?: number;
  /** Weights of linear layers. */
  readonly linearParameters?: number;
  /** Part of the weights of linear layers and embeddings in 8 bits or fewer, 0 to 1. */
  readonly int8Share?: number;
}

/**
 * @param model path of an IR's .xml, of a model in ONNX, or of another in one file, of which only the size is told.
 * @throws {RefineryError} `INPUT_NOT_FOUND`, `MODEL_NOT_INSTALLED` for an IR without its .bin, `MODEL_CORRUPT`.
 */
export async function modelFacts(model: string): Promise<ModelFacts> {
  const size = async (path: string): Promise<number> => {
    const found = await stat(path).catch(() => undefined);
    if (found) return found.size;
    throw path === model
      ? new RefineryError('INPUT_NOT_FOUND', 'The model isn’t there.', { details: path })
      : new RefineryError('MODEL_NOT_INSTALLED', 'The model’s weights aren’t there.', {
          hint: 'An IR has two files, .xml and .bin, in the same folder.',
          details: path,
        });
  };
  if (isOnnx(model)) {
    const bytes = await size(model);
    const { value } = await OnnxReader.read(model);
    return { model, bytes: value?.binBytes ?? bytes, ...(value ? factsOf(value) : {}) };
  }
  if (!isIr(model)) return { model, bytes: await size(model) };
  const xmlBytes = await size(model);
  const binBytes = await size(model.replace(/\.xml$/i, '.bin'));
  const { value, problems } = parseIrSummary(await readFile(model, 'utf8'));
  if (!value) throw new RefineryError('MODEL_CORRUPT', problems[0]?.message ?? 'The IR can’t be read.');
  return { model, bytes: xmlBytes + binBytes, xmlBytes, binBytes, ...factsOf(value) };
}

function factsOf(value: IrSummary): Pick<ModelFacts, 'parameters' | 'linearParameters' | 'int8Share'> {
  const int8Share = quantizationOf(value)?.parameterShare;
  return {
    parameters: value.learned,
    linearParameters: value.linear.reduce((sum, { parameters }) => sum + parameters, 0),
    ...(int8Share === undefined ? {} : { int8Share }),
  };
}

const isOnnx = (path: string): boolean => /\.onnx$/i.test(path);
const isIr = (path: string): boolean => /\.xml$/i.test(path);

/** What an IR's .xml says; undefined for other models and for a damaged one, which OpenVINO tells of. */
export async function readIr(path: string): Promise<IrSummary | undefined> {
  if (!isIr(path)) return undefined;
  const text = await readFile(path, 'utf8').catch(() => '');
  return parseIrSummary(text).value;
}

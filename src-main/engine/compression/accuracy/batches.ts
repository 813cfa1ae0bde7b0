import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../../contract/errors.ts';
import type { Model, Tensor } from '../benchmark/model.ts';
import type { Example } from './examples.ts';
import type { Encoded, TextTokenizer } from './tokenizer.ts';

/** What a model of texts wants for each of its inputs. */
const contents = ['input_ids', 'attention_mask', 'token_type_ids'] as const;
type Content = (typeof contents)[number];

export interface InputPlan {
  /** By index of the model's inputs. */
  readonly inputs: readonly Content[];
  /** Rows of a batch, and whether the model takes only that. */
  readonly rows: number;
  readonly fixedRows: boolean;
  /** Tokens, where the model takes only that many. */
  readonly length?: number;
}

/** Enough to keep a processor busy without holding long texts of all the set. */
const usualRows = 32;

/** @throws {RefineryError} `INPUT_UNSUPPORTED` for inputs that are not those of a model of texts. */
export function planInputs(model: Model): InputPlan {
  const inputs = model.inputs.map((input) => {
    const name = input.getAnyName();
    const content = contents.find((known) => name === known || name.startsWith(`${known}.`));
    if (content) return content;
    throw new RefineryError(
      'INPUT_UNSUPPORTED',
      `The model has an input ${name}, which a text doesn’t fill.`,
      {
        hint: `Known are ${contents.join(', ')}.`,
      },
    );
  });
  const [rows = -1, length = -1] = model.inputs[0]?.getPartialShape().getDimensions() ?? [];
  const fixedRows = typeof rows === 'number' && rows > 0;
  return {
    inputs,
    rows: fixedRows ? rows : usualRows,
    fixedRows,
    ...(typeof length === 'number' && length > 0 ? { length } : {}),
  };
}

/** Some examples as one inference takes them. */
export interface Batch {
  /** Places of the examples in the set. */
  readonly examples: readonly number[];
  readonly encoded: readonly Encoded[];
  readonly length: number;
  readonly padId: number;
}

/** Batches of texts of like length, each padded to its longest. */
export function batchesOf(
  examples: readonly Example[],
  tokenizer: TextTokenizer,
  plan: InputPlan,
  maxLength: number,
): { readonly batches: readonly Batch[]; readonly cut: number } {
  let cut = 0;
  const encoded = examples.map(({ text, pair }) => {
    const whole = tokenizer.encode(text, pair, Number.POSITIVE_INFINITY);
    if (whole.ids.length <= maxLength) return whole;
    cut++;
    return tokenizer.encode(text, pair, maxLength);
  });
  const order = [...encoded.keys()].sort(
    (one, other) => encoded[one]!.ids.length - encoded[other]!.ids.length,
  );
  const batches: Batch[] = [];
  for (let at = 0; at < order.length; at += plan.rows) {
    const chosen = order.slice(at, at + plan.rows);
    const texts = chosen.map((index) => encoded[index]!);
    const longest = Math.max(1, ...texts.map(({ ids }) => ids.length));
    batches.push({
      examples: chosen,
      encoded: texts,
      length: plan.length ?? longest,
      padId: tokenizer.padId,
    });
  }
  return { batches, cut };
}

/**
 * The inputs of one inference, [rows, length] each.
 *
 * @param types of the model's inputs: i32, or else i64.
 */
export function tensorsOf(
  openvino: NodeAddon,
  batch: Batch,
  plan: InputPlan,
  types: readonly string[],
): Tensor[] {
  const rows = plan.fixedRows ? plan.rows : batch.encoded.length;
  return plan.inputs.map((content, input) => {
    const values = new Int32Array(rows * batch.length);
    if (content === 'input_ids') values.fill(batch.padId);
    batch.encoded.forEach(({ ids, typeIds }, row) => {
      ids.forEach((id, column) => {
        const value =
          content === 'input_ids' ? id : content === 'attention_mask' ? 1 : (typeIds[column] ?? 0);
        values[row * batch.length + column] = value;
      });
    });
    const shape = [rows, batch.length];
    if (types[input] === 'i32') return new openvino.Tensor('i32', shape, values);
    return new openvino.Tensor('i64', shape, BigInt64Array.from(values, BigInt));
  });
}

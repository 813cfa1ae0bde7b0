import { RefineryError } from '../../../contract/errors.ts';
import type { IrSummary } from '../ingest/ir.ts';
import type { Model } from './model.ts';

/** Length of a sequence where a model leaves it open, as in the article about JPQD. */
const usualSequence = 128;

/** Fixed shapes: for inputs by name, or one for every input under the empty name. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/**
 * Reads shapes as benchmark_app takes them: `input_ids[1,128],attention_mask[1,128]`, or `[1,128]` for all inputs.
 *
 * @throws {RefineryError} `BAD_REQUEST`.
 */
export function parseShapes(text: string): Shapes {
  const parts = [...text.matchAll(/([^[\],]*)\[([^\]]*)\]\s*,?/g)];
  const shapes = parts.map(([, name = '', sizes = '']) => [name.trim(), sizes.split(',').map(size)] as const);
  const read = parts.map(([part]) => part).join('');
  if (
    shapes.length === 0 ||
    read.length !== text.length ||
    shapes.some(([, sizes]) => sizes.some(Number.isNaN))
  ) {
    throw new RefineryError('BAD_REQUEST', `${text} isn’t a list of shapes.`, {
      hint: 'Write name[1,128],other[1,128], or [1,128] for all inputs.',
    });
  }
  return Object.fromEntries(shapes);
}

const size = (text: string): number => (/^\s*[1-9]\d{0,8}\s*$/.test(text) ? Number(text) : Number.NaN);

export interface FixedShapes {
  /** By index of the input. */
  readonly shapes: ReadonlyMap<number, readonly number[]>;
  readonly notes: readonly string[];
}

/**
 * The shape that each input is measured with: the wanted one, else the model's own with 1 for an open batch and 128
 * for any other open dimension, or as many positions as the model knows if these are fewer.
 *
 * @throws {RefineryError} `BAD_REQUEST` when a wanted shape doesn't go with the model.
 */
export function fixShapes(model: Model, wanted: Shapes, ir: IrSummary | undefined): FixedShapes {
  const names = model.inputs.map((input) => input.getAnyName());
  const unknown = Object.keys(wanted).filter((name) => name !== '' && !names.includes(name));
  if (unknown.length > 0) {
    throw new RefineryError('BAD_REQUEST', `The model has no input ${unknown.join(', ')}.`, {
      hint: `Its inputs are ${names.join(', ')}.`,
    });
  }
  const positions = positionsOf(ir);
  const sequence = Math.min(usualSequence, positions ?? usualSequence);
  let shortened = false;
  const shapes = model.inputs.map((input, index): [number, readonly number[]] => {
    const chosen = wanted[names[index]!] ?? wanted[''];
    if (chosen) return [index, chosen];
    const dimensions = input.getPartialShape().getDimensions();
    return [
      index,
      dimensions.map((dimension, axis) => {
        if (typeof dimension === 'number' && dimension >= 0) return dimension;
        if (axis === 0) return 1;
        shortened ||= sequence < usualSequence;
        const [least, most] = typeof dimension === 'number' ? [0, -1] : dimension;
        return Math.max(least, most < 0 ? sequence : Math.min(most, sequence));
      }),
    ];
  });
  const notes = shortened
    ? [`The model knows ${positions} positions, so sequences are ${sequence} long and not ${usualSequence}.`]
    : [];
  return { shapes: new Map(shapes), notes };
}

/** Rows of the table of positions: the longest sequence that the model takes. */
export function positionsOf(ir: IrSummary | undefined): number | undefined {
  return ir?.embeddings.find(({ name }) => /position/i.test(name))?.rows;
}

/** @throws {RefineryError} `BAD_REQUEST` when the model can't have these shapes. */
export function reshape(model: Model, shapes: FixedShapes['shapes']): void {
  try {
    model.reshape(new Map([...shapes].map(([index, sizes]) => [index, `[${sizes.join(',')}]`])));
  } catch (cause) {
    const list = [...shapes.values()].map((sizes) => `[${sizes.join(',')}]`).join(', ');
    throw new RefineryError('BAD_REQUEST', `The model can’t have inputs of ${list}.`, {
      hint: 'Choose other shapes; a model of language has a longest sequence.',
      cause,
    });
  }
}

import { type IrSummary, isLowPrecision, isNumber } from '../ingest/ir.ts';

export interface Coverage {
  /** `linear`: products with a constant. `embedding`: lookups in a table. `product`: of two activations. */
  readonly class: 'linear' | 'embedding' | 'product';
  readonly operations: number;
  /** With weights of 8 bits or fewer; for products, with both inputs quantized. */
  readonly quantized: number;
  readonly parameters: number;
  readonly quantizedParameters: number;
}

export interface Quantization {
  readonly classes: readonly Coverage[];
  /** Among weights of linear layers and embeddings, 0 to 1. */
  readonly parameterShare: number;
  /** Among all constants that hold numbers (biases, scales and norms too), 0 to 1. */
  readonly constantShare: number;
  readonly fakeQuantizes: number;
  /** Linear layers whose input isn't quantized, so that they compute in float. */
  readonly floatInputs: readonly string[];
  /** Linear layers and embeddings with weights in float. */
  readonly floatWeights: readonly string[];
}

/** What of an IR is quantized; undefined without layers that could be. */
export function quantizationOf(ir: IrSummary | undefined): Quantization | undefined {
  if (!ir || ir.linear.length + ir.embeddings.length === 0) return undefined;
  const products: Coverage = {
    class: 'product',
    operations: ir.products.length,
    quantized: ir.products.filter(({ inputsQuantized }) => inputsQuantized).length,
    parameters: 0,
    quantizedParameters: 0,
  };
  const classes = [coverage('linear', ir.linear), coverage('embedding', ir.embeddings), products];
  const parameters = sum(classes.map((part) => part.parameters));
  const numbers = Object.entries(ir.constants).filter(([type]) => isNumber(type));
  const low = numbers.filter(([type]) => isLowPrecision(type));
  const all = sum(numbers.map(([, count]) => count));
  return {
    classes,
    parameterShare: parameters === 0 ? 0 : sum(classes.map((part) => part.quantizedParameters)) / parameters,
    constantShare: all === 0 ? 0 : sum(low.map(([, count]) => count)) / all,
    fakeQuantizes: ir.fakeQuantizes,
    floatInputs: ir.linear.filter(({ inputQuantized }) => !inputQuantized).map(({ module }) => module),
    floatWeights: [
      ...ir.linear.filter(({ weightType }) => !isLowPrecision(weightType)).map(({ module }) => module),
      ...ir.embeddings.filter(({ weightType }) => !isLowPrecision(weightType)).map(({ name }) => name),
    ],
  };
}

interface Weighted {
  readonly parameters: number;
  readonly weightType: string;
}

function coverage(name: Coverage['class'], list: readonly Weighted[]): Coverage {
  const quantized = list.filter(({ weightType }) => isLowPrecision(weightType));
  const count = (part: readonly Weighted[]): number => sum(part.map(({ parameters }) => parameters));
  return {
    class: name,
    operations: list.length,
    quantized: quantized.length,
    parameters: count(list),
    quantizedParameters: count(quantized),
  };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

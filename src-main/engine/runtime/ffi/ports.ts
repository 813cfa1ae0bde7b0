import koffi from 'koffi';
import { elementTypeByCode } from './element-type.ts';
import type { Library } from './library.ts';
import { Native } from './native.ts';
import { PartialShape } from './partial-shape.ts';
import { readShape } from './tensor.ts';

interface DimensionStruct {
  readonly min: number | bigint;
  readonly max: number | bigint;
}

interface PartialShapeStruct {
  rank: DimensionStruct;
  dims: bigint | null;
}

/** An input or output of a model: its name, type and shape. */
export class Output extends Native {
  constructor(library?: Library, pointer?: bigint) {
    super(library, 'portFree', pointer);
  }

  get anyName(): string {
    return this.getAnyName();
  }

  get shape(): number[] {
    return this.getShape();
  }

  getAnyName(): string {
    return this.library.text('portAnyName', this.pointer);
  }

  /** @throws {Error} when the shape is not static. */
  getShape(): number[] {
    return readShape(this.library, 'portShape', this.pointer);
  }

  getPartialShape(): PartialShape {
    const struct: PartialShapeStruct = { rank: { min: 0, max: 0 }, dims: null };
    this.library.run('portPartialShape', this.pointer, struct);
    const rank = Number(struct.rank.max);
    const isRanked = Number(struct.rank.min) === rank;
    const dims =
      isRanked && rank > 0 ? (koffi.decode(struct.dims, 'ov_dimension_t', rank) as DimensionStruct[]) : [];
    const ranges = dims.map(({ min, max }) => ({ min: Number(min), max: Number(max) }));
    this.library.value('partialShapeFree', struct);
    return PartialShape.fromRanges(isRanked ? ranges : null);
  }

  /** Not in openvino-node 2026.4: the type of the values, such as `f32`. */
  getElementType(): string {
    return elementTypeByCode(this.elementTypeCode).name;
  }

  /** @internal */
  get elementTypeCode(): number {
    return this.library.number('portElementType', this.pointer);
  }

  override toString(): string {
    return this.getAnyName();
  }
}

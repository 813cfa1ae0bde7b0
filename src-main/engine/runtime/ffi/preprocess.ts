import { elementTypeOf } from './element-type.ts';
import type { FunctionName, Library } from './library.ts';
import { Model, portIndex } from './model.ts';
import { Native } from './native.ts';
import { NotSupportedByRuntime } from './not-supported.ts';
import { checkShape, Tensor } from './tensor.ts';

/** openvino-node's `resizeAlgorithm`. */
export const resizeAlgorithm = {
  RESIZE_NEAREST: 'RESIZE_NEAREST',
  RESIZE_CUBIC: 'RESIZE_CUBIC',
  RESIZE_LINEAR: 'RESIZE_LINEAR',
} as const;

/** Values of `ov_preprocess_resize_algorithm_e`. */
const resizeCodes: Readonly<Record<string, number>> = {
  RESIZE_LINEAR: 0,
  RESIZE_CUBIC: 1,
  RESIZE_NEAREST: 2,
};

/** Keeps a step that was taken, for the clones of the model to take it too. */
type Remember<Target> = (step: (target: Target) => void) => void;

class Part extends Native {
  protected setLayoutWith(name: FunctionName, layout: string): this {
    if (typeof layout !== 'string') throw new TypeError('A layout is a string such as "NHWC".');
    const pointer = this.library.pointer('layoutCreate', layout);
    try {
      this.library.run(name, this.pointer, pointer);
    } finally {
      this.library.value('layoutFree', pointer);
    }
    return this;
  }
}

/** The code of the type that an input's tensor has so far. */
interface InputType {
  code: number;
}

class InputTensorInfo extends Part {
  readonly #type: InputType;
  readonly #remember: Remember<InputTensorInfo>;

  constructor(library: Library, pointer: bigint, type: InputType, remember: Remember<InputTensorInfo>) {
    super(library, 'inputTensorInfoFree', pointer);
    this.#type = type;
    this.#remember = remember;
  }

  setElementType(type: string): this {
    const { code } = elementTypeOf(type);
    this.library.run('inputTensorSetElementType', this.pointer, code);
    this.#type.code = code;
    this.#remember((again) => again.setElementType(type));
    return this;
  }

  setLayout(layout: string): this {
    this.setLayoutWith('inputTensorSetLayout', layout);
    this.#remember((again) => again.setLayout(layout));
    return this;
  }

  /** The C library takes a shape only together with a type, from a tensor that has both; it looks at no values. */
  setShape(shape: number[]): this {
    const list = [...checkShape(shape)];
    const example = Tensor.over(this.library, this.#type.code, list, new Uint8Array(8));
    try {
      this.library.run('inputTensorSetFrom', this.pointer, example.pointer);
    } finally {
      example.dispose();
    }
    this.#remember((again) => again.setShape(list));
    return this;
  }
}

class PreProcessSteps extends Part {
  readonly #remember: Remember<PreProcessSteps>;

  constructor(library: Library, pointer: bigint, remember: Remember<PreProcessSteps>) {
    super(library, 'inputStepsFree', pointer);
    this.#remember = remember;
  }

  resize(algorithm: string): this {
    const code = resizeCodes[algorithm];
    if (typeof code !== 'number') throw new TypeError(`Not supported resizeAlgorithm: ${String(algorithm)}.`);
    this.library.run('inputStepsResize', this.pointer, code);
    this.#remember((again) => again.resize(algorithm));
    return this;
  }
}

class InputModelInfo extends Part {
  readonly #remember: Remember<InputModelInfo>;

  constructor(library: Library, pointer: bigint, remember: Remember<InputModelInfo>) {
    super(library, 'inputModelInfoFree', pointer);
    this.#remember = remember;
  }

  setLayout(layout: string): this {
    this.setLayoutWith('inputModelSetLayout', layout);
    this.#remember((again) => again.setLayout(layout));
    return this;
  }
}

class InputInfo extends Native {
  readonly #type: InputType;
  readonly #remember: Remember<InputInfo>;

  constructor(library: Library, pointer: bigint, type: InputType, remember: Remember<InputInfo>) {
    super(library, 'inputInfoFree', pointer);
    this.#type = type;
    this.#remember = remember;
  }

  tensor(): InputTensorInfo {
    const pointer = this.library.pointer('inputTensorInfo', this.pointer);
    return new InputTensorInfo(this.library, pointer, this.#type, (step) =>
      this.#remember((again) => step(again.tensor())),
    );
  }

  preprocess(): PreProcessSteps {
    const pointer = this.library.pointer('inputSteps', this.pointer);
    return new PreProcessSteps(this.library, pointer, (step) =>
      this.#remember((again) => step(again.preprocess())),
    );
  }

  model(): InputModelInfo {
    const pointer = this.library.pointer('inputModelInfo', this.pointer);
    return new InputModelInfo(this.library, pointer, (step) =>
      this.#remember((again) => step(again.model())),
    );
  }
}

class OutputTensorInfo extends Part {
  readonly #remember: Remember<OutputTensorInfo>;

  constructor(library: Library, pointer: bigint, remember: Remember<OutputTensorInfo>) {
    super(library, 'outputTensorInfoFree', pointer);
    this.#remember = remember;
  }

  setElementType(type: string): this {
    this.library.run('outputTensorSetElementType', this.pointer, elementTypeOf(type).code);
    this.#remember((again) => again.setElementType(type));
    return this;
  }

  setLayout(): never {
    throw new NotSupportedByRuntime('OutputTensorInfo.setLayout');
  }
}

class OutputInfo extends Native {
  readonly #remember: Remember<OutputInfo>;

  constructor(library: Library, pointer: bigint, remember: Remember<OutputInfo>) {
    super(library, 'outputInfoFree', pointer);
    this.#remember = remember;
  }

  tensor(): OutputTensorInfo {
    const pointer = this.library.pointer('outputTensorInfo', this.pointer);
    return new OutputTensorInfo(this.library, pointer, (step) =>
      this.#remember((again) => step(again.tensor())),
    );
  }
}

/** Puts conversions before and after a model, into the model itself. */
export class PrePostProcessor extends Native {
  readonly #model: Model;
  readonly #types = new Map<number, InputType>();
  readonly #steps: Array<(processor: PrePostProcessor) => void> = [];

  constructor(model: Model) {
    if (!(model instanceof Model)) throw new TypeError('PrePostProcessor takes a Model.');
    super(model.library, 'preprocessFree', model.library.pointer('preprocessCreate', model.pointer));
    this.#model = model;
  }

  input(key?: number | string): InputInfo {
    const index = this.#model.inputIndex(key);
    const type = this.#types.get(index) ?? { code: this.#model.input(index).elementTypeCode };
    this.#types.set(index, type);
    const pointer = this.library.pointer('preprocessInput', this.pointer, index);
    return new InputInfo(this.library, pointer, type, (step) =>
      this.#steps.push((again) => step(again.input(index))),
    );
  }

  output(key?: number | string): OutputInfo {
    const pointer =
      typeof key === 'string'
        ? this.library.pointer('preprocessOutputByName', this.pointer, key)
        : this.library.pointer(
            'preprocessOutput',
            this.pointer,
            portIndex('output', this.#model.getOutputSize(), key),
          );
    return new OutputInfo(this.library, pointer, (step) =>
      this.#steps.push((again) => step(again.output(key))),
    );
  }

  /** Changes the model that this was made of. */
  build(): this {
    this.library.value('modelFree', this.library.pointer('preprocessBuild', this.pointer));
    const steps = [...this.#steps];
    this.#model.remember((copy) => {
      const again = new PrePostProcessor(copy);
      for (const step of steps) step(again);
      again.build();
    });
    return this;
  }
}

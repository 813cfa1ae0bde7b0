import { elementTypeOf, sizeOf } from './element-type.ts';
import type { FunctionName, Library } from './library.ts';
import { Model } from './model.ts';
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

class InputTensorInfo extends Part {
  readonly #modelType: string;
  #type: string | undefined;

  constructor(library: Library, pointer: bigint, modelType: string) {
    super(library, 'inputTensorInfoFree', pointer);
    this.#modelType = modelType;
  }

  setElementType(type: string): this {
    this.library.run('inputTensorSetElementType', this.pointer, elementTypeOf(type).code);
    this.#type = type;
    return this;
  }

  setLayout(layout: string): this {
    return this.setLayoutWith('inputTensorSetLayout', layout);
  }

  /** The C library takes a shape only together with a type, from a tensor that has both. */
  setShape(shape: number[]): this {
    const type = elementTypeOf(this.#type ?? this.#modelType);
    if (!type.array) throw new NotSupportedByRuntime('InputTensorInfo.setShape for strings');
    const list = checkShape(shape);
    const example = Tensor.over(this.library, type.code, list, new type.array(sizeOf(list)));
    try {
      this.library.run('inputTensorSetFrom', this.pointer, example.pointer);
    } finally {
      example.dispose();
    }
    return this;
  }
}

class PreProcessSteps extends Part {
  resize(algorithm: string): this {
    const code = resizeCodes[algorithm];
    if (code === undefined) throw new TypeError(`Not supported resizeAlgorithm: ${String(algorithm)}.`);
    this.library.run('inputStepsResize', this.pointer, code);
    return this;
  }
}

class InputModelInfo extends Part {
  setLayout(layout: string): this {
    return this.setLayoutWith('inputModelSetLayout', layout);
  }
}

class InputInfo extends Native {
  readonly #modelType: string;

  constructor(library: Library, pointer: bigint, modelType: string) {
    super(library, 'inputInfoFree', pointer);
    this.#modelType = modelType;
  }

  tensor(): InputTensorInfo {
    return new InputTensorInfo(
      this.library,
      this.library.pointer('inputTensorInfo', this.pointer),
      this.#modelType,
    );
  }

  preprocess(): PreProcessSteps {
    return new PreProcessSteps(
      this.library,
      'inputStepsFree',
      this.library.pointer('inputSteps', this.pointer),
    );
  }

  model(): InputModelInfo {
    return new InputModelInfo(
      this.library,
      'inputModelInfoFree',
      this.library.pointer('inputModelInfo', this.pointer),
    );
  }
}

class OutputTensorInfo extends Part {
  setElementType(type: string): this {
    this.library.run('outputTensorSetElementType', this.pointer, elementTypeOf(type).code);
    return this;
  }

  setLayout(): never {
    throw new NotSupportedByRuntime('OutputTensorInfo.setLayout');
  }
}

class OutputInfo extends Native {
  tensor(): OutputTensorInfo {
    return new OutputTensorInfo(
      this.library,
      'outputTensorInfoFree',
      this.library.pointer('outputTensorInfo', this.pointer),
    );
  }
}

/** Puts conversions before and after a model, into the model itself. */
export class PrePostProcessor extends Native {
  readonly #model: Model;

  constructor(model: Model) {
    if (!(model instanceof Model)) throw new TypeError('PrePostProcessor takes a Model.');
    super(model.library, 'preprocessFree', model.library.pointer('preprocessCreate', model.pointer));
    this.#model = model;
  }

  input(key: number | string = 0): InputInfo {
    const name = typeof key === 'string' ? 'preprocessInputByName' : 'preprocessInput';
    const type = this.#model.input(key).getElementType();
    return new InputInfo(this.library, this.library.pointer(name, this.pointer, key), type);
  }

  output(key: number | string = 0): OutputInfo {
    const name = typeof key === 'string' ? 'preprocessOutputByName' : 'preprocessOutput';
    return new OutputInfo(this.library, 'outputInfoFree', this.library.pointer(name, this.pointer, key));
  }

  /** Changes the model that this was made of. */
  build(): this {
    this.library.value('modelFree', this.library.pointer('preprocessBuild', this.pointer));
    return this;
  }
}

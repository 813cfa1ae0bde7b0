import koffi from 'koffi';
import type { NodeAddon } from 'openvino-node';
import { AsyncInferQueue } from './async-infer-queue.ts';
import { CompiledModel } from './compiled-model.ts';
import { Core } from './core.ts';
import { element } from './element-type.ts';
import { InferRequest } from './infer-request.ts';
import { Library } from './library.ts';
import { Model } from './model.ts';
import { NotSupportedByRuntime } from './not-supported.ts';
import { PartialShape } from './partial-shape.ts';
import { Output } from './ports.ts';
import { PrePostProcessor, resizeAlgorithm } from './preprocess.ts';
import { Tensor } from './tensor.ts';
import { makeVersion, type Version } from './version.ts';

/** openvino-node's addon over OpenVINO's C library: the same classes, the same meaning. */
export function createFfiAddon(libraryPath: string): NodeAddon {
  const library = new Library(libraryPath);

  const addon = {
    // Each takes the library that was loaded as its home.
    Core: class extends Core {
      constructor() {
        super(library);
      }
    },
    Tensor: class {
      constructor(...args: readonly unknown[]) {
        // A tensor of the library's own class, so that all tensors are of one.
        // biome-ignore lint/correctness/noConstructorReturn: openvino-node's constructor is overloaded.
        return Tensor.create(library, args);
      }

      static [Symbol.hasInstance](value: unknown): boolean {
        return value instanceof Tensor;
      }
    },
    Model,
    CompiledModel,
    InferRequest,
    Output,
    PartialShape,
    AsyncInferQueue,
    preprocess: { resizeAlgorithm, PrePostProcessor },
    saveModelSync(): never {
      throw new NotSupportedByRuntime('saveModelSync');
    },
    getOpenvinoVersion: () => readVersion(library),
    element,
    resizeAlgorithm,
  };
  return addon as unknown as NodeAddon;
}

function readVersion(library: Library): Version {
  const texts: { buildNumber: bigint | null; description: bigint | null } = {
    buildNumber: null,
    description: null,
  };
  library.run('getVersion', texts);
  const version = makeVersion(
    koffi.decode(texts.buildNumber, 'char', -1) as string,
    koffi.decode(texts.description, 'char', -1) as string,
  );
  library.value('versionFree', texts);
  return version;
}

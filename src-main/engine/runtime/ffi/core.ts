import koffi from 'koffi';
import { CompiledModel } from './compiled-model.ts';
import { elementTypeOf } from './element-type.ts';
import { type Library, notFound } from './library.ts';
import { Model } from './model.ts';
import { Native } from './native.ts';
import { NotSupportedByRuntime } from './not-supported.ts';
import { type OVAny, propertyStructs, propertyValue } from './properties.ts';
import { Tensor } from './tensor.ts';
import { makeVersion, type Version } from './version.ts';

type ReadArguments = readonly [unknown, unknown?];

/** A model's file, or its text with its weights. */
type Source =
  | { readonly kind: 'file'; readonly path: string; readonly weights: string | null }
  | { readonly kind: 'memory'; readonly model: Uint8Array; readonly weights: Tensor | null };

/** Reads models, compiles them for devices, and knows the devices. */
export class Core extends Native {
  constructor(library: Library) {
    super(library, 'coreFree', library.pointer('coreCreate'));
  }

  addExtension(path: string): void {
    if (typeof path !== 'string') throw new TypeError('addExtension takes the path of a library.');
    this.library.run('coreAddExtension', this.pointer, path);
  }

  readModelSync(...args: ReadArguments): Model {
    const source = this.#source(args);
    const pointer =
      source.kind === 'file'
        ? this.library.pointer('coreReadModel', this.pointer, source.path, source.weights)
        : this.library.pointer('coreReadModelFromMemory', ...this.#memoryArguments(source));
    return this.#model(pointer, source, args);
  }

  async readModel(...args: ReadArguments): Promise<Model> {
    const source = this.#source(args);
    const pointer =
      source.kind === 'file'
        ? await this.library.pointerAsync('coreReadModel', this.pointer, source.path, source.weights)
        : await this.library.pointerAsync('coreReadModelFromMemory', ...this.#memoryArguments(source));
    return this.#model(pointer, source, args);
  }

  compileModelSync(model: Model | string, device: string, config?: Record<string, OVAny>): CompiledModel {
    const { name, args, memory } = this.#compileArguments(model, device, config);
    return new CompiledModel(this.library, this.library.pointer(name, ...args), memory);
  }

  async compileModel(
    model: Model | string,
    device: string,
    config?: Record<string, OVAny>,
  ): Promise<CompiledModel> {
    const { name, args, memory } = this.#compileArguments(model, device, config);
    return new CompiledModel(this.library, await this.library.pointerAsync(name, ...args), memory);
  }

  importModelSync(content: Buffer | Tensor, device: string, config?: Record<string, OVAny>): CompiledModel {
    const bytes = this.#importBytes(content, device, config);
    const pointer = this.library.pointer('coreImportModel', this.pointer, bytes, bytes.byteLength, device);
    return new CompiledModel(this.library, pointer, [bytes]);
  }

  async importModel(
    content: Buffer | Tensor,
    device: string,
    config?: Record<string, OVAny>,
  ): Promise<CompiledModel> {
    const bytes = this.#importBytes(content, device, config);
    const pointer = await this.library.pointerAsync(
      'coreImportModel',
      this.pointer,
      bytes,
      bytes.byteLength,
      device,
    );
    return new CompiledModel(this.library, pointer, [bytes]);
  }

  getAvailableDevices(): string[] {
    const list: { devices: bigint | null; size: number } = { devices: null, size: 0 };
    this.library.run('coreGetAvailableDevices', this.pointer, list);
    const size = Number(list.size);
    const names = size > 0 ? (koffi.decode(list.devices, 'char *', size) as string[]) : [];
    this.library.value('availableDevicesFree', list);
    return [...names];
  }

  /** Nothing for a device that there is not, like Python's. */
  getVersions(device: string): Record<string, Version> {
    if (typeof device !== 'string') throw new TypeError('getVersions takes the name of a device.');
    const list: { versions: bigint | null; size: number } = { versions: null, size: 0 };
    const status = this.library.value<number>('coreGetVersions', this.pointer, device, list);
    if (status === notFound) return {};
    if (status !== 0) this.library.run('coreGetVersions', this.pointer, device, list);
    const size = Number(list.size);
    const entries =
      size > 0
        ? (koffi.decode(list.versions, 'ov_core_version_t', size) as Array<{
            device: string;
            version: Version;
          }>)
        : [];
    const versions = Object.fromEntries(
      entries.map(({ device: name, version }) => [
        name,
        makeVersion(version.buildNumber, version.description),
      ]),
    );
    this.library.value('coreVersionsFree', list);
    return versions;
  }

  getProperty(...args: [string] | [string, string]): OVAny {
    if (args.length < 1 || args.length > 2 || !args.every((value) => typeof value === 'string')) {
      throw new TypeError('getProperty takes a property, or a device and a property.');
    }
    const [device, name] = args.length === 1 ? ['', args[0]] : args;
    return propertyValue(this.library.text('coreGetProperty', this.pointer, device, name));
  }

  setProperty(...args: [Record<string, OVAny>] | [string, Record<string, OVAny>]): void {
    const [device, properties] = args.length === 1 ? [null, args[0]] : args;
    if (args.length > 2 || !properties || (device !== null && typeof device !== 'string')) {
      throw new TypeError('setProperty takes properties, or the name of a device and properties.');
    }
    const structs = propertyStructs(properties);
    this.library.run('coreSetProperties', this.pointer, device, structs.length, structs);
  }

  queryModel(): never {
    throw new NotSupportedByRuntime('Core.queryModel');
  }

  #source([first, second]: ReadArguments): Source {
    if (typeof first === 'string' && second instanceof Tensor) {
      return { kind: 'memory', model: Buffer.from(first), weights: second };
    }
    if (typeof first === 'string' && (second === undefined || typeof second === 'string')) {
      return { kind: 'file', path: first, weights: second ?? null };
    }
    if (first instanceof Uint8Array && (second === undefined || second instanceof Uint8Array)) {
      if (first.length === 0) throw new Error('readModel was given an empty buffer instead of a model.');
      const weights =
        second === undefined
          ? null
          : Tensor.over(this.library, elementTypeOf('u8').code, [second.length], second);
      return { kind: 'memory', model: first, weights };
    }
    throw new TypeError('readModel takes paths, buffers, or a text with a Tensor of weights.');
  }

  #memoryArguments(source: Extract<Source, { kind: 'memory' }>): unknown[] {
    return [this.pointer, source.model, source.model.byteLength, source.weights?.pointer ?? null];
  }

  #model(pointer: bigint, source: Source, args: ReadArguments): Model {
    const memory = source.kind === 'memory' ? [source.weights, args[1]] : [];
    return new Model(this.library, pointer, () => this.readModelSync(...args), memory);
  }

  #compileArguments(model: unknown, device: unknown, config: unknown) {
    if (typeof device !== 'string') throw new TypeError('compileModel takes the name of a device.');
    const properties = propertyStructs(config);
    if (typeof model === 'string') {
      const args = [this.pointer, model, device, properties.length, properties];
      return { name: 'coreCompileModelFromFile' as const, args, memory: [] };
    }
    if (!(model instanceof Model)) throw new TypeError('compileModel takes a Model or the path of one.');
    const args = [this.pointer, model.pointer, device, properties.length, properties];
    return { name: 'coreCompileModel' as const, args, memory: model.memory };
  }

  #importBytes(content: unknown, device: unknown, config: unknown): Uint8Array {
    if (typeof device !== 'string') throw new TypeError('importModel takes the name of a device.');
    if (propertyStructs(config).length > 0)
      throw new NotSupportedByRuntime('Core.importModel with properties');
    if (content instanceof Tensor) {
      if (content.getElementType() === 'u8' && content.getShape().length === 1)
        return content.getData() as Uint8Array;
      throw new TypeError('importModel takes a Tensor of type u8 and shape [bytes].');
    }
    if (content instanceof Uint8Array) return content;
    throw new TypeError('importModel takes a Buffer or a Tensor.');
  }
}

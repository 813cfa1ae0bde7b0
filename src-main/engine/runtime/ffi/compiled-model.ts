import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferRequest } from './infer-request.ts';
import type { Library } from './library.ts';
import { choosePort } from './model.ts';
import { Native } from './native.ts';
import type { Output } from './ports.ts';
import { type OVAny, propertyStructs, propertyValue } from './properties.ts';

/** A network made ready for a device. */
export class CompiledModel extends Native {
  /** Memory that the network's constants may lie in. */
  readonly memory: readonly unknown[];
  readonly #keys = new Map<string, string>();
  #inputNames: readonly string[] | undefined;
  /** Names of the outputs, which each result is keyed by. */
  #outputNames: readonly string[] | undefined;

  constructor(library?: Library, pointer?: bigint, memory: readonly unknown[] = []) {
    super(library, 'compiledFree', pointer, 2_097_152);
    this.memory = memory;
  }

  get inputs(): Output[] {
    return Array.from({ length: this.#count('compiledInputsSize') }, (_, index) => this.input(index));
  }

  get outputs(): Output[] {
    return Array.from({ length: this.#count('compiledOutputsSize') }, (_, index) => this.output(index));
  }

  /** @internal */
  get inputNames(): readonly string[] {
    this.#inputNames ??= this.inputs.map((port) => port.getAnyName());
    return this.#inputNames;
  }

  /** @internal */
  get outputNames(): readonly string[] {
    this.#outputNames ??= this.outputs.map((port) => port.getAnyName());
    return this.#outputNames;
  }

  /** @internal One word for a port, which may have several names: `input 0`, `output 1`. */
  portKey(name: string): string {
    const known = this.#keys.get(name) ?? this.#findKey(name);
    this.#keys.set(name, known);
    return known;
  }

  input(key?: string | number): Output {
    return choosePort(this.library, this.pointer, 'compiledInput', this.#count('compiledInputsSize'), key);
  }

  output(key?: string | number): Output {
    return choosePort(this.library, this.pointer, 'compiledOutput', this.#count('compiledOutputsSize'), key);
  }

  getProperty(name: string): OVAny {
    if (typeof name !== 'string') throw new TypeError('getProperty takes the name of a property.');
    return propertyValue(this.library.text('compiledGetProperty', this.pointer, name));
  }

  setProperty(properties: Record<string, OVAny>): void {
    if (!properties) throw new TypeError('setProperty takes properties.');
    const structs = propertyStructs(properties);
    this.library.run('compiledSetProperties', this.pointer, structs.length, structs);
  }

  createInferRequest(): InferRequest {
    return new InferRequest(this, this.library.pointer('compiledCreateInferRequest', this.pointer));
  }

  /** The C library writes to a file; it is read and removed. */
  exportModelSync(): Buffer {
    const folder = mkdtempSync(join(tmpdir(), 'openvino-export-'));
    try {
      const path = join(folder, 'model.blob');
      this.library.run('compiledExport', this.pointer, path);
      return readFileSync(path);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  #findKey(name: string): string {
    const input = this.inputNames.indexOf(name);
    if (input >= 0) return `input ${input}`;
    const output = this.outputNames.indexOf(name);
    if (output >= 0) return `output ${output}`;
    try {
      return `input ${this.inputNames.indexOf(this.input(name).getAnyName())}`;
    } catch {
      return `output ${this.outputNames.indexOf(this.output(name).getAnyName())}`;
    }
  }

  #count(name: 'compiledInputsSize' | 'compiledOutputsSize'): number {
    return this.library.number(name, this.pointer);
  }
}

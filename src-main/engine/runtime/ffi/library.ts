import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { RefineryError } from '../../../contract/errors.ts';

/** A native address; 0n and null mean none. */
export type Pointer = bigint | null;

/** A foreign function as koffi gives it. The declarations below are its types. */
type Foreign = ReturnType<ReturnType<typeof koffi.load>['func']>;

/** Declarations of the C functions in use, after the headers in `openvino/c/` of OpenVINO 2026.4. */
const declarations = {
  getVersion: 'int ov_get_openvino_version(_Out_ ov_version_texts_t *version)',
  versionFree: 'void ov_version_free(ov_version_texts_t *version)',
  lastErrorMessage: 'void *ov_get_last_err_msg()',
  free: 'void ov_free(void *content)',

  coreCreate: 'int ov_core_create(_Out_ void **core)',
  coreFree: 'void ov_core_free(void *core)',
  coreReadModel:
    'int ov_core_read_model(void *core, const char *path, const char *weights, _Out_ void **model)',
  coreReadModelFromMemory:
    'int ov_core_read_model_from_memory_buffer(void *core, const uint8_t *model, size_t length, void *weights, _Out_ void **result)',
  coreCompileModel:
    'int ov_core_compile_model_props(void *core, void *model, const char *device, size_t count, const ov_property_t *properties, _Out_ void **compiled)',
  coreCompileModelFromFile:
    'int ov_core_compile_model_from_file_props(void *core, const char *path, const char *device, size_t count, const ov_property_t *properties, _Out_ void **compiled)',
  coreImportModel:
    'int ov_core_import_model(void *core, const uint8_t *content, size_t size, const char *device, _Out_ void **compiled)',
  coreAddExtension: 'int ov_core_add_extension(void *core, const char *path)',
  coreSetProperties:
    'int ov_core_set_properties(void *core, const char *device, size_t count, const ov_property_t *properties)',
  coreGetProperty:
    'int ov_core_get_property(void *core, const char *device, const char *key, _Out_ void **value)',
  coreGetAvailableDevices:
    'int ov_core_get_available_devices(void *core, _Out_ ov_available_devices_t *devices)',
  availableDevicesFree: 'void ov_available_devices_free(ov_available_devices_t *devices)',
  coreGetVersions:
    'int ov_core_get_versions_by_device_name(void *core, const char *device, _Out_ ov_core_version_list_t *versions)',
  coreVersionsFree: 'void ov_core_versions_free(ov_core_version_list_t *versions)',

  modelFree: 'void ov_model_free(void *model)',
  modelInputsSize: 'int ov_model_inputs_size(void *model, _Out_ size_t *size)',
  modelOutputsSize: 'int ov_model_outputs_size(void *model, _Out_ size_t *size)',
  modelInputByIndex: 'int ov_model_const_input_by_index(void *model, size_t index, _Out_ void **port)',
  modelInputByName: 'int ov_model_const_input_by_name(void *model, const char *name, _Out_ void **port)',
  modelOutputByIndex: 'int ov_model_const_output_by_index(void *model, size_t index, _Out_ void **port)',
  modelOutputByName: 'int ov_model_const_output_by_name(void *model, const char *name, _Out_ void **port)',
  modelIsDynamic: 'bool ov_model_is_dynamic(void *model)',
  modelFriendlyName: 'int ov_model_get_friendly_name(void *model, _Out_ void **name)',
  modelReshapeByIndexes:
    'int ov_model_reshape_by_port_indexes(void *model, const size_t *indexes, const ov_partial_shape_t *shapes, size_t count)',

  portShape: 'int ov_const_port_get_shape(void *port, _Out_ ov_shape_t *shape)',
  portPartialShape: 'int ov_port_get_partial_shape(void *port, _Out_ ov_partial_shape_t *shape)',
  portElementType: 'int ov_port_get_element_type(void *port, _Out_ int *type)',
  portAnyName: 'int ov_port_get_any_name(void *port, _Out_ void **name)',
  portFree: 'void ov_output_const_port_free(void *port)',
  shapeFree: 'int ov_shape_free(ov_shape_t *shape)',
  partialShapeFree: 'void ov_partial_shape_free(ov_partial_shape_t *shape)',

  compiledFree: 'void ov_compiled_model_free(void *compiled)',
  compiledInputsSize: 'int ov_compiled_model_inputs_size(void *compiled, _Out_ size_t *size)',
  compiledOutputsSize: 'int ov_compiled_model_outputs_size(void *compiled, _Out_ size_t *size)',
  compiledInputByIndex:
    'int ov_compiled_model_input_by_index(void *compiled, size_t index, _Out_ void **port)',
  compiledInputByName:
    'int ov_compiled_model_input_by_name(void *compiled, const char *name, _Out_ void **port)',
  compiledOutputByIndex:
    'int ov_compiled_model_output_by_index(void *compiled, size_t index, _Out_ void **port)',
  compiledOutputByName:
    'int ov_compiled_model_output_by_name(void *compiled, const char *name, _Out_ void **port)',
  compiledGetProperty:
    'int ov_compiled_model_get_property(void *compiled, const char *key, _Out_ void **value)',
  compiledSetProperties:
    'int ov_compiled_model_set_properties(void *compiled, size_t count, const ov_property_t *properties)',
  compiledExport: 'int ov_compiled_model_export_model(void *compiled, const char *path)',
  compiledCreateInferRequest:
    'int ov_compiled_model_create_infer_request(void *compiled, _Out_ void **request)',

  requestFree: 'void ov_infer_request_free(void *request)',
  requestSetTensor: 'int ov_infer_request_set_tensor(void *request, const char *name, void *tensor)',
  requestSetInput:
    'int ov_infer_request_set_input_tensor_by_index(void *request, size_t index, void *tensor)',
  requestSetOutput:
    'int ov_infer_request_set_output_tensor_by_index(void *request, size_t index, void *tensor)',
  requestGetTensor: 'int ov_infer_request_get_tensor(void *request, const char *name, _Out_ void **tensor)',
  requestGetByPort:
    'int ov_infer_request_get_tensor_by_const_port(void *request, void *port, _Out_ void **tensor)',
  requestGetInput:
    'int ov_infer_request_get_input_tensor_by_index(void *request, size_t index, _Out_ void **tensor)',
  requestGetOutput:
    'int ov_infer_request_get_output_tensor_by_index(void *request, size_t index, _Out_ void **tensor)',
  requestInfer: 'int ov_infer_request_infer(void *request)',

  tensorFromHost:
    'int ov_tensor_create_from_host_ptr(int type, ov_shape_t shape, uint8_t *data, _Out_ void **tensor)',
  tensorFromStrings:
    'int ov_tensor_create_from_string_array(const char **strings, size_t count, ov_shape_t shape, _Out_ void **tensor)',
  tensorSetStrings: 'int ov_tensor_set_string_data(void *tensor, const char **strings, size_t count)',
  tensorSetShape: 'int ov_tensor_set_shape(void *tensor, ov_shape_t shape)',
  tensorShape: 'int ov_tensor_get_shape(void *tensor, _Out_ ov_shape_t *shape)',
  tensorElementType: 'int ov_tensor_get_element_type(void *tensor, _Out_ int *type)',
  tensorByteSize: 'int ov_tensor_get_byte_size(void *tensor, _Out_ size_t *size)',
  tensorData: 'int ov_tensor_data(void *tensor, _Out_ void **data)',
  tensorFree: 'void ov_tensor_free(void *tensor)',

  layoutCreate: 'int ov_layout_create(const char *description, _Out_ void **layout)',
  layoutFree: 'void ov_layout_free(void *layout)',
  preprocessCreate: 'int ov_preprocess_prepostprocessor_create(void *model, _Out_ void **preprocess)',
  preprocessFree: 'void ov_preprocess_prepostprocessor_free(void *preprocess)',
  preprocessBuild: 'int ov_preprocess_prepostprocessor_build(void *preprocess, _Out_ void **model)',
  preprocessInput:
    'int ov_preprocess_prepostprocessor_get_input_info_by_index(void *preprocess, size_t index, _Out_ void **info)',
  preprocessOutput:
    'int ov_preprocess_prepostprocessor_get_output_info_by_index(void *preprocess, size_t index, _Out_ void **info)',
  preprocessOutputByName:
    'int ov_preprocess_prepostprocessor_get_output_info_by_name(void *preprocess, const char *name, _Out_ void **info)',
  inputInfoFree: 'void ov_preprocess_input_info_free(void *info)',
  inputTensorInfo: 'int ov_preprocess_input_info_get_tensor_info(void *info, _Out_ void **tensor)',
  inputTensorInfoFree: 'void ov_preprocess_input_tensor_info_free(void *tensor)',
  inputTensorSetElementType: 'int ov_preprocess_input_tensor_info_set_element_type(void *tensor, int type)',
  inputTensorSetLayout: 'int ov_preprocess_input_tensor_info_set_layout(void *tensor, void *layout)',
  inputTensorSetFrom: 'int ov_preprocess_input_tensor_info_set_from(void *info, void *tensor)',
  inputSteps: 'int ov_preprocess_input_info_get_preprocess_steps(void *info, _Out_ void **steps)',
  inputStepsFree: 'void ov_preprocess_preprocess_steps_free(void *steps)',
  inputStepsResize: 'int ov_preprocess_preprocess_steps_resize(void *steps, int algorithm)',
  inputModelInfo: 'int ov_preprocess_input_info_get_model_info(void *info, _Out_ void **model)',
  inputModelInfoFree: 'void ov_preprocess_input_model_info_free(void *model)',
  inputModelSetLayout: 'int ov_preprocess_input_model_info_set_layout(void *model, void *layout)',
  outputInfoFree: 'void ov_preprocess_output_info_free(void *info)',
  outputTensorInfo: 'int ov_preprocess_output_info_get_tensor_info(void *info, _Out_ void **tensor)',
  outputTensorInfoFree: 'void ov_preprocess_output_tensor_info_free(void *tensor)',
  outputTensorSetElementType: 'int ov_preprocess_output_set_element_type(void *tensor, int type)',
} as const;

export type FunctionName = keyof typeof declarations;

/** `NOT_FOUND` of `ov_status_e`. */
export const notFound = -5;
/** `INVALID_C_PARAM` of `ov_status_e`. */
export const invalidParameter = -14;

/** What a status says by itself, where OpenVINO gives no message. */
const reasons: Readonly<Record<number, string>> = {
  [-2]: 'it is not implemented',
  [notFound]: 'there is no such thing',
  [-6]: 'a number is out of bounds',
  [-8]: 'the request is busy',
  [invalidParameter]: 'an argument is missing, empty or invalid',
  [-17]: 'OpenVINO does not know why',
};

/** What OpenVINO says of an exception that it can't read. */
const wordless = 'An unknown exception occurred';

/** A layout that there can't be: the message about it is the mark that no call has failed since. */
const impossibleLayout = '\u0001';

/** Types that cross by value or by address; defined once for the process, as koffi's names are global. */
function defineTypes(): void {
  koffi.struct('ov_version_t', { buildNumber: 'const char *', description: 'const char *' });
  // The same with addresses instead of texts: what is given back to be freed must be the original.
  koffi.struct('ov_version_texts_t', { buildNumber: 'void *', description: 'void *' });
  koffi.struct('ov_core_version_t', { device: 'const char *', version: 'ov_version_t' });
  koffi.struct('ov_core_version_list_t', { versions: 'void *', size: 'size_t' });
  koffi.struct('ov_available_devices_t', { devices: 'void *', size: 'size_t' });
  koffi.struct('ov_shape_t', { rank: 'int64_t', dims: 'int64_t *' });
  koffi.struct('ov_dimension_t', { min: 'int64_t', max: 'int64_t' });
  koffi.struct('ov_partial_shape_t', { rank: 'ov_dimension_t', dims: 'ov_dimension_t *' });
  koffi.struct('ov_property_t', { key: 'const char *', value: 'const char *' });
}

let typesDefined = false;

/** OpenVINO's C library, loaded. */
export class Library {
  readonly path: string;
  readonly #handle: ReturnType<typeof koffi.load>;
  readonly #functions = new Map<FunctionName, Foreign>();

  /** @throws {RefineryError} `RUNTIME_NOT_FOUND` when the file, or something that it needs, can't be loaded. */
  constructor(path: string) {
    if (!typesDefined) defineTypes();
    typesDefined = true;
    this.path = path;
    try {
      this.#handle = koffi.load(path);
    } catch (cause) {
      throw new RefineryError('RUNTIME_NOT_FOUND', `OpenVINO's C library could not be loaded from ${path}.`, {
        hint: 'Run `npm run setup`, or choose another OpenVINO in Settings.',
        cause,
      });
    }
  }

  /** Calls a function that gives a status, and throws what OpenVINO says when it is not OK. */
  run(name: FunctionName, ...args: unknown[]): void {
    const status = this.#get(name)(...args) as number;
    if (status !== 0) throw this.#failure(name, status);
  }

  /** Calls a function for its value. */
  value<Value>(name: FunctionName, ...args: unknown[]): Value {
    return this.#get(name)(...args) as Value;
  }

  /** Runs a function with an out parameter, and gives the address that it wrote. */
  pointer(name: FunctionName, ...args: unknown[]): bigint {
    const out: [Pointer] = [null];
    this.run(name, ...args, out);
    return out[0] ?? 0n;
  }

  /** Runs a function that writes a whole number. */
  number(name: FunctionName, ...args: unknown[]): number {
    const out = [0];
    this.run(name, ...args, out);
    return Number(out[0]);
  }

  /** Runs a function that gives a text which is ours to free. */
  text(name: FunctionName, ...args: unknown[]): string {
    const address = this.pointer(name, ...args);
    try {
      return koffi.decode(address, 'char', -1) as string;
    } finally {
      this.value('free', address);
    }
  }

  /**
   * Runs a function on a thread of its own. OpenVINO keeps one message, that of the last error on any thread; so a
   * call that failed is made once more here, where the message that follows is its own.
   */
  async runAsync(name: FunctionName, ...args: unknown[]): Promise<void> {
    const status = await new Promise<number>((resolve, reject) => {
      this.#get(name).async(...args, (error: Error | null, result: number) => {
        if (error) reject(error);
        else resolve(result);
      });
    });
    if (status !== 0) this.run(name, ...args);
  }

  /** The asynchronous form of {@link pointer}. */
  async pointerAsync(name: FunctionName, ...args: unknown[]): Promise<bigint> {
    const out: [Pointer] = [null];
    await this.runAsync(name, ...args, out);
    return out[0] ?? 0n;
  }

  #get(name: FunctionName): Foreign {
    const known = this.#functions.get(name);
    if (known) return known;
    const made = this.#handle.func(declarations[name]);
    this.#functions.set(name, made);
    return made;
  }

  #failure(name: FunctionName, status: number): Error {
    const message = this.#takeMessage();
    if (message) return new RefineryError('RUNTIME_FAILED', message);
    const called = /ov_\w+(?=\()/.exec(declarations[name])?.[0] ?? name;
    const reason = reasons[status] ?? 'it does not say why';
    return new RefineryError('RUNTIME_FAILED', `OpenVINO's ${called} failed: ${reason} (status ${status}).`);
  }

  /**
   * The message of the call that just failed, or '' when it left none. OpenVINO sets it for some failures only and
   * never clears it, so that one which was read would be taken for the next call's: another error covers it.
   */
  #takeMessage(): string {
    const address = this.value<Pointer>('lastErrorMessage');
    if (address === null) return '';
    const message = (koffi.decode(address, 'char', -1) as string).trim();
    this.value('free', address);
    this.value('layoutCreate', impossibleLayout, [null]);
    return message === wordless || message.includes(impossibleLayout) ? '' : message;
  }
}

/** Name of the C library among the files of a folder, which carries a version on Linux and macOS. */
export function findLibrary(folder: string): string | undefined {
  const pattern =
    process.platform === 'win32'
      ? /^openvino_c\.dll$/
      : process.platform === 'darwin'
        ? /^libopenvino_c(\.\d+)*\.dylib$/
        : /^libopenvino_c\.so(\.\d+)*$/;
  try {
    const name = readdirSync(folder)
      .sort()
      .find((file) => pattern.test(file));
    return name && join(folder, name);
  } catch {
    return undefined;
  }
}

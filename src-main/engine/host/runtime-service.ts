import { basename } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import { RefineryError } from '../../contract/errors.ts';
import type { DeviceInfo, RuntimeCandidate } from '../../contract/models.ts';
import type { Settings } from '../../contract/settings.ts';
import { findRuntimes, listDevices, loadOpenVinoWithDetails } from '../runtime/index.ts';

type Loaded = Awaited<ReturnType<typeof loadOpenVinoWithDetails>>;

/** The OpenVINO of this engine: found and loaded once, when it is first needed. */
export class RuntimeService {
  readonly #places: { readonly cacheDir: string; readonly bundled: string };
  readonly #settings: () => Settings;
  #loaded: Promise<Loaded> | undefined;

  constructor(options: { cache: string; bundled: string; settings: () => Settings }) {
    this.#places = { cacheDir: options.cache, bundled: options.bundled };
    this.#settings = options.settings;
  }

  /** @throws {RefineryError} `RUNTIME_NOT_FOUND` */
  async openvino(): Promise<NodeAddon> {
    return (await this.#load()).openvino;
  }

  /** What a receipt says of it. */
  async identity(): Promise<{ implementation: string; version: string }> {
    const { openvino, runtime } = await this.#load();
    return { implementation: runtime.implementation, version: openvino.getOpenvinoVersion().buildNumber };
  }

  /** `null` and no devices where there is no OpenVINO: everything else goes on working. */
  async overview(): Promise<{ runtime: RuntimeCandidate | null; devices: DeviceInfo[] }> {
    try {
      const { openvino, runtime } = await this.#load();
      const version = openvino.getOpenvinoVersion().buildNumber.split('-')[0] ?? runtime.version;
      return { runtime: { ...runtime, version }, devices: listDevices(openvino) };
    } catch {
      return { runtime: null, devices: [] };
    }
  }

  candidates(): Promise<RuntimeCandidate[]> {
    return findRuntimes({
      explicit: this.#settings().runtimePath,
      ...this.#places,
      askPython: true,
    });
  }

  /** @throws {RefineryError} `RUNTIME_NOT_FOUND` when there is no OpenVINO in this folder that can be used. */
  async checkFolder(path: string): Promise<void> {
    const [first] = await findRuntimes({ explicit: path, ...this.#places, askPython: false });
    if (first?.usable) return;
    throw new RefineryError(
      'RUNTIME_NOT_FOUND',
      `There is no OpenVINO in ${basename(path)} that can be used.`,
      {
        hint:
          first?.reason ??
          'Choose the folder that holds the libraries, such as runtime/lib or openvino/libs.',
      },
    );
  }

  #load(): Promise<Loaded> {
    // What failed is tried again: an OpenVINO may have been installed meanwhile.
    this.#loaded ??= loadOpenVinoWithDetails({
      path: this.#settings().runtimePath,
      ...this.#places,
    }).catch((thrown: unknown) => {
      this.#loaded = undefined;
      throw thrown;
    });
    return this.#loaded;
  }
}

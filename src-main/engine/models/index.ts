import { rm, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import type { NodeAddon } from 'openvino-node';
import writeFileAtomic from 'write-file-atomic';
import { RefineryError } from '../../contract/errors.ts';
import {
  automaticModel,
  type ImageInterface,
  type ModelEntry,
  type ModelGuess,
  type ModelState,
  type ModelSummary,
} from '../../contract/models.ts';
import { hashFile } from '../io/hash.ts';
import { copyDiffusion, copyNetwork } from './custom.ts';
import { downloadFile, matches } from './download.ts';
import { readCustom, readManifest } from './manifest.ts';
import { probeNetwork } from './probe.ts';

export interface CatalogueOptions {
  /** Folder of the embedded networks and the manifest. */
  readonly embedded: string;
  /** Folder of downloaded and added networks. */
  readonly data: string;
  readonly openvino: () => Promise<NodeAddon>;
  /** Folder of the sample picture that probes use. */
  readonly samples: string;
  readonly cacheDir: string;
  /** Called at most five times a second while something changes. */
  readonly onChanged?: () => void;
}

export interface ResolvedModel {
  readonly entry: ModelEntry;
  /** The `.xml` or `.onnx`. */
  readonly path: string;
  /** Of the file that holds the weights. */
  readonly sha256: string;
  /** Why this network, for people. */
  readonly reason: string;
}

interface Download {
  readonly abort: AbortController;
  readonly received: Map<string, number>;
}

/** Networks by id: which there are, whether their files are here and whole, and which one suits a picture. */
export class ModelCatalogue {
  readonly #options: CatalogueOptions;
  readonly #downloads = new Map<string, Download>();
  /** Files that were hashed and found right, with size and time of then. */
  readonly #verified = new Map<string, string>();
  #toldAt = 0;

  constructor(options: CatalogueOptions) {
    this.#options = options;
  }

  async list(): Promise<ModelSummary[]> {
    const entries = await this.#entries();
    return Promise.all(entries.map(async (entry) => ({ entry, status: await this.#state(entry) })));
  }

  /**
   * The network for a picture. `auto` takes the one trained on photos with traces of compression for sources whose
   * compression lost detail, and the one trained on clean pictures for the others.
   *
   * @throws {RefineryError} `MODEL_UNKNOWN`, `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`.
   */
  async resolve(id: string, picture: { lossy: boolean }): Promise<ResolvedModel> {
    const wanted = id === 'auto' ? automaticModel(picture.lossy) : id;
    const entry = (await this.#entries()).find((candidate) => candidate.id === wanted);
    if (!entry) {
      throw new RefineryError('MODEL_UNKNOWN', `There is no network named "${wanted}".`, {
        hint: 'Models lists those that there are.',
      });
    }
    const status = await this.#state(entry);
    if (status.state === 'broken') {
      throw new RefineryError('MODEL_CORRUPT', `${entry.name}: ${status.reason}`, {
        hint: 'Remove it under Models and add it again.',
      });
    }
    if (status.state !== 'ready') {
      throw new RefineryError('MODEL_NOT_INSTALLED', `${entry.name} has not been downloaded.`, {
        hint: 'Download it under Models, or choose another network.',
      });
    }
    const folder = this.#folder(entry);
    const main = entry.files.find(({ name }) => ['.xml', '.onnx'].includes(extname(name)))!;
    const weights = entry.files.at(-1)!;
    return {
      entry,
      path: join(folder, main.name),
      sha256: weights.hash.startsWith('sha256:')
        ? weights.hash.slice('sha256:'.length)
        : await hashFile(join(folder, weights.name)),
      reason:
        id !== 'auto'
          ? 'It was chosen.'
          : picture.lossy
            ? 'The source is compressed with loss; this network was trained on such photos.'
            : 'The source is stored without loss; this network was trained on clean pictures.',
    };
  }

  /** @throws {RefineryError} `DOWNLOAD_FAILED`, `CANCELLED`. */
  async download(id: string): Promise<void> {
    const entry = await this.#entry(id);
    if (this.#downloads.has(id)) return;
    const download: Download = { abort: new AbortController(), received: new Map() };
    this.#downloads.set(id, download);
    try {
      for (const file of entry.files) {
        await downloadFile(file, this.#folder(entry), {
          signal: download.abort.signal,
          onProgress: (received) => {
            download.received.set(file.name, received);
            this.#tell();
          },
        });
      }
    } finally {
      this.#downloads.delete(id);
      this.#options.onChanged?.();
    }
  }

  cancelDownload(id: string): void {
    this.#downloads.get(id)?.abort.abort(new RefineryError('CANCELLED', 'The download was cancelled.'));
  }

  cancelAll(): void {
    for (const id of this.#downloads.keys()) this.cancelDownload(id);
  }

  /** @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK`, `MODEL_CORRUPT`, `MODEL_UNSAFE`. */
  probe(path: string, assume?: ImageInterface): Promise<ModelGuess> {
    return probeNetwork({ ...this.#options, path, ...(assume ? { assume } : {}) });
  }

  async addCustom(path: string, name: string, kind: ImageInterface): Promise<ModelSummary> {
    return this.#keep(await copyNetwork(path, this.#options.data, name, kind));
  }

  /** @throws {RefineryError} `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `INPUT_UNSUPPORTED`. */
  async addDiffusion(folder: string, name: string): Promise<ModelSummary> {
    return this.#keep(await copyDiffusion(folder, this.#options.data, name));
  }

  async #keep(entry: ModelEntry): Promise<ModelSummary> {
    const others = (await readCustom(this.#customFile)).filter(({ id }) => id !== entry.id);
    await this.#writeCustom([...others, entry]);
    this.#verified.clear();
    return { entry, status: await this.#state(entry) };
  }

  /** Takes a downloaded or added network off this machine. */
  async remove(id: string): Promise<void> {
    const entry = await this.#entry(id);
    if (entry.source === 'embedded') {
      throw new RefineryError('BAD_REQUEST', `${entry.name} is part of Refinery and stays.`);
    }
    this.cancelDownload(id);
    await rm(this.#folder(entry), { recursive: true, force: true });
    if (entry.source === 'custom') {
      await this.#writeCustom((await readCustom(this.#customFile)).filter((other) => other.id !== id));
    }
  }

  get #customFile(): string {
    return join(this.#options.data, 'custom.json');
  }

  async #writeCustom(entries: readonly ModelEntry[]): Promise<void> {
    await writeFileAtomic(this.#customFile, `${JSON.stringify(entries, null, 2)}\n`);
  }

  async #entries(): Promise<ModelEntry[]> {
    return [...(await readManifest(this.#options.embedded)), ...(await readCustom(this.#customFile))];
  }

  async #entry(id: string): Promise<ModelEntry> {
    const entry = (await this.#entries()).find((candidate) => candidate.id === id);
    if (entry) return entry;
    throw new RefineryError('MODEL_UNKNOWN', `There is no network named "${id}".`);
  }

  #folder({ source, id }: ModelEntry): string {
    return source === 'embedded' ? this.#options.embedded : join(this.#options.data, id);
  }

  async #state(entry: ModelEntry): Promise<ModelState> {
    const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
    const download = this.#downloads.get(entry.id);
    if (download) {
      const received = [...download.received.values()].reduce((sum, value) => sum + value, 0);
      return { state: 'downloading', received, bytes };
    }
    const folder = this.#folder(entry);
    for (const file of entry.files) {
      const path = join(folder, file.name);
      const status = await stat(path).catch(() => undefined);
      if (!status && entry.source === 'download') return { state: 'absent', bytes };
      if (!status) return { state: 'broken', reason: `${file.name} is missing.` };
      const key = `${status.size} ${status.mtimeMs}`;
      if (this.#verified.get(path) === key) continue;
      if (!(await matches(path, file))) return { state: 'broken', reason: `${file.name} is damaged.` };
      this.#verified.set(path, key);
    }
    return { state: 'ready' };
  }

  #tell(): void {
    if (Date.now() - this.#toldAt < 200) return;
    this.#toldAt = Date.now();
    this.#options.onChanged?.();
  }
}

import { rm, stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
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
import {
  copyDiffusion,
  copyNetwork,
  describeDiffusion,
  describeNetwork,
  networkEntry,
  networkHash,
  sameNetwork,
} from './custom.ts';
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
  /** Of all its files: see {@link networkHash}. */
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
  /** Networks that were looked at and not added, by id: they are used from where they lie, by this engine only. */
  readonly #lent = new Map<string, { readonly entry: ModelEntry; readonly folder: string }>();
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
    const added = (await this.#entries()).find((candidate) => candidate.id === wanted);
    const lent = added ? undefined : this.#lent.get(wanted);
    const entry = added ?? lent?.entry;
    if (!entry) {
      throw new RefineryError('MODEL_UNKNOWN', `There is no network named "${wanted}".`, {
        hint: 'Models lists those that there are.',
      });
    }
    const folder = lent?.folder ?? this.#folder(entry);
    const status = await this.#state(entry, folder);
    if (status.state === 'broken') {
      throw new RefineryError('MODEL_CORRUPT', `${entry.name}: ${status.reason}`, {
        hint: lent
          ? 'Its files were changed after they were looked at; begin again.'
          : 'Remove it under Models and add it again.',
      });
    }
    if (status.state !== 'ready') {
      throw new RefineryError('MODEL_NOT_INSTALLED', `${entry.name} has not been downloaded.`, {
        hint: 'Download it under Models, or choose another network.',
      });
    }
    const main = entry.files.find(({ name }) => ['.xml', '.onnx'].includes(extname(name).toLowerCase()))!;
    return {
      entry,
      path: join(folder, main.name),
      sha256: networkHash(entry.files),
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

  /**
   * Finds out how a network wants its pixels, or shows a reading at work. One that was added before is read as was
   * answered then.
   *
   * @throws {RefineryError} `MODEL_NOT_AN_IMAGE_NETWORK`, `MODEL_CORRUPT`, `MODEL_UNSAFE`, `MODEL_NOT_INSTALLED`.
   */
  async probe(path: string, assume?: ImageInterface): Promise<ModelGuess> {
    const files = await describeNetwork(path);
    const known = sameNetwork(files, await readCustom(this.#customFile));
    const reading = assume ?? known?.interface;
    const found = await probeNetwork({ ...this.#options, path, ...(reading ? { assume: reading } : {}) });
    const entry = networkEntry(path, files, basename(path, extname(path)), found.interface);
    if (!known) this.#lent.set(entry.id, { entry, folder: dirname(path) });
    const remark = 'It was added before; this is what was answered then.';
    return {
      ...found,
      id: known?.id ?? entry.id,
      name: known?.name ?? entry.name,
      reasons: known && !assume ? [remark, ...found.reasons] : found.reasons,
    };
  }

  async addCustom(path: string, name: string, kind: ImageInterface): Promise<ModelSummary> {
    const known = await readCustom(this.#customFile);
    return this.#keep(await copyNetwork(path, { folder: this.#options.data, name, known }, kind));
  }

  /**
   * One that was added before keeps the name that it has.
   *
   * @throws {RefineryError} `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `INPUT_UNSUPPORTED`.
   */
  async addDiffusion(folder: string, name: string): Promise<ModelSummary> {
    const known = await readCustom(this.#customFile);
    const entry = await copyDiffusion(folder, { folder: this.#options.data, name, known });
    return this.#keep({ ...entry, name: known.find(({ id }) => id === entry.id)?.name ?? entry.name });
  }

  /**
   * Lets a folder with a converted latent diffusion model be used from where it lies, by this engine only.
   *
   * @returns its id: that of the same one where it was added before.
   * @throws {RefineryError} `MODEL_NOT_INSTALLED`, `MODEL_CORRUPT`, `INPUT_UNSUPPORTED`.
   */
  async lendDiffusion(folder: string): Promise<string> {
    const entry = await describeDiffusion(folder, basename(folder));
    const known = sameNetwork(entry.files, await readCustom(this.#customFile));
    if (!known) this.#lent.set(entry.id, { entry, folder });
    return known?.id ?? entry.id;
  }

  async #keep(entry: ModelEntry): Promise<ModelSummary> {
    const others = (await readCustom(this.#customFile)).filter(({ id }) => id !== entry.id);
    await this.#writeCustom([...others, entry]);
    this.#lent.delete(entry.id);
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
    this.#lent.delete(id);
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

  async #state(entry: ModelEntry, folder = this.#folder(entry)): Promise<ModelState> {
    const bytes = entry.files.reduce((sum, file) => sum + file.bytes, 0);
    const download = this.#downloads.get(entry.id);
    if (download) {
      const received = [...download.received.values()].reduce((sum, value) => sum + value, 0);
      return { state: 'downloading', received, bytes };
    }
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

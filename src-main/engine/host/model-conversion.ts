import { access, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefineryError, toErrorValue } from '../../contract/errors.ts';
import type {
  ConversionChoices,
  ConversionNeeds,
  DiffusionFolder,
  ModelConversion,
} from '../../contract/models.ts';
import { conversionNeeds, convertLdm, inspectSource } from '../convert/index.ts';
import { modelFolderFiles } from '../diffusion/index.ts';
import type { Folders } from './folders.ts';

interface ConversionsOptions {
  readonly folders: Pick<Folders, 'models' | 'cache' | 'data'>;
  readonly version: string;
  /** Takes a converted folder into the catalogue. */
  readonly add: (folder: string, name: string) => Promise<unknown>;
  readonly onChanged: (conversion: ModelConversion) => void;
}

/** Converts checkpoints for the window: one at a time, and what comes out is added to the models. */
export class Conversions {
  readonly #options: ConversionsOptions;
  #latest: ModelConversion | null = null;
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(options: ConversionsOptions) {
    this.#options = options;
  }

  /** The one that runs, or the one that ran last. */
  get latest(): ModelConversion | null {
    return this.#latest;
  }

  /** @throws {RefineryError} as `inspectSource` for what is neither a converted model nor a checkpoint. */
  async inspect(folder: string): Promise<DiffusionFolder> {
    const converted = await access(join(folder, modelFolderFiles.config)).then(
      () => true,
      () => false,
    );
    if (converted) return { kind: 'converted' };
    const files = await inspectSource(folder);
    return { kind: 'checkpoint', bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  needs(source: string, choices: ConversionChoices): Promise<ConversionNeeds> {
    return conversionNeeds({ ...this.#common, ...choices, source });
  }

  /** Begins; how it ends is told by `onChanged`. @throws {RefineryError} `JOB_STATE` while another one runs. */
  start(source: string, name: string, choices: ConversionChoices): void {
    if (this.#running) {
      throw new RefineryError('JOB_STATE', 'A model is being converted already.', {
        hint: 'Wait until it is done, or cancel it.',
      });
    }
    const abort = new AbortController();
    this.#latest = {
      name,
      choices,
      state: 'running',
      stage: 'Looking at the checkpoint',
      fraction: 0,
      parity: [],
      error: null,
    };
    const ended = this.#run(source, name, choices, abort.signal).finally(() => {
      this.#running = undefined;
    });
    this.#running = { abort, ended };
  }

  cancel(): void {
    this.#running?.abort.abort();
  }

  async close(): Promise<void> {
    this.cancel();
    await this.#running?.ended;
  }

  get #common() {
    const { folders } = this.#options;
    const python = process.env['REFINERY_CONVERT_PYTHON'];
    return {
      scripts: join(folders.models, 'convert'),
      cacheDir: folders.cache,
      ...(python ? { python } : {}),
    };
  }

  async #run(source: string, name: string, choices: ConversionChoices, signal: AbortSignal): Promise<void> {
    const place = join(this.#options.folders.data, 'conversions');
    const output = join(place, basename(source));
    let end: Partial<ModelConversion> = { state: 'done', fraction: 1 };
    try {
      // What a conversion left that a crash ended.
      await rm(place, { recursive: true, force: true });
      await convertLdm({
        ...this.#common,
        ...choices,
        source,
        output,
        appVersion: this.#options.version,
        signal,
        onEvent: (event) => {
          if (event.event === 'progress') this.#tell({ stage: event.stage, fraction: event.fraction });
          if (event.event !== 'parity') return;
          const { event: _, ...figures } = event;
          this.#tell({ parity: [...(this.#latest?.parity ?? []), figures] });
        },
      });
      await this.#options.add(output, name);
    } catch (thrown) {
      const error = toErrorValue(thrown);
      end = { state: error.code === 'CANCELLED' ? 'cancelled' : 'failed', error };
    }
    // Nothing lies about when the end is told.
    await rm(place, { recursive: true, force: true }).catch(() => undefined);
    this.#tell(end);
  }

  #tell(change: Partial<ModelConversion>): void {
    if (!this.#latest) return;
    this.#latest = { ...this.#latest, ...change };
    this.#options.onChanged(this.#latest);
  }
}

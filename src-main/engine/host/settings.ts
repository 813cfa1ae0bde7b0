import { readFileSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { Settings } from '../../contract/settings.ts';
import type { UpscaleSettings } from '../../contract/upscale.ts';

/**
 * What is remembered, in one JSON file. A file that can't be read as a whole is kept under another name, and each
 * setting in it that still makes sense is carried over.
 */
export class SettingsStore {
  readonly #path: string | null;
  readonly #onChanged: (settings: Settings) => void;
  #settings: Settings;
  #writing: Promise<void> = Promise.resolve();

  /** @param path file, or null to remember nothing. */
  constructor(path: string | null, onChanged: (settings: Settings) => void) {
    this.#path = path;
    this.#onChanged = onChanged;
    const { settings, damaged } =
      path === null ? { settings: Settings.parse({}), damaged: false } : read(path);
    this.#settings = settings;
    if (damaged && path !== null) this.#writing = copyFile(path, `${path}.damaged`).catch(() => undefined);
  }

  get(): Settings {
    return this.#settings;
  }

  async set(change: Partial<Settings>): Promise<Settings> {
    const settings = Settings.parse({ ...this.#settings, ...change });
    this.#settings = settings;
    this.#onChanged(settings);
    const path = this.#path;
    if (path !== null) {
      this.#writing = this.#writing.then(async () => {
        await mkdir(dirname(path), { recursive: true });
        await writeFileAtomic(path, `${JSON.stringify(this.#settings, null, 2)}\n`);
      });
      await this.#writing;
    }
    return settings;
  }

  /** What chose a network that was removed chooses the automatic one again. */
  async forgetModel(id: string): Promise<void> {
    const { upscale, presets } = this.#settings;
    const uses = ({ model }: UpscaleSettings): boolean => model === id;
    if (!uses(upscale) && !presets.some(({ settings }) => uses(settings))) return;
    const without = (settings: UpscaleSettings): UpscaleSettings =>
      uses(settings) ? { ...settings, model: 'auto' } : settings;
    await this.set({
      upscale: without(upscale),
      presets: presets.map(({ name, settings }) => ({ name, settings: without(settings) })),
    });
  }

  /** Waits for what is still being written. */
  async settled(): Promise<void> {
    await this.#writing.catch(() => undefined);
  }
}

function read(path: string): { settings: Settings; damaged: boolean } {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (thrown) {
    return { settings: Settings.parse({}), damaged: (thrown as NodeJS.ErrnoException).code !== 'ENOENT' };
  }
  const whole = Settings.safeParse(content);
  if (whole.success) return { settings: whole.data, damaged: false };
  const kept = Object.entries(Settings.shape).flatMap(([key, schema]) => {
    const value = (content as Record<string, unknown> | null)?.[key];
    return schema.safeParse(value).success && value !== undefined ? [[key, value] as const] : [];
  });
  return { settings: Settings.parse(Object.fromEntries(kept)), damaged: true };
}

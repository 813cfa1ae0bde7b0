import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Settings } from '../../contract/settings.ts';
import { UpscaleSettings } from '../../contract/upscale.ts';
import { SettingsStore } from './settings.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-settings-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a network that was removed is no choice any more, neither now nor in presets nor after a restart', async () => {
  const path = join(folder, 'settings.json');
  const told: Settings[] = [];
  const store = new SettingsStore(path, (settings) => told.push(settings));
  const choosing = (model: string): UpscaleSettings => UpscaleSettings.parse({ model, quality: 71 });
  await store.set({
    upscale: choosing('custom-1'),
    presets: [
      { name: 'Mine', settings: choosing('custom-1') },
      { name: 'Other', settings: choosing('custom-2') },
    ],
  });
  await store.forgetModel('custom-1');
  const expected = {
    upscale: choosing('auto'),
    presets: [
      { name: 'Mine', settings: choosing('auto') },
      { name: 'Other', settings: choosing('custom-2') },
    ],
  };
  expect(store.get()).toMatchObject(expected);
  expect(told.at(-1)).toMatchObject(expected);
  expect(Settings.parse(JSON.parse(await readFile(path, 'utf8')))).toMatchObject(expected);

  const times = told.length;
  await store.forgetModel('custom-1');
  expect(told).toHaveLength(times);
});

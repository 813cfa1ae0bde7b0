import { expect, test, vi } from 'vitest';
import type { FileHandle, Possibility } from '../../src-main/contract/index.ts';
import { useCompression } from '../features/compression/state.ts';
import { offersFor } from './arrivals.ts';

// The charts of some places ask for it when they are loaded.
vi.hoisted(() => vi.stubGlobal('matchMedia', () => ({ addEventListener: () => undefined })));

const folder: FileHandle = {
  id: 'handle-0123456789',
  name: 'set',
  location: '~/set',
  kind: 'folder',
  size: 0,
};
const file: FileHandle = { ...folder, kind: 'file' };
const of = (kind: Possibility['kind'], handle = folder, count = 1): Possibility => ({
  kind,
  handles: [handle],
  count,
  format: kind === 'dataset' ? 'COCO' : null,
});
const titles = (couldBe: readonly Possibility[], shown: string, wanted?: Possibility['kind']): string[] =>
  offersFor({ couldBe: [...couldBe] }, { shown, ...(wanted ? { wanted } : {}) }).map(({ title }) => title);

test('each kind goes where it belongs, whatever place is shown', () => {
  for (const shown of ['upscale', 'models', 'settings', 'activity', 'datasets']) {
    expect(titles([of('network', file)], shown)).toEqual(['Add as a network']);
    expect(titles([of('diffusion')], shown)).toEqual(['Add as a diffusion model']);
    expect(titles([of('pictures', file, 3)], shown)).toEqual(['Upscale 3 pictures']);
    expect(titles([of('training')], shown)).toEqual(['Watch this training']);
    expect(titles([of('detector')], shown)).toEqual(['Try this detector']);
  }
});

test('a set with pictures is asked for, but not where sets are looked at, nor where pictures were asked for', () => {
  const set = [of('dataset'), of('pictures', folder, 120)];
  const both = ['Upscale 120 pictures', 'Open as a dataset (COCO)'];
  expect(titles(set, 'upscale')).toEqual(both);
  expect(titles(set, 'settings')).toEqual(both);
  expect(titles(set, 'datasets')).toEqual(['Open this dataset']);
  expect(titles([of('pictures')], 'datasets')).toEqual(['Open this dataset']);
  expect(titles(set, 'upscale', 'pictures')).toEqual(['Upscale 120 pictures']);
  expect(titles([of('network', file)], 'upscale', 'pictures')).toEqual(['Add as a network']);
});

test('a place takes for itself what it has a use for', () => {
  expect(titles([of('pictures', file)], 'detectors')).toEqual(['Find objects in these pictures']);
  useCompression.setState({ mode: 'measure' });
  expect(titles([of('network', file)], 'compression')).toEqual(['Measure this model']);
  useCompression.setState({ mode: 'watch' });
  expect(titles([of('network', file)], 'compression')).toEqual(['Add as a network']);
});

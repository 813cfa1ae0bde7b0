import { create } from 'zustand';
import type { FileHandle } from '../../src-main/contract/index.ts';
import { showPage } from './session.ts';

/** What one place gives to another to go on with. */
interface HandOver {
  /** A dataset to train a detector with. */
  readonly dataset: FileHandle | null;
}

export const useHandOver = create<HandOver>(() => ({ dataset: null }));

/** Shows where detectors are trained, with this dataset chosen. */
export function trainWith(dataset: FileHandle): void {
  useHandOver.setState({ dataset });
  showPage('detectors');
}

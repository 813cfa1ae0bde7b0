import { create } from 'zustand';
import type { AdmitResult, FileHandle } from '../../src-main/contract/index.ts';
import { showPage } from './session.ts';

/** What one place gives to another to go on with. */
interface HandOver {
  /** A dataset to train a detector with. */
  readonly dataset: FileHandle | null;
  /** Whether it is a training of a detector that is to be seen. */
  readonly training: boolean;
  /** A dataset to look at and convert. */
  readonly opened: AdmitResult | null;
}

export const useHandOver = create<HandOver>(() => ({ dataset: null, training: false, opened: null }));

/** Shows where detectors are trained, with this dataset chosen. */
export function trainWith(dataset: FileHandle): void {
  useHandOver.setState({ dataset });
  showPage('detectors');
}

/** Shows the training of a detector that runs, or ran last. */
export function showTraining(): void {
  useHandOver.setState({ training: true });
  showPage('detectors');
}

/** Shows where datasets are looked at, and opens this one. */
export function lookAt(opened: AdmitResult): void {
  useHandOver.setState({ opened });
  showPage('datasets');
}

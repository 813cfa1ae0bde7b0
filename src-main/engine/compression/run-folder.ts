import { stat } from 'node:fs/promises';
import { RefineryError } from '../../contract/errors.ts';
import { FolderReader } from './folder-reader.ts';
import type { Run } from './types.ts';

export interface RunFolderOptions {
  /** Absolute paths of files elsewhere that belong to the run: console logs, an NNCF configuration. */
  readonly also?: readonly string[];
}

/**
 * Reads all that a training left in its output folder. Files that are damaged or not yet whole are told in
 * `problems`, and the rest is read.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND` when there is no such folder.
 */
export async function readRunFolder(folder: string, { also = [] }: RunFolderOptions = {}): Promise<Run> {
  await requireFolder(folder);
  const reader = new FolderReader(folder, also);
  await reader.refresh();
  return reader.run;
}

/** @throws {RefineryError} `INPUT_NOT_FOUND`. */
export async function requireFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory()) return;
  throw new RefineryError('INPUT_NOT_FOUND', 'The training’s folder isn’t there.', {
    hint: 'Choose the output_dir that the training was started with.',
    details: folder,
  });
}

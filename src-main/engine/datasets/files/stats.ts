import { type Stats, statSync } from 'node:fs';
import { RefineryError } from '../../../contract/errors.ts';
import { noFile } from './notes.ts';

/** What is at a path, links followed; nothing where there can't be anything, as under a name that is too long. */
export function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/** @throws {RefineryError} `INPUT_UNSUPPORTED` for what would be read without end, or waited for. */
export function refuseNoFile(path: string): void {
  const found = statsOf(path);
  if (found === undefined || found.isFile()) return;
  throw new RefineryError(
    'INPUT_UNSUPPORTED',
    found.isDirectory() ? `${path} is a folder, not a file.` : `${path} can't be read: ${noFile}.`,
  );
}

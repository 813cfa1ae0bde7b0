import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '../../io/alive.ts';

const mine = new Set<string>();
const owned = /^refinery-(?:archive|items|pictures)-(\d+)-/;

/**
 * A temporary folder of this process, which takes it along when it ends. Those of processes that were killed before they
 * could do it, which may hold whole sets, are removed first.
 */
export function temporaryFolder(
  purpose: 'archive' | 'items' | 'pictures',
): { readonly path: string } & AsyncDisposable {
  removeLeftOver();
  const path = mkdtempSync(join(tmpdir(), `refinery-${purpose}-${process.pid}-`));
  if (mine.size === 0) process.once('exit', removeMine);
  mine.add(path);
  return {
    path,
    async [Symbol.asyncDispose]() {
      await rm(path, { recursive: true, force: true });
      mine.delete(path);
      if (mine.size === 0) process.off('exit', removeMine);
    },
  };
}

function removeMine(): void {
  for (const path of mine) rmSync(path, { recursive: true, force: true });
}

function removeLeftOver(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = owned.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    try {
      rmSync(join(tmpdir(), name), { recursive: true, force: true });
    } catch {
      // Another's folder, which isn't ours to remove.
    }
  }
}

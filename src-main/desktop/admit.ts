import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { ipcMain } from 'electron';
import { z } from 'zod';
import type { AdmitResult } from '../contract/files.ts';
import type { EngineClient } from '../contract/wire.ts';
import { isTrustedSender } from './security.ts';

const Paths = z.array(z.string().min(1).max(32_768)).max(100_000);

/** Pasted pictures have no file yet. The limit is one of kindness: what is larger has one. */
const Loose = z
  .array(z.object({ name: z.string().max(255), bytes: z.instanceof(Uint8Array) }))
  .max(64)
  .refine((files) => files.reduce((sum, { bytes }) => sum + bytes.byteLength, 0) <= 512 * 1024 * 1024);

/**
 * Takes what was dropped on the page or pasted into it. The paths come from the preload, which reads them off the
 * browser's own `File` objects; a page can't make one up.
 */
export function handleAdmissions(engine: () => Promise<EngineClient>, pastedFolder: string): void {
  ipcMain.handle('refinery:admit', async (event, paths: unknown, loose: unknown): Promise<AdmitResult> => {
    if (!isTrustedSender(event)) throw new Error('Not a page of Refinery.');
    const files = await Promise.all(
      Loose.parse(loose).map(async ({ name, bytes }) => {
        const folder = join(pastedFolder, randomUUID());
        await mkdir(folder, { recursive: true });
        const path = join(
          folder,
          `${basename(name, extname(name)) || 'Pasted picture'}${extname(name) || '.png'}`,
        );
        await writeFile(path, bytes);
        return path;
      }),
    );
    return (await engine()).call('files.admit', { paths: [...Paths.parse(paths), ...files] });
  });
}

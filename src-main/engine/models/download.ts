import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { RefineryError } from '../../contract/errors.ts';
import type { ModelFile } from '../../contract/models.ts';
import { exists } from '../io/atomic.ts';
import { hashFile } from '../io/hash.ts';

export interface DownloadOptions {
  readonly signal: AbortSignal;
  /** Called with the bytes of this file that are there. */
  readonly onProgress: (received: number) => void;
}

/** Whether a file on disk is the one that a manifest names. */
export async function matches(path: string, file: ModelFile): Promise<boolean> {
  const [algorithm, hash] = file.hash.split(':');
  const status = await stat(path).catch(() => undefined);
  if (status?.size !== file.bytes) return false;
  return (await hashFile(path, algorithm === 'sha384' ? 'sha384' : 'sha256')) === hash;
}

/**
 * Downloads a file of a manifest into a folder. What an earlier try left in `<name>.part` is gone on with, where the
 * server can; a file with the wrong content never gets its name.
 *
 * @throws {RefineryError} `DOWNLOAD_FAILED`, or the signal's reason.
 */
export async function downloadFile(file: ModelFile, folder: string, options: DownloadOptions): Promise<void> {
  const target = join(folder, file.name);
  if ((await exists(target)) && (await matches(target, file))) return options.onProgress(file.bytes);
  if (!file.url) throw new RefineryError('DOWNLOAD_FAILED', `There is no address for ${file.name}.`);
  await mkdir(dirname(target), { recursive: true });
  const part = `${target}.part`;
  let received = (await stat(part).catch(() => undefined))?.size ?? 0;
  if (received >= file.bytes) {
    await rm(part, { force: true });
    received = 0;
  }
  try {
    const response = await fetch(file.url, {
      signal: options.signal,
      headers: received > 0 ? { range: `bytes=${received}-` } : {},
    });
    if (!response.ok || !response.body) throw new Error(`The server answered ${response.status}.`);
    const resumed = response.status === 206;
    if (!resumed) received = 0;
    const body = Readable.fromWeb(response.body as import('node:stream/web').ReadableStream);
    body.on('data', (chunk: Buffer) => {
      received += chunk.length;
      options.onProgress(received);
      if (received > file.bytes) body.destroy(new Error('The server sends more than the file has.'));
    });
    await pipeline(body, createWriteStream(part, { flags: resumed ? 'a' : 'w' }), { signal: options.signal });
  } catch (cause) {
    if (options.signal.aborted) throw options.signal.reason;
    throw new RefineryError('DOWNLOAD_FAILED', `${file.name} could not be downloaded.`, {
      hint: 'Check the connection and try again: it goes on where it stopped. Files from disk work too.',
      cause,
      details: describe(cause),
    });
  }
  if (!(await matches(part, file))) {
    await rm(part, { force: true });
    throw new RefineryError(
      'DOWNLOAD_FAILED',
      `${file.name} arrived with other content than the list says.`,
      {
        hint: 'It was thrown away. Try again later, or from another network.',
      },
    );
  }
  await rename(part, target);
}

/** fetch hides the reason in its cause. */
function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  return thrown.cause instanceof Error ? `${thrown.message}: ${thrown.cause.message}` : thrown.message;
}

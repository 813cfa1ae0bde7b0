import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import type { Unpacking } from './unpacking.ts';

/** Unpacks a tar file, packed by gzip or not, in one reading. */
export async function unpackTar(path: string, unpacking: Unpacking): Promise<void> {
  let failure: unknown;
  const attempt = (work: () => void): void => {
    try {
      if (failure === undefined) work();
    } catch (thrown) {
      failure = thrown;
    }
  };
  const take = (entry: ReadEntry): void => {
    attempt(() => {
      if (!unpacking.wants(entry.path, kindOf(entry))) return;
      const file = unpacking.create(entry.path);
      entry.on('data', (bytes) => attempt(() => file.write(bytes as Uint8Array)));
      entry.on('end', () => attempt(() => file.close()));
    });
    entry.resume();
  };
  const parser = new Parser({ strict: true, onReadEntry: take });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
  });
  // It is awaited at the end; until then a failure must not count as one that nobody hears.
  ended.catch(() => undefined);
  for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    parser.write(bytes as Buffer);
    if (failure !== undefined) throw failure;
  }
  parser.end();
  await ended;
  if (failure !== undefined) throw failure;
}

function kindOf({ type }: ReadEntry): 'file' | 'folder' | 'other' {
  if (type === 'Directory' || type === 'GNUDumpDir') return 'folder';
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile' ? 'file' : 'other';
}

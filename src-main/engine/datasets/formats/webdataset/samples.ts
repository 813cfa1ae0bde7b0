import { createReadStream } from 'node:fs';
import { Parser, type ReadEntry } from 'tar';
import { RefineryError } from '../../../../contract/errors.ts';
import { refuseEmpty } from '../../files/folder.ts';
import { safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';

/** Files of one key, by what follows it. */
export interface Sample {
  readonly key: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Most bytes of one file of a shard. */
const mostBytes = 256 * 1024 * 1024;

/** The key ends at the first dot of the name; folders belong to it. */
export function splitKey(path: string): { readonly key: string; readonly ending: string } {
  const [, key = path, ending = ''] = /^((?:.*\/)?[^/.]+)\.(.*)$/.exec(path) ?? [];
  return { key, ending: ending.toLowerCase() };
}

/**
 * Samples of a shard in their order: files in a row that have one key. Nothing is unpacked to the disk.
 *
 * @throws {RefineryError} `INPUT_CORRUPT` where the archive is damaged; what came before has been handed out then.
 */
export async function* samplesIn(path: string, complain: (reason: string) => void): AsyncGenerator<Sample> {
  let failure: unknown;
  let current: { key: string; files: Map<string, Buffer> } | undefined;
  const ready: Sample[] = [];
  const next = (key: string): void => {
    if (current !== undefined && current.key !== key) {
      ready.push(current);
      current = undefined;
    }
    current ??= { key, files: new Map() };
  };
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry: ReadEntry) => {
      const name = safeRelative(entry.path);
      const file = entry.type === 'File' || entry.type === 'OldFile' || entry.type === 'ContiguousFile';
      if (!file || name === null || entry.size > mostBytes) {
        if (entry.type !== 'Directory') {
          complain(
            `${JSON.stringify(entry.path)} is a link, too large, or has a path that leads out of the archive`,
          );
        }
        entry.resume();
        return;
      }
      const { key, ending } = splitKey(name);
      next(key);
      const own = current!;
      const pieces: Buffer[] = [];
      entry.on('data', (bytes) => pieces.push(Buffer.from(bytes as Uint8Array)));
      entry.on('end', () => own.files.set(ending, Buffer.concat(pieces)));
    },
  });
  const ended = new Promise<void>((resolve) => {
    parser.on('end', () => resolve());
    parser.on('error', (thrown) => {
      failure ??= thrown;
      resolve();
    });
  });
  const check = (): void => {
    if (failure === undefined) return;
    const why = reasonOf(failure).replace(/^TAR_\w+: /, '');
    throw new RefineryError('INPUT_CORRUPT', `The archive ${path} can't be read: ${why}.`);
  };
  refuseEmpty(path);
  let [length, packed] = [0, false];
  for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    const piece = bytes as Buffer;
    if (length === 0) packed = piece[0] === 0x1f && piece[1] === 0x8b;
    length += piece.length;
    parser.write(piece);
    yield* ready.splice(0);
    check();
  }
  parser.end();
  await ended;
  // The parser says nothing of a head that is cut off.
  if (!packed && length % 512 !== 0) failure ??= 'it ends in the middle of a block';
  if (current !== undefined) ready.push(current);
  yield* ready.splice(0);
  check();
}

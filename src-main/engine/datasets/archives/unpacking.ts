import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { inside, isShadow, safeRelative } from '../files/paths.ts';

/** What an archive may grow to. */
export interface Limits {
  readonly entries: number;
  /** Of all files together. */
  readonly bytes: number;
  /** Unpacked bytes for each packed one, asked once there are more than 64 MiB. Pictures give 1, text 20. */
  readonly ratio: number;
}

export interface ArchiveOptions {
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal;
  /** The folder in the archive that is wanted alone, with forward slashes. */
  readonly within?: string;
  /** Told of packed bytes as they are gone through. */
  onProgress?(done: number, total: number): void;
  /** Resolves at once, or when it may go on. It is asked again and again. */
  waitWhilePaused?(): Promise<void>;
}

const usual: Limits = { entries: 3_000_000, bytes: 512 * 1024 ** 3, ratio: 200 };
const smallEnough = 64 * 1024 * 1024;

/** A folder that an archive's files are written to, and the guard at its door. It believes no size in a header. */
export class Unpacking {
  readonly #folder: string;
  readonly #packed: number;
  readonly #limits: Limits;
  readonly #signal: AbortSignal | undefined;
  /** The folder in the archive that is wanted alone; '' for all of it. */
  readonly within: string;
  readonly #options: Pick<ArchiveOptions, 'onProgress' | 'waitWhilePaused'>;
  readonly #folders = new Set<string>();
  #entries = 0;
  #bytes = 0;
  #passed = 0;

  constructor(folder: string, packed: number, options: ArchiveOptions) {
    this.#folder = folder;
    this.#packed = packed;
    this.#limits = { ...usual, ...options.limits };
    this.#signal = options.signal;
    this.within = options.within ?? '';
    this.#options = options;
  }

  /** Whether an entry is a file to be written. Folders come with their files. */
  wants(path: string, kind: 'file' | 'folder' | 'other'): boolean {
    this.#signal?.throwIfAborted();
    this.#entries += 1;
    if (this.#entries > this.#limits.entries) throw tooLarge('it has too many entries');
    const bare = path.replace(/\/+$/, '');
    if (kind === 'folder' && /^\.?$/.test(bare)) return false;
    const safe = safeRelative(bare);
    if (safe === null) {
      throw refused(`the path ${JSON.stringify(path)} leads out of it`);
    }
    if (kind === 'other') throw refused(`${JSON.stringify(path)} is a link or a device`);
    return kind === 'file' && !isShadow(path) && (this.within === '' || safe.startsWith(`${this.within}/`));
  }

  /** Takes note of packed bytes that were gone through, and resolves when it may go on. */
  async passed(bytes: number): Promise<void> {
    this.#passed = Math.min(this.#passed + bytes, this.#packed);
    this.#options.onProgress?.(this.#passed, this.#packed);
    await this.#options.waitWhilePaused?.();
  }

  /** Opens an entry's file. A name that comes twice replaces the first, as with every unpacker. */
  create(path: string): { write(bytes: Uint8Array): void; close(): void } {
    const target = inside(this.#folder, path);
    const folder = dirname(target);
    if (!this.#folders.has(folder)) mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
    const file = openSync(target, 'w');
    return {
      write: (bytes) => {
        this.#signal?.throwIfAborted();
        this.#bytes += bytes.length;
        if (this.#bytes > this.#limits.bytes) throw tooLarge('it unpacks to too many bytes');
        checkRatio(this.#bytes, this.#packed, this.#limits.ratio);
        for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
      },
      close: () => closeSync(file),
    };
  }
}

/** @throws {RefineryError} `INPUT_TOO_LARGE` where an archive has unpacked to more than it can honestly hold. */
export function checkRatio(bytes: number, packed: number, ratio = usual.ratio): void {
  if (bytes > smallEnough && bytes > packed * ratio)
    throw tooLarge('it unpacks to far more bytes than it has, as a zip bomb does');
}

const refused = (why: string): RefineryError =>
  new RefineryError('INPUT_CORRUPT', `The archive is refused: ${why}.`, {
    hint: 'Unpack it yourself if you trust it, and open the folder.',
  });

const tooLarge = (why: string): RefineryError =>
  new RefineryError('INPUT_TOO_LARGE', `The archive is refused: ${why}.`, {
    hint: 'Unpack it yourself if you trust it, and open the folder.',
  });

export const noSpace = (path: string): RefineryError =>
  new RefineryError('DISK_FULL', `There is no room to unpack ${path} for reading it.`, {
    hint: `Make room in ${tmpdir()}, or set TMPDIR to a folder on a larger disk.`,
  });

/** What of an archive's names a disk can't hold, by the system's code. */
const unpackable: readonly (readonly [codes: readonly string[], why: string])[] = [
  [['ENAMETOOLONG'], 'one of its names is longer than this disk can hold'],
  [['EISDIR', 'EEXIST', 'ENOTDIR'], 'one of its names is a file and a folder at once'],
  [['EINVAL'], 'one of its names is none that this disk can hold'],
];

/** What is thrown for an archive that can't be read. */
export function corrupt(path: string, thrown: unknown): RefineryError {
  const code = String((thrown as NodeJS.ErrnoException | null)?.code ?? '');
  const own = thrown instanceof Error ? thrown.message : String(thrown);
  const why = unpackable.find(([codes]) => codes.includes(code))?.[1] ?? own;
  return new RefineryError(
    'INPUT_CORRUPT',
    `The archive ${path} can't be read: ${why.replace(/\.+$/, '')}.`,
    { cause: thrown },
  );
}

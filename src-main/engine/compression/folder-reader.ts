import { type FileHandle, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { assembleRun, type RunFile } from './assemble.ts';
import { type Contents, type Kind, kindOf, openSource, type SourceReader, sources } from './sources.ts';
import type { FileProblem, Run } from './types.ts';

/** Folders of a run that are looked into: the output, its checkpoints, and TensorBoard's. */
const inner = /^(?:output|runs|logs|(?:tmp-)?checkpoint-\d+)$/;
const chunkSize = 1 << 20;
/** Bytes of a file that is read as one; the IR of a large model has some tens of millions. */
const largestWhole = 256 << 20;
/** How much of what was read last is compared before more is appended. */
const tailLength = 64;
/** A checkpoint of a large model has some dozens of files; a folder with more than this is not a run. */
const mostEntries = 20_000;

interface Tracked {
  readonly kind: Kind;
  reader: SourceReader<Contents[Kind]>;
  inode: number;
  size: number;
  modified: number;
  /** Bytes given to the reader. */
  offset: number;
  tail: Buffer;
  /** What the file said before it was written anew; stands in while the new one is not yet whole. */
  readonly before?: Contents[Kind] | undefined;
  fault?: FileProblem;
}

/**
 * Reads a run's folder and, each time it is asked again, what has changed since: only the new bytes of files that
 * grow, all of files that were written anew, and a file from its beginning when another took its place.
 */
export class FolderReader {
  readonly folder: string;
  /** Files elsewhere that belong to the run, such as a console log or a configuration beside the folder. */
  readonly #also: readonly string[];
  readonly #files = new Map<string, Tracked>();
  readonly #weights = new Map<string, number>();
  #folders: string[] = [];
  #problem: FileProblem | undefined;

  constructor(folder: string, also: readonly string[] = []) {
    this.folder = folder;
    this.#also = also;
  }

  /** Folders that hold the run's files, for watching. */
  get folders(): readonly string[] {
    return this.#folders;
  }

  /** Part of the bytes of what is there that was read by now, 0 to 1; below 1 after a look that ended early. */
  get readPart(): number {
    let [read, all] = [0, 0];
    for (const { offset, size } of this.#files.values()) {
      read += offset;
      all += Math.max(size, offset);
    }
    return all === 0 ? 1 : read / all;
  }

  /**
   * Reads what is new. A file that grows is read in pieces: past the time limit the rest of it stays for the next look.
   *
   * @param limit milliseconds.
   * @returns paths of the files that changed, came or went.
   */
  async refresh(limit = Number.POSITIVE_INFINITY): Promise<string[]> {
    const deadline = performance.now() + limit;
    const found = await this.#list();
    const changed: string[] = [];
    for (const path of this.#files.keys()) {
      if (found.includes(path)) continue;
      this.#files.delete(path);
      changed.push(path);
    }
    // What is read whole comes first: configuration and states say most, and are small.
    const growing = (path: string): boolean => sources[kindOf(path) ?? kindAlso(path)].growing;
    for (const path of [...found.filter((one) => !growing(one)), ...found.filter(growing)]) {
      if (await this.#update(path, deadline)) changed.push(path);
    }
    return changed;
  }

  get run(): Run {
    const files = [...this.#files].map(([path, tracked]): RunFile => {
      const { kind, reader, modified, before, fault } = tracked;
      const binBytes = this.#weights.get(path.replace(/\.xml$/, '.bin'));
      const problems = fault ? [fault] : reader.problems;
      const shared = { path, modified, problems, ...(binBytes === undefined ? {} : { binBytes }) };
      return { ...shared, kind, value: fault ? undefined : (reader.value ?? before) } as RunFile;
    });
    return assembleRun(this.folder, files, this.#problem ? [{ file: '.', ...this.#problem }] : []);
  }

  async #list(): Promise<string[]> {
    const paths: string[] = [];
    const folders: string[] = [];
    this.#problem = undefined;
    let entries = 0;
    const visit = async (folder: string): Promise<void> => {
      const listed = await readdir(join(this.folder, folder), { withFileTypes: true }).catch(
        (cause: Error) => {
          if (folder === '')
            this.#problem = { severity: 'error', message: `It can’t be read. ${cause.message}` };
          return [];
        },
      );
      folders.push(join(this.folder, folder));
      for (const entry of listed.sort((one, other) => (one.name < other.name ? -1 : 1))) {
        if (++entries > mostEntries) return;
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          const depth = folder.split('/').length;
          if (inner.test(entry.name) || (/(?:^|\/)(?:runs|logs)$/.test(folder) && depth < 4))
            await visit(path);
        } else if (kindOf(path)) paths.push(path);
        else if (entry.name === 'openvino_model.bin') await this.#weigh(path);
      }
    };
    await visit('');
    this.#folders = folders;
    return [...paths, ...this.#also];
  }

  async #weigh(path: string): Promise<void> {
    const found = await stat(join(this.folder, path)).catch(() => undefined);
    if (found) this.#weights.set(path, found.size);
  }

  async #update(path: string, deadline: number): Promise<boolean> {
    const kind = kindOf(path) ?? kindAlso(path);
    const place = this.#also.includes(path) ? path : join(this.folder, path);
    let handle: FileHandle | undefined;
    const known = this.#files.get(path);
    try {
      const before = await stat(place);
      const modified = before.mtimeMs / 1000;
      const whole = known?.offset === known?.size;
      if (known && !known.fault && whole && known.inode === before.ino && known.size === before.size) {
        if (known.modified === modified) return false;
        // Touched, or written anew with the same length.
        if (sources[kind].growing && known.offset === before.size) {
          handle = await open(place, 'r');
          if (await sameTail(handle, known)) {
            known.modified = modified;
            return false;
          }
        }
      }
      handle ??= await open(place, 'r');
      const { ino, size } = await handle.stat();
      if (!sources[kind].growing && !sources[kind].unlimited && size > largestWhole)
        throw new Error('It is larger than any such file.');
      const grown =
        known && !known.fault && sources[kind].growing && known.inode === ino && size >= known.offset;
      const tracked =
        grown && (await sameTail(handle, known))
          ? known
          : {
              kind,
              reader: openSource(kind, path),
              inode: ino,
              size,
              modified,
              offset: 0,
              tail: Buffer.alloc(0),
              before: sources[kind].growing ? undefined : (known?.reader.value ?? known?.before),
            };
      const ended = await append(
        handle,
        tracked,
        sources[kind].growing ? deadline : Number.POSITIVE_INFINITY,
      );
      await tracked.reader.settle?.();
      Object.assign(tracked, { size: ended ? tracked.offset : size, modified });
      this.#files.set(path, tracked);
      return true;
    } catch (cause) {
      const message = `It can’t be read. ${cause instanceof Error ? cause.message : String(cause)}`;
      if (known?.fault?.message === message) return false;
      const fault: FileProblem = { severity: 'error', message };
      const reader = openSource(kind, path);
      const nothing = { inode: 0, size: 0, modified: 0, offset: 0, tail: Buffer.alloc(0) };
      this.#files.set(path, { kind, reader, ...nothing, fault });
      return true;
    } finally {
      await handle?.close();
    }
  }
}

/** A file that was named, not found, may have any name; most are console logs. */
function kindAlso(path: string): Kind {
  if (path.endsWith('.json')) return 'compression-config';
  return path.endsWith('.csv') ? 'structure' : 'console';
}

/** Whether what was read last still stands where it stood; otherwise the file was written anew. */
async function sameTail(handle: FileHandle, { tail, offset }: Tracked): Promise<boolean> {
  const there = Buffer.alloc(tail.length);
  const { bytesRead } = await handle.read(there, 0, tail.length, offset - tail.length);
  return bytesRead === tail.length && there.equals(tail);
}

/** Gives a reader what is new, or as much as time allows, at least a piece. @returns whether that was all. */
async function append(handle: FileHandle, tracked: Tracked, deadline: number): Promise<boolean> {
  const buffer = Buffer.alloc(chunkSize);
  for (let first = true; first || performance.now() < deadline; first = false) {
    const { bytesRead } = await handle.read(buffer, 0, chunkSize, tracked.offset);
    if (bytesRead === 0) return true;
    const bytes = buffer.subarray(0, bytesRead);
    tracked.reader.push(bytes);
    tracked.offset += bytesRead;
    tracked.tail = Buffer.from(
      Buffer.concat([tracked.tail, bytes.subarray(-tailLength)]).subarray(-tailLength),
    );
  }
  return false;
}

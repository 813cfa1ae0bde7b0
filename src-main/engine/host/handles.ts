import { randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import type { AdmitResult, FileHandle } from '../../contract/files.ts';
import { isBelow } from '../io/below.ts';
import type { Journal } from '../jobs/journal.ts';
import { forPeople } from './folders.ts';

/** Turns paths into handles and back. Handles live in the journal, so that a restart of the engine keeps them. */
export class Handles {
  readonly #journal: Journal;
  readonly #allowed: readonly string[];

  /** @param allowed folders below which {@link admitAllowed} takes paths. */
  constructor(journal: Journal, allowed: readonly string[]) {
    this.#journal = journal;
    this.#allowed = allowed;
  }

  async admit(paths: readonly string[]): Promise<AdmitResult> {
    const result: AdmitResult = { handles: [], refused: [] };
    for (const given of paths) {
      try {
        result.handles.push(await this.#admitOne(resolve(given)));
      } catch (thrown) {
        result.refused.push({ name: basename(given), reason: reasonOf(thrown) });
      }
    }
    return result;
  }

  /**
   * Takes a path that a page named, if it really lies below an allowed folder, links followed.
   *
   * @throws {RefineryError} `FORBIDDEN`
   */
  async admitAllowed(path: string): Promise<AdmitResult> {
    const real = await realpath(path).catch(() => undefined);
    for (const folder of this.#allowed) {
      const root = await realpath(folder).catch(() => undefined);
      if (real !== undefined && root !== undefined && isBelow(real, root)) return this.admit([real]);
    }
    throw new RefineryError(
      'FORBIDDEN',
      'This path is not in a folder that the server allows, or is not there.',
      {
        hint: 'Upload the files, or start the server with --allow and the folder.',
      },
    );
  }

  async describe(id: string): Promise<FileHandle> {
    const path = this.path(id);
    try {
      return describe(id, path, await stat(path));
    } catch (thrown) {
      throw new RefineryError('INPUT_NOT_FOUND', `${basename(path)}: ${reasonOf(thrown)}`, {
        hint: 'Choose it again.',
      });
    }
  }

  /** @throws {RefineryError} `HANDLE_UNKNOWN` */
  path(id: string): string {
    const path = this.#journal.pathOfHandle(id);
    if (path === undefined) {
      throw new RefineryError('HANDLE_UNKNOWN', 'This file was not handed to Refinery.', {
        hint: 'Choose or drop it again.',
      });
    }
    return path;
  }

  /** The path of a file that a page asks a picture of, as `file-` and its handle. */
  pathOf(picture: string): string | undefined {
    return picture.startsWith('file-') ? this.path(picture.slice('file-'.length)) : undefined;
  }

  async #admitOne(path: string): Promise<FileHandle> {
    const real = await realpath(path);
    const status = await stat(real);
    if (!status.isFile() && !status.isDirectory()) throw new Error('It is neither a file nor a folder.');
    // The name the person knows stays, also where it is a link.
    const id = this.#journal.handleOfPath(path, () => randomBytes(18).toString('base64url'));
    return describe(id, path, status);
  }
}

function describe(id: string, path: string, status: Stats): FileHandle {
  const folder = status.isDirectory();
  return {
    id,
    name: basename(path),
    location: forPeople(folder ? path : dirname(path)),
    kind: folder ? 'folder' : 'file',
    size: folder ? 0 : status.size,
  };
}

function reasonOf(thrown: unknown): string {
  const code = (thrown as NodeJS.ErrnoException).code;
  switch (code) {
    case 'ENOENT':
      return 'It is not there.';
    case 'EACCES':
    case 'EPERM':
      return 'You have no permission to read it.';
    case 'ELOOP':
      return 'Its links go round in a circle.';
    case 'ENAMETOOLONG':
      return 'Its name is too long for this system.';
    default:
      return thrown instanceof Error ? thrown.message : String(thrown);
  }
}

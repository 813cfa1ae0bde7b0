import { statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { NameParts } from '../../contract/names.ts';
import type { Receipt, UpscaleResult, UpscaleSettings } from '../../contract/upscale.ts';
import { targetError } from '../imaging/errors.ts';
import { exists, publish, removeQuietly, syncFile } from '../io/atomic.ts';
import { hashFile } from '../io/hash.ts';
import { fileName, fillPattern } from '../io/names.ts';
import { writeReceipt } from '../io/receipts.ts';

/** A checked result that lies beside its place and is about to get its name. */
export interface PendingCommit {
  readonly temporary: string;
  readonly target: string;
  readonly sha256: string;
  readonly receipt: Receipt;
}

/** More than this many results of one name are a mistake in the pattern. */
const mostOfOneName = 10_000;

/**
 * Remembers which source each name went to, so that two pictures of one batch never replace each other. A source is never
 * a target, by whatever links either is reached: overwriting may replace old results, not originals.
 */
export class ResultNames {
  readonly #claims = new Map<string, string>();
  readonly #sources: () => Iterable<string>;
  /** What was found of each source: which file it really is. */
  readonly #identities = new Map<string, string>();

  /** @param sources all pictures that are to be enlarged, or were. */
  constructor(sources: () => Iterable<string>) {
    this.#sources = sources;
  }

  /** Whether a file that is there is one of the sources. */
  isSource(target: string): boolean {
    const identity = identityOf(target);
    if (identity === undefined) return false;
    for (const source of this.#sources()) {
      let known = this.#identities.get(source);
      if (known === undefined) {
        known = identityOf(source) ?? '';
        this.#identities.set(source, known);
      }
      if (known === identity) return true;
    }
    return false;
  }

  /** Takes a name for a source, unless another one has it. */
  claim(target: string, source: string): boolean {
    if (target === source) return false;
    const owner = this.#claims.get(target);
    if (owner !== undefined && owner !== source) return false;
    this.#claims.set(target, source);
    return true;
  }

  release(target: string): void {
    this.#claims.delete(target);
  }
}

/** The same for every path to a file; undefined where there is none. */
function identityOf(path: string): string | undefined {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

interface Publication {
  readonly jobId: string;
  readonly temporary: string;
  readonly folder: string;
  readonly extension: string;
  readonly inputPath: string;
  readonly settings: UpscaleSettings;
  readonly parts: NameParts;
}

/**
 * Gives a checked temporary file the first free name of its pattern, journalled before and complete after.
 *
 * @throws {RefineryError} one of the `OUTPUT_…` codes, or `DISK_FULL`.
 */
export async function publishResult(
  names: ResultNames,
  publication: Publication,
  sha256: string,
  receiptFor: (name: string, bytes: number) => Receipt,
  beforeCommit: (pending: PendingCommit) => Promise<void>,
): Promise<UpscaleResult> {
  const { temporary, folder, extension, inputPath, settings } = publication;
  const stem = fillPattern(settings.pattern, publication.parts, extension);
  try {
    await syncFile(temporary);
    const { size } = await stat(temporary);
    for (let counter = 1; counter <= mostOfOneName; counter += 1) {
      const target = join(folder, fileName(stem, extension, counter));
      if (!names.claim(target, inputPath)) continue;
      const isKept = settings.overwrite ? names.isSource(target) || isFolder(target) : await exists(target);
      if (isKept) {
        names.release(target);
        continue;
      }
      const receipt = receiptFor(basename(target), size);
      await beforeCommit({ temporary, target, sha256, receipt });
      try {
        await publish(temporary, target, folder, settings.overwrite);
      } catch (thrown) {
        names.release(target);
        // Somebody else took the name at this very moment.
        if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') continue;
        throw thrown;
      }
      if (settings.sidecar) await writeReceipt(target, receipt, publication.jobId, settings.overwrite);
      return { outputPath: target, receipt };
    }
    throw Object.assign(new Error('Every name of this pattern is taken.'), { code: 'EEXIST' });
  } catch (thrown) {
    throw targetError(folder, thrown);
  }
}

/**
 * After a crash between journal and name: a target with the right content is the result; a temporary file with the
 * right content gets its name now; anything else is lost and made again.
 */
export async function recoverCommit(pending: PendingCommit, jobId: string): Promise<'done' | 'lost'> {
  const holds = async (path: string): Promise<boolean> =>
    (await exists(path)) && (await hashFile(path).catch(() => '')) === pending.sha256;
  try {
    if (!(await holds(pending.target))) {
      if (!(await holds(pending.temporary))) return 'lost';
      const { overwrite, sidecar } = pending.receipt.settings;
      await publish(pending.temporary, pending.target, dirname(pending.target), overwrite);
      if (sidecar) await writeReceipt(pending.target, pending.receipt, jobId, overwrite);
    }
    return 'done';
  } catch {
    return 'lost';
  } finally {
    await removeQuietly(pending.temporary);
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import { publish, removeQuietly, syncFile, temporaryPath } from '../../io/atomic.ts';

/**
 * Writes a text beside its place, reads it back, and only then gives it its name.
 *
 * @throws {RefineryError} `OUTPUT_EXISTS` when the name is taken and `overwrite` isn't set, `OUTPUT_NOT_WRITABLE`,
 *   `OUTPUT_CHECK_FAILED`.
 */
export async function saveText(
  path: string,
  text: string,
  { overwrite = false }: { overwrite?: boolean } = {},
): Promise<void> {
  const folder = dirname(resolve(path));
  const temporary = temporaryPath(folder, 'report');
  try {
    await writeFile(temporary, text);
    await syncFile(temporary);
    if ((await readFile(temporary, 'utf8')) !== text) {
      throw new RefineryError('OUTPUT_CHECK_FAILED', 'What was written isn’t what is on the disk.', {
        hint: 'Check the disk, or choose another folder.',
      });
    }
    await publish(temporary, resolve(path), folder, overwrite);
  } catch (cause) {
    if (cause instanceof RefineryError) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new RefineryError('OUTPUT_EXISTS', 'There is a file of this name already.', {
        hint: 'Choose another name, or ask for it to be replaced.',
        details: path,
      });
    }
    throw new RefineryError('OUTPUT_NOT_WRITABLE', 'The file can’t be written there.', {
      hint: 'Choose a folder that exists and that you may write to.',
      cause,
    });
  } finally {
    await removeQuietly(temporary);
  }
}

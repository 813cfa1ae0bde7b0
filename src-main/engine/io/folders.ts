import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder and those above it. Not by `recursive`: in a place where nothing can be made, such as `/proc`, Node tries
 * that for ever.
 *
 * @throws {NodeJS.ErrnoException} `ENOTDIR` where a file has the name of one of them, and what the system says.
 */
export async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return;
  if (found !== undefined) {
    throw Object.assign(new Error(`ENOTDIR: not a directory, mkdir '${path}'`), { code: 'ENOTDIR' });
  }
  if (dirname(path) !== path) await makeFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (thrown) {
    // Somebody else may have made it at this moment.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw thrown;
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { publish, removeQuietly, temporaryPath } from './atomic.ts';

/**
 * Writes `<output>.receipt.json` beside what it is of; where there is one, `.receipt-2.json` and so on. One that says the
 * same is this one: it was written before a crash.
 *
 * @param key names the temporary file; see `removeTemporaries`.
 * @param overwrite whether the first of them may be replaced, as what it was of is.
 * @returns its path.
 */
export async function writeReceipt(
  output: string,
  receipt: object,
  key: string,
  overwrite = false,
): Promise<string> {
  const text = `${JSON.stringify(receipt, null, 2)}\n`;
  const folder = dirname(output);
  const temporary = temporaryPath(folder, key, '.json');
  try {
    await writeFile(temporary, text, { flag: 'wx' });
    for (let number = 1; ; number += 1) {
      const path = `${output}.receipt${number === 1 ? '' : `-${number}`}.json`;
      try {
        await publish(temporary, path, folder, overwrite);
        return path;
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown;
        if ((await readFile(path, 'utf8').catch(() => '')) === text) return path;
      }
    }
  } finally {
    await removeQuietly(temporary);
  }
}

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { ZipFile } from 'yazl';
import { type ErrorValue, toErrorValue } from '../contract/errors.ts';

/** A result that goes into a bundle, or why it can't. */
export type Bundled = { readonly path: string } | { readonly name: string; readonly error: ErrorValue };

/**
 * Puts files into one ZIP as they are; pictures are compressed already. What is missing is listed in a text among them,
 * since nobody sees a message beside a download.
 */
export async function zipOf(results: readonly Bundled[]): Promise<ZipFile> {
  const zip = new ZipFile();
  const taken = new Set<string>();
  const missing: string[] = [];
  for (const result of results) {
    if ('error' in result) {
      missing.push(`${result.name}: ${result.error.message}`);
      continue;
    }
    const { path } = result;
    try {
      const found = await stat(path);
      if (!found.isFile()) throw new Error('It is no file.');
      // Not by yazl's own streams, which stay open where a download is broken off.
      zip.addReadStreamLazy(
        freeName(basename(path), taken),
        { compress: false, mtime: found.mtime },
        (use) => {
          const stream = createReadStream(path);
          const end = (): unknown => stream.destroy();
          zip.outputStream.once('close', end);
          stream.once('close', () => zip.outputStream.off('close', end));
          use(null, stream);
        },
      );
    } catch (thrown) {
      missing.push(`${basename(path)}: ${toErrorValue(thrown).message}`);
    }
  }
  if (missing.length > 0) {
    const text = `These results are not here:\n\n${missing.join('\n')}\n`;
    zip.addBuffer(Buffer.from(text), freeName('missing.txt', taken));
  }
  zip.end();
  return zip;
}

/** Results of one name come from several folders. */
function freeName(name: string, taken: Set<string>): string {
  const dot = name.lastIndexOf('.');
  const [stem, ending] = dot <= 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)];
  let free = name;
  for (let turn = 2; taken.has(free.toLowerCase()); turn += 1) free = `${stem} (${turn})${ending}`;
  taken.add(free.toLowerCase());
  return free;
}

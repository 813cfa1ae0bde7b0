import { type Entry, openPromise } from 'yauzl';
import { RefineryError } from '../../../contract/errors.ts';
import type { Unpacking } from './unpacking.ts';

/** The bits of a Unix file mode that say what kind of file it is. */
const kindBits = 0o170000;
const regular = 0o100000;
const directory = 0o040000;

/** Unpacks a zip file entry by entry. Sizes and checksums are checked by yauzl while the bytes come. */
export async function unpackZip(path: string, unpacking: Unpacking): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry()) {
      const kind = kindOf(entry);
      if (!unpacking.wants(entry.fileName, kind)) continue;
      if (entry.isEncrypted()) {
        throw new RefineryError('INPUT_UNSUPPORTED', 'The archive is encrypted.', {
          hint: 'Unpack it with its password, and open the folder.',
        });
      }
      const file = unpacking.create(entry.fileName);
      try {
        for await (const bytes of await zip.openReadStreamPromise(entry)) file.write(bytes as Buffer);
      } finally {
        file.close();
      }
    }
  } finally {
    zip.close();
  }
}

function kindOf({ fileName, externalFileAttributes }: Entry): 'file' | 'folder' | 'other' {
  if (fileName.endsWith('/')) return 'folder';
  // Zeros where the archive was made on Windows.
  const kind = (externalFileAttributes >>> 16) & kindBits;
  if (kind === directory) return 'folder';
  return kind === 0 || kind === regular ? 'file' : 'other';
}

import { type Entry, openPromise } from 'yauzl';
import { RefineryError } from '../../../../contract/errors.ts';
import { filesUnder, pictureSize, refuseEmpty } from '../../files/folder.ts';
import { endingOf, fileNameOf, inside, isPicture, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Item, noAttributes, noCategories, ProblemLog } from '../../model/index.ts';
import { InnerPictures } from '../common/pictures.ts';
import { isSubsetName, UniqueIds } from '../common/read.ts';

/** Most bytes of one picture, and how much of them may come of one packed byte. */
const mostBytes = 512 * 1024 * 1024;
const mostRatio = 200;
const smallEnough = 64 * 1024 * 1024;

/** Reads the pictures in every zip archive of a folder; `train.zip` is the subset train. */
export async function readImageZip(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const archives: string[] = [];
  for await (const file of filesUnder(folder)) if (/\.zip$/i.test(file)) archives.push(file);
  if (archives.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no zip archive in ${folder}.`);
  return {
    categories: noCategories,
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      for (const archive of archives) {
        const name = stemOf(fileNameOf(archive));
        const subset = isSubsetName(name) ? name : 'default';
        try {
          yield* picturesIn(folder, archive, subset, ids, problems, options.signal);
        } catch (thrown) {
          options.signal?.throwIfAborted();
          problems.add(archive, '', reasonOf(thrown));
        }
      }
    },
  };
}

async function* picturesIn(
  folder: string,
  archive: string,
  subset: string,
  ids: UniqueIds,
  problems: ProblemLog,
  signal: AbortSignal | undefined,
): AsyncGenerator<Item> {
  const path = inside(folder, archive);
  refuseEmpty(path);
  const pictures = new InnerPictures(path);
  const zip = await openPromise(path, { lazyEntries: true, validateEntrySizes: true });
  try {
    for await (const entry of zip.eachEntry() as AsyncIterable<Entry>) {
      signal?.throwIfAborted();
      if (!isPicture(entry.fileName)) continue;
      const name = safeRelative(entry.fileName);
      const why = name === null ? 'the path leads out of the archive' : refusal(entry);
      if (name === null || why !== null) {
        problems.add(archive, entry.fileName, why!);
        continue;
      }
      try {
        const id = ids.of(subset, name);
        const file = await pictures.at(`${subset}/${id}${id === name ? '' : endingOf(name)}`, async () => {
          const pieces: Buffer[] = [];
          for await (const bytes of await zip.openReadStreamPromise(entry)) pieces.push(bytes as Buffer);
          return Buffer.concat(pieces);
        });
        const media = { kind: 'image', path: file, size: await pictureSize(file) } as const;
        yield { id, subset, media, attributes: noAttributes, annotations: [] };
      } catch (thrown) {
        problems.add(archive, entry.fileName, reasonOf(thrown));
      }
    }
  } finally {
    zip.close();
  }
}

/** Why an entry is not unpacked; its size is checked again while it is. */
function refusal(entry: Entry): string | null {
  if (entry.isEncrypted()) return 'the picture is encrypted';
  if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) return 'it is a link';
  const { uncompressedSize: size, compressedSize: packed } = entry;
  if (size > mostBytes) return 'the picture is too large';
  return size > smallEnough && size > packed * mostRatio ? 'it unpacks to far more bytes than it has' : null;
}

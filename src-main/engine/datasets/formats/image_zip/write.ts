import type { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { isFile } from '../../files/folder.ts';
import type { OutputFolder } from '../../files/output.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { isSubsetName } from '../common/read.ts';
import { writeSet } from '../common/write.ts';

/** The earliest time that an archive can say: the same set gives the same bytes. */
const mtime = new Date(1980, 0, 1);

/** Writes `<subset>.zip` with the pictures as they are: they are packed already. */
export function writeImageZip(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const archives = new Map<string, Map<string, string>>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each({ item, name, output, change, note }) {
      const files = archives.get(item.subset) ?? new Map<string, string>();
      archives.set(item.subset, files);
      if (item.subset !== 'default' && !isSubsetName(item.subset))
        note(`the subset ${item.subset} is the archive's name only`);
      if (options.media !== 'copy') return;
      if (item.media === null || !(await isFile(item.media.path))) {
        output.missing();
        change('the picture is not there to be copied');
      } else if (files.has(name)) note('another picture of the subset has this name');
      else files.set(name, item.media.path);
    },
    async finish(output) {
      for (const [subset, files] of archives) await writeArchive(output, `${subset}.zip`, files);
    },
  });
}

async function writeArchive(
  output: OutputFolder,
  path: string,
  files: ReadonlyMap<string, string>,
): Promise<void> {
  const archive = new ZipFile();
  const stream = archive.outputStream as Readable;
  // What goes wrong with a file is told by the archive, and ends the reading of its bytes.
  archive.on('error', (thrown: Error) => stream.destroy(thrown));
  for (const [name, file] of files) archive.addFile(file, name, { mtime, mode: 0o100644, compress: false });
  archive.end();
  await output.stream(path, stream);
}

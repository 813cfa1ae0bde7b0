import { readFile } from 'node:fs/promises';
import { Header, Pax } from 'tar';
import type { OutputFolder } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { writeMeta } from '../common/meta.ts';
import { isSubsetName } from '../common/read.ts';
import { rowOf } from '../common/rows.ts';
import { writeSet } from '../common/write.ts';
import { splitKey } from './samples.ts';

/** Bytes at which a shard is full. It is in memory until then. */
const fullAt = 64 * 1024 * 1024;

const block = 512;

/** A file of a tar archive: its head, with a longer one before it where the name needs that, and its bytes. */
function entry(path: string, bytes: Uint8Array): Buffer[] {
  // The same set gives the same bytes: no times, no owner.
  const about = {
    path,
    size: bytes.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: new Date(0),
    type: 'File' as const,
  };
  const head = Buffer.alloc(block);
  const header = new Header(about);
  const short = !header.encode(head, 0);
  const long = short ? [] : [new Pax({ path, size: bytes.length }).encode()];
  return [...long, head, Buffer.from(bytes), Buffer.alloc((block - (bytes.length % block)) % block)];
}

/** Shards of one subset. */
class Shards {
  readonly #subset: string;
  readonly #output: OutputFolder;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #count = 0;

  constructor(subset: string, output: OutputFolder) {
    this.#subset = subset;
    this.#output = output;
  }

  async add(files: readonly (readonly [path: string, bytes: Uint8Array])[]): Promise<void> {
    const pieces = files.flatMap(([path, bytes]) => entry(path, bytes));
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
    // The files of a key stay together.
    if (this.#bytes > 0 && this.#bytes + size > fullAt) await this.close();
    this.#pieces.push(...pieces);
    this.#bytes += size;
  }

  async close(): Promise<void> {
    if (this.#bytes === 0) return;
    const name = `${this.#subset}-${String(this.#count).padStart(6, '0')}.tar`;
    // Two empty blocks are the end.
    await this.#output.bytes(name, Buffer.concat([...this.#pieces, Buffer.alloc(2 * block)]));
    this.#count += 1;
    this.#pieces = [];
    this.#bytes = 0;
  }
}

/** Writes shards of some 64 MiB: for each item its picture, `.json` and, where it has a class, `.cls`. */
export function writeWebdataset(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const subsets = new Map<string, Shards>();
  const taken = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { subset } = work.item;
      if (subset !== 'default' && !isSubsetName(subset))
        work.note(`the subset ${subset} is the shards' name only`);
      const { item, id, name, annotations, output, note } = work;
      const shards = subsets.get(item.subset) ?? new Shards(item.subset, output);
      subsets.set(item.subset, shards);
      // A key ends at the first dot. The name itself is in the JSON.
      let key = id.replace(/\.(?=[^/]*$)/g, '_');
      for (let turn = 2; taken.has(`${item.subset}/${key}`); turn += 1)
        key = `${id.replaceAll('.', '_')}_${turn}`;
      taken.add(`${item.subset}/${key}`);
      const row = { file_name: name, ...rowOf(work, labels) };
      const files: [string, Uint8Array][] = [];
      if (options.media === 'copy' && item.media !== null) {
        const bytes = await readFile(item.media.path).catch(() => null);
        if (bytes === null) note('the picture is not there to be copied');
        else files.push([`${key}${endingOf(name).toLowerCase()}`, bytes]);
      }
      files.push([`${key}.json`, Buffer.from(JSON.stringify(row))]);
      const own = annotations.find((part) => part.type === 'label');
      if (own !== undefined) files.push([`${key}.cls`, Buffer.from(String(own.label))]);
      if (splitKey(files[0]![0]).key !== key) note('the name can be no key');
      await shards.add(files);
    },
    async finish(output) {
      for (const shards of subsets.values()) await shards.close();
      await writeMeta(output, labels);
    },
  });
}

import { createGzip, gzipSync } from 'node:zlib';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Size } from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { namesText } from '../common/lines.ts';
import { pixelsOf } from '../common/pictures.ts';
import { pictureClasses, type Work, writeSet } from '../common/write.ts';
import { classFile, none, side } from './classes.ts';
import { nameOf, noteLength } from './idx.ts';

/** Bytes that are packed while they come. */
class Packed {
  readonly #gzip = createGzip();
  readonly #pieces: Buffer[] = [];
  bytes = 0;

  constructor() {
    this.#gzip.on('data', (piece: Buffer) => this.#pieces.push(piece));
  }

  async add(bytes: Uint8Array): Promise<void> {
    this.bytes += bytes.length;
    await new Promise<void>((resolve, reject) =>
      this.#gzip.write(bytes, (failure) => (failure ? reject(failure) : resolve())),
    );
  }

  async end(): Promise<Buffer> {
    await new Promise<void>((resolve) => {
      this.#gzip.once('end', resolve);
      this.#gzip.end();
    });
    return Buffer.concat(this.#pieces);
  }
}

/** What is gathered of a subset until the number of its pictures is known. */
class Gathered {
  readonly labels: number[] = [];
  readonly ids: string[] = [];
  readonly sizes: Size[] = [];
  readonly pixels = new Packed();
}

/**
 * Writes `<subset>-labels-idx1-ubyte.gz` and `-images-idx3-ubyte.gz`, or `mnist_<subset>.csv`. Names and sizes that MNIST
 * has no place for go into Datumaro's additional file, which other readers don't know.
 */
export function writeMnist(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
  kind: 'idx' | 'csv',
): Promise<WriteReport> {
  const subsets = new Map<string, Gathered>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work) {
      const { item, id, sinks, lose, note } = work;
      const gathered = subsets.get(item.subset) ?? new Gathered();
      subsets.set(item.subset, gathered);
      const [label, ...more] = pictureClasses(work);
      for (const _ of more) lose('a second class of a picture: there is one number for it');
      const fits = label === undefined || label < none;
      if (!fits) lose('a class beyond the 255th');
      const number = label !== undefined && fits ? label : none;
      if ([...id].length > noteLength && kind === 'idx')
        note(`the name is longer than ${noteLength} characters and is cut`);
      const picture = options.media === 'copy' ? await greyOf(work) : null;
      gathered.labels.push(number);
      gathered.ids.push(id);
      gathered.sizes.push(picture ?? { width: 0, height: 0 });
      if (kind === 'csv')
        await sinks.add(`mnist_${item.subset}.csv`, csvText([[number, ...(picture?.bytes ?? [])]]));
      else if (picture !== null) await gathered.pixels.add(picture.bytes);
    },
    async finish(output) {
      for (const [subset, gathered] of subsets) {
        const rows = notes(gathered, options.media === 'copy');
        if (kind === 'csv') {
          if (rows !== null) await output.text(`meta_${subset}.csv`, csvText(rows));
          continue;
        }
        const count = gathered.labels.length;
        const start = nameOf(subset);
        const labels = Buffer.concat([header(0x801, count), Uint8Array.from(gathered.labels)]);
        await output.bytes(`${start}-labels-idx1-ubyte.gz`, gzipSync(labels));
        const pixels = await gathered.pixels.end();
        if (gathered.pixels.bytes > 0) {
          // Two packed parts in a row unpack to one.
          const head = gzipSync(header(0x803, count, side, side));
          await output.bytes(`${start}-images-idx3-ubyte.gz`, Buffer.concat([head, pixels]));
        }
        if (rows !== null) await output.bytes(`${subset}-meta.gz`, gzipSync(noteBytes(rows)));
      }
      await output.text(classFile, namesText(dataset.categories.labels));
    },
  });
}

async function greyOf({ item, note }: Work): Promise<(Size & { readonly bytes: Uint8Array }) | null> {
  if (item.media === null) return null;
  try {
    const picture = await pixelsOf(item.media.path, 1);
    if (picture.colour) note('the colours of the picture become grey');
    return picture;
  } catch {
    note("the picture is not there to be taken, or can't be read");
    return null;
  }
}

const header = (...numbers: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * index);
  return bytes;
};

/** What must be noted besides: names that are no numbers in turn, and sizes that aren't MNIST's. */
function notes({ ids, sizes }: Gathered, pictures: boolean): string[][] | null {
  const named = ids.some((id, index) => id !== String(index));
  const sized = pictures && sizes.some(({ width, height }) => width !== side || height !== side);
  if (!named && !sized) return null;
  return ids.map((id, index) => [
    ...(named ? [id] : []),
    ...(sized ? [String(sizes[index]!.height), String(sizes[index]!.width)] : []),
  ]);
}

function noteBytes(rows: readonly (readonly string[])[]): Buffer {
  const texts = rows.flat();
  const bytes = Buffer.alloc(texts.length * noteLength * 4);
  for (const [index, text] of texts.entries()) {
    for (const [at, character] of [...text].slice(0, noteLength).entries()) {
      bytes.writeUInt32LE(character.codePointAt(0)!, (index * noteLength + at) * 4);
    }
  }
  return bytes;
}

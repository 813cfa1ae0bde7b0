import { createReadStream, readSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Header, Parser, Pax, type ReadEntry } from 'tar';
import { headBytes, headText } from '../files/folder.ts';
import { checkRatio, type Unpacking } from './unpacking.ts';

/** Unpacks a tar file, packed by gzip or not, in one reading. */
export async function unpackTar(path: string, unpacking: Unpacking): Promise<void> {
  let failure: unknown;
  const attempt = (work: () => void): void => {
    try {
      if (failure === undefined) work();
    } catch (thrown) {
      failure = thrown;
    }
  };
  const take = (entry: ReadEntry): void => {
    attempt(() => {
      if (!unpacking.wants(entry.path, kindOf(entry))) return;
      const file = unpacking.create(entry.path);
      entry.on('data', (bytes) => attempt(() => file.write(bytes as Uint8Array)));
      entry.on('end', () => attempt(() => file.close()));
    });
    entry.resume();
  };
  const parser = new Parser({ strict: true, onReadEntry: take });
  const ended = new Promise<void>((resolve, reject) => {
    parser.on('end', () => resolve());
    parser.on('error', reject);
  });
  // It is awaited at the end; until then a failure must not count as one that nobody hears.
  ended.catch(() => undefined);
  for await (const bytes of createReadStream(path, { highWaterMark: 256 * 1024 })) {
    parser.write(bytes as Buffer);
    await unpacking.passed((bytes as Buffer).length);
    if (failure !== undefined) throw failure;
  }
  parser.end();
  await ended;
  if (failure !== undefined) throw failure;
}

function kindOf({ type }: Pick<Header, 'type'>): 'file' | 'folder' | 'other' {
  if (type === 'Directory' || type === 'GNUDumpDir') return 'folder';
  return type === 'File' || type === 'OldFile' || type === 'ContiguousFile' ? 'file' : 'other';
}

const blockBytes = 512;

/** No system keeps longer names. */
const longestExtension = 1 << 20;

const cutOff = 'it ends too early';

/** The bytes of a tar file in their order. */
interface Tape extends AsyncDisposable {
  /** Fewer bytes than asked for at the end. What is given is good until the next reading. */
  read(length: number): Promise<Buffer>;
  /** @throws {Error} where there are fewer. */
  skip(length: number): Promise<void>;
}

/** Goes through the headers of a tar file. Contents are passed over; where it is packed, they have to be unpacked for that. */
export async function listTar(
  path: string,
  takes: (name: string, isFolder: boolean) => boolean,
  signal?: AbortSignal,
): Promise<(name: string) => Promise<string>> {
  const heads = new Map<string, string>();
  await using tape = await openTape(path);
  // What extended headers say of the next entry, and of all that follow.
  let own: Extended;
  let all: Extended;
  for (;;) {
    signal?.throwIfAborted();
    const block = await tape.read(blockBytes);
    // Some writers leave out the empty blocks at the end.
    if (block.length === 0) break;
    if (block.length < blockBytes) throw new Error(cutOff);
    const header = new Header(block, 0, own, all);
    if (header.nullBlock) break;
    if (!header.cksumValid) throw new Error('a header does not fit its checksum');
    const { type, size = 0 } = header;
    const padding = Math.ceil(size / blockBytes) * blockBytes - size;
    if (extensions.has(type)) {
      if (size > longestExtension) throw new Error('a name is too long');
      const text = (await tape.read(size)).toString('utf8');
      if (type === 'GlobalExtendedHeader') all = Pax.parse(text, all, true);
      else if (type === 'ExtendedHeader' || type === 'OldExtendedHeader') own = Pax.parse(text, own, false);
      else if (type !== 'NextFileHasLongLinkpath') own = { ...own, path: text.replace(/\0.*$/s, '') };
      await tape.skip(padding);
      continue;
    }
    // The header would put its own beginning before a longer path.
    const name = own?.path ?? all?.path ?? header.path ?? '';
    own = undefined;
    const kind = kindOf(header);
    let rest = size;
    if (kind !== 'other' && takes(name, kind === 'folder') && kind === 'file') {
      const head = await tape.read(Math.min(headBytes, size));
      heads.set(name, headText(head));
      rest -= head.length;
    }
    await tape.skip(rest + padding);
  }
  return async (name) => heads.get(name) ?? '';
}

type Extended = ConstructorParameters<typeof Header>[2];

/** Entries that say more of the one after them. */
const extensions: ReadonlySet<string> = new Set([
  'GlobalExtendedHeader',
  'ExtendedHeader',
  'OldExtendedHeader',
  'NextFileHasLongPath',
  'OldGnuLongPath',
  'NextFileHasLongLinkpath',
]);

async function openTape(path: string): Promise<Tape> {
  const file = await open(path, 'r');
  const { size } = await file.stat();
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
  // What gzip begins with.
  if (buffer[0] !== 0x1f || buffer[1] !== 0x8b) return new PlainTape(file, size);
  await file.close();
  return new PackedTape(path, size);
}

/** Reads through a small window: headers lie near each other where files are small, and far apart where they are not. */
class PlainTape implements Tape {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #window = Buffer.alloc(4 * headBytes);
  #from = 0;
  #to = 0;
  #at = 0;

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async read(length: number): Promise<Buffer> {
    if (length > this.#window.length) {
      const bytes = Buffer.alloc(length);
      const there = readSync(this.#file.fd, bytes, 0, length, this.#at);
      this.#at += there;
      return bytes.subarray(0, there);
    }
    if (this.#at < this.#from || this.#at + length > this.#to) {
      this.#from = this.#at;
      this.#to = this.#at + readSync(this.#file.fd, this.#window, 0, this.#window.length, this.#at);
    }
    const read = this.#window.subarray(
      this.#at - this.#from,
      Math.min(this.#at + length, this.#to) - this.#from,
    );
    this.#at += read.length;
    return read;
  }

  async skip(length: number): Promise<void> {
    this.#at += length;
    if (this.#at > this.#size) throw new Error(cutOff);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#file.close();
  }
}

/** Unpacks as it goes. */
class PackedTape implements Tape {
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #packed: number;
  #rest = Buffer.alloc(0);
  #unpacked = 0;

  constructor(path: string, packed: number) {
    this.#packed = packed;
    const [file, gunzip] = [createReadStream(path), createGunzip({ chunkSize: 1 << 18 })];
    // Who iterates hears of a failure.
    pipeline(file, gunzip, () => undefined);
    this.#chunks = gunzip[Symbol.asyncIterator]();
  }

  async read(length: number): Promise<Buffer> {
    while (this.#rest.length < length && (await this.#more())) {}
    const read = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(read.length);
    return read;
  }

  async skip(length: number): Promise<void> {
    let left = length;
    while (left > this.#rest.length) {
      left -= this.#rest.length;
      this.#rest = Buffer.alloc(0);
      if (!(await this.#more())) throw new Error(cutOff);
    }
    this.#rest = this.#rest.subarray(left);
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#chunks.next();
    if (done) return false;
    this.#unpacked += value.length;
    checkRatio(this.#unpacked, this.#packed);
    this.#rest = Buffer.concat([this.#rest, value]);
    return true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#chunks.return?.();
  }
}

import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { endingOf, inside } from '../../files/paths.ts';
import { sharp } from '../../files/sharp.ts';
import { temporaryFolder } from '../../files/temporary.ts';
import type { Size } from '../../model/index.ts';

/** Most pixels of a picture that is decoded to be written as bare numbers. */
const mostPixels = 2 ** 28;

let root: string | undefined;

/**
 * A place for the inner pictures that some work comes upon. It is made when it is needed, and goes with what it was for: they
 * would fill the disk of an engine that runs for weeks.
 */
export class OwnPictures implements AsyncDisposable {
  #folder: ReturnType<typeof temporaryFolder> | null = null;

  get path(): string {
    this.#folder ??= temporaryFolder('pictures');
    return this.#folder.path;
  }

  /** Does work whose pictures go here, and of no work within it that has a place of its own. */
  during<Result>(work: () => Result): Result {
    return own.run(this, work);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const last = this.#folder;
    this.#folder = null;
    await last?.[Symbol.asyncDispose]();
  }
}

const own = new AsyncLocalStorage<OwnPictures>();

/** Does work, and removes the inner pictures that it came upon. */
export async function withOwnPictures<Result>(work: () => Promise<Result>): Promise<Result> {
  await using pictures = new OwnPictures();
  return await pictures.during(work);
}

/** One temporary folder for the whole process, but for {@link OwnPictures}. */
function rootFolder(): string {
  const place = own.getStore();
  if (place !== undefined) return place.path;
  if (root === undefined || !existsSync(root)) root = temporaryFolder('pictures').path;
  return root;
}

/**
 * Pictures that a file holds inside (an archive, a table, an array), written out so that they have paths as others do.
 * Each is written once, however often the set is read, as long as the file doesn't change.
 */
export class InnerPictures {
  readonly #folder: string;

  /** @param container absolute path of the file that has them. */
  constructor(container: string) {
    const { mtimeMs, size } = statSync(container);
    const name = createHash('sha256').update(`${container}\0${mtimeMs}\0${size}`).digest('hex').slice(0, 24);
    this.#folder = join(rootFolder(), name);
  }

  /** The absolute path of a picture, written where it isn't there. @param path relative, with the picture's ending. */
  async at(path: string, make: () => Promise<Uint8Array> | Uint8Array): Promise<string> {
    const target = inside(this.#folder, path.split('/').map(shortened).join('/'));
    if (existsSync(target)) return target;
    const bytes = await make();
    mkdirSync(dirname(target), { recursive: true });
    const temporary = join(dirname(target), randomUUID());
    writeFileSync(temporary, bytes, { flag: 'wx' });
    renameSync(temporary, target);
    return target;
  }
}

/** Most bytes of a file's name on nearly all disks; a name in an archive can be longer. */
const mostName = 255;

/** A name that a file can have: a longer one is told by its hash, and keeps its ending. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= mostName) return name;
  return `${createHash('sha256').update(name).digest('hex')}${endingOf(name).slice(0, 16)}`;
}

/** A PNG of bare bytes, row by row. */
export function pngOf(bytes: Uint8Array, { width, height }: Size, channels: 1 | 3): Promise<Uint8Array> {
  const picture = sharp(bytes, { raw: { width, height, channels } });
  return picture
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png({ compressionLevel: 2 })
    .toBuffer();
}

/**
 * A picture's pixels of 8 bits as it is shown, row by row: grey, or red, green and blue.
 *
 * @throws where the file can't be read as a picture.
 */
export async function pixelsOf(
  path: string,
  channels: 1 | 3,
): Promise<Size & { readonly bytes: Uint8Array; readonly colour: boolean }> {
  const { space = 'srgb' } = await sharp(path, { limitInputPixels: mostPixels }).metadata();
  const picture = sharp(path, { limitInputPixels: mostPixels }).autoOrient().removeAlpha();
  const { data, info } = await picture
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const colour = space !== 'b-w' && space !== 'grey16';
  if (info.channels === channels) return { width, height, bytes: data, colour };
  // A grey picture stays one channel whatever is asked for.
  const bytes = new Uint8Array(width * height * channels);
  for (let place = 0; place < bytes.length; place += 1) {
    bytes[place] = data[Math.floor(place / channels) * info.channels]!;
  }
  return { width, height, bytes, colour };
}

/** A file's ending by its first bytes. */
export function endingFor(bytes: Uint8Array): string {
  const head = Buffer.from(bytes.subarray(0, 12)).toString('latin1');
  if (head.startsWith('\x89PNG')) return '.png';
  if (head.startsWith('GIF8')) return '.gif';
  if (head.startsWith('RIFF') && head.endsWith('WEBP')) return '.webp';
  if (head.startsWith('BM')) return '.bmp';
  return /^(II\*\0|MM\0\*)/.test(head) ? '.tif' : '.jpg';
}

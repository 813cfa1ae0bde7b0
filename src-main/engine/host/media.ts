import { createHash } from 'node:crypto';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import type { MediaFile, MediaVariant } from '../../contract/files.ts';
import { assertNever } from './assert-never.ts';

/** The part of the upscaler that makes pictures for people. */
interface Renderer {
  thumbnail(path: string, maximum: number): Promise<Buffer>;
  display(path: string): Promise<MediaFile>;
}

/** Longest side of a thumbnail: the 48-pixel one of the queue, on a screen with double resolution. */
const thumbnailSize = 128;

/** Of a tile in a grid of pictures. */
const tileSize = 384;

/** Finds, or makes, the file behind each picture that a page shows. */
export class MediaLibrary {
  readonly #renderer: Renderer;
  readonly #folder: string;

  constructor(renderer: Renderer, cacheFolder: string) {
    this.#renderer = renderer;
    this.#folder = join(cacheFolder, 'thumbnails');
  }

  /** @throws {RefineryError} `INPUT_NOT_FOUND` when the file is gone, `JOB_STATE` when there is no result yet. */
  async open(variant: MediaVariant, input: string, output: string | undefined): Promise<MediaFile> {
    switch (variant) {
      case 'thumbnail':
        return this.#thumbnail(input, thumbnailSize);
      case 'tile':
        return this.#thumbnail(input, tileSize);
      case 'input':
        return this.#renderer.display(input);
      case 'output':
        return this.#renderer.display(existing(output));
      case 'result':
        return { path: existing(output), mime: 'application/octet-stream' };
      default:
        return assertNever(variant);
    }
  }

  async #thumbnail(path: string, side: number): Promise<MediaFile> {
    const status = await stat(path).catch(() => {
      throw new RefineryError('INPUT_NOT_FOUND', `${basename(path)} is not there any more.`);
    });
    const key = createHash('sha256')
      .update(`${path}\0${status.size}\0${status.mtimeMs}\0${side}`)
      .digest('hex');
    const file = join(this.#folder, `${key.slice(0, 32)}.webp`);
    const known = await stat(file).catch(() => undefined);
    if (!known) {
      await mkdir(this.#folder, { recursive: true });
      await writeFile(file, await this.#renderer.thumbnail(path, side));
    }
    return { path: file, mime: 'image/webp' };
  }
}

function existing(output: string | undefined): string {
  if (output !== undefined) return output;
  throw new RefineryError('JOB_STATE', 'There is no result yet.', {
    hint: 'Wait until the picture is done.',
  });
}

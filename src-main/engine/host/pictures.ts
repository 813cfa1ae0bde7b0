import type { Dirent } from 'node:fs';
import { opendir, stat } from 'node:fs/promises';
import { extname, join, relative } from 'node:path';

/** Endings of the picture formats that are read. */
export const pictureExtensions: ReadonlySet<string> = new Set([
  '.png',
  '.jpg',
  '.jpeg',
  '.jpe',
  '.jfif',
  '.webp',
  '.avif',
  '.tif',
  '.tiff',
  '.gif',
  '.heif',
  '.heic',
]);

/** Endings of pictures that are not read: what is left out of them is told. */
const otherPictures: ReadonlySet<string> = new Set([
  ...[
    '.bmp',
    '.dib',
    '.ico',
    '.jp2',
    '.j2k',
    '.jxl',
    '.psd',
    '.svg',
    '.tga',
    '.exr',
    '.hdr',
    '.ppm',
    '.pgm',
    '.pbm',
  ],
  ...['.cr2', '.cr3', '.nef', '.arw', '.dng', '.orf', '.rw2', '.raf', '.pef', '.srw'],
]);

/** Whether a file is called like a picture, of a format that is read or not. */
export function isPictureName(name: string): boolean {
  const extension = extname(name).toLowerCase();
  return pictureExtensions.has(extension) || otherPictures.has(extension);
}

export interface FoundPicture {
  readonly path: string;
  /** Folder of the picture, relative to the folder that was given; '' at its top. */
  readonly relativeFolder: string;
}

export interface FolderListing {
  readonly pictures: FoundPicture[];
  /** Names of pictures of formats that are not read. */
  readonly others: readonly string[];
  /** Folders that could not be read. */
  readonly unreadable: string[];
}

const naturally = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Whether there is something to read to an end: no pipe, and no link to one, or to a folder. A link to nowhere is told later. */
async function isReadable(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isFile();
  return (await stat(path).catch(() => undefined))?.isFile() ?? true;
}

/** Pictures below a folder, in natural order. Hidden files and links to folders are left out. */
export async function findPictures(root: string): Promise<FolderListing> {
  const pictures: FoundPicture[] = [];
  const unreadable: string[] = [];
  const others: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        if (entry.name.startsWith('.')) continue;
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (await isReadable(path, entry)) {
          const extension = extname(entry.name).toLowerCase();
          if (pictureExtensions.has(extension))
            pictures.push({ path, relativeFolder: relative(root, folder) });
          else if (otherPictures.has(extension)) others.push(entry.name);
        }
      }
    } catch {
      unreadable.push(folder);
    }
  }
  pictures.sort((a, b) => naturally.compare(a.path, b.path));
  return { pictures, others, unreadable };
}

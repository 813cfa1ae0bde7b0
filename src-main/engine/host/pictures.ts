import { opendir } from 'node:fs/promises';
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

export interface FoundPicture {
  readonly path: string;
  /** Folder of the picture, relative to the folder that was given; '' at its top. */
  readonly relativeFolder: string;
}

export interface FolderListing {
  readonly pictures: FoundPicture[];
  /** Files with other endings; hidden ones not counted. */
  readonly others: number;
  /** Folders that could not be read. */
  readonly unreadable: string[];
}

const naturally = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Pictures below a folder, in natural order. Hidden files and links to folders are left out. */
export async function findPictures(root: string): Promise<FolderListing> {
  const pictures: FoundPicture[] = [];
  const unreadable: string[] = [];
  let others = 0;
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const entry of await opendir(folder)) {
        if (entry.name.startsWith('.')) continue;
        const path = join(folder, entry.name);
        if (entry.isDirectory()) folders.push(path);
        else if (!pictureExtensions.has(extname(entry.name).toLowerCase())) others += 1;
        else pictures.push({ path, relativeFolder: relative(root, folder) });
      }
    } catch {
      unreadable.push(folder);
    }
  }
  pictures.sort((a, b) => naturally.compare(a.path, b.path));
  return { pictures, others, unreadable };
}

import { open, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { isFolder, pictureSize, readText, targetOf } from '../files/folder.ts';
import { endingOf, isPicture } from '../files/paths.ts';
import { sharp } from '../files/sharp.ts';
import type { TrainingFindings } from './findings.ts';

/** Endings of the pictures that Ultralytics reads. */
const endings = new Set(
  'avif bmp dng heic heif jp2 jpeg jpg mpo png tif tiff webp'.split(' ').map((name) => `.${name}`),
);

/** Fewest pixels of a side. */
const leastSide = 10;

const deepest = 12;

const isWithin = (folder: string, path: string): boolean => path === folder || path.startsWith(folder + sep);

/**
 * Pictures of a folder or list as Ultralytics finds them, as absolute paths. Nothing outside of the set's folder is
 * looked into: a `data.yaml` can name any place of the disk.
 */
export async function* trainingPictures(
  folder: string,
  root: string,
  path: string,
  findings: TrainingFindings,
): AsyncGenerator<string> {
  const set = await realpath(folder);
  if (!isWithin(set, await realpath(path))) findings.add('outside', path);
  else if (await isFolder(path)) yield* picturesIn(folder, path, findings, 0);
  else yield* listed(folder, root, path, findings);
}

async function* picturesIn(
  folder: string,
  path: string,
  findings: TrainingFindings,
  depth: number,
): AsyncGenerator<string> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const full = join(path, entry.name);
    const target = targetOf(path, entry);
    if (target?.isFile()) {
      if (endings.has(endingOf(entry.name).toLowerCase())) yield full;
      else if (isPicture(entry.name)) findings.add('unknown_ending', relative(folder, full));
    } else if (target?.isDirectory() && depth < deepest) {
      if (entry.isSymbolicLink()) findings.add('outside', relative(folder, full));
      else yield* picturesIn(folder, full, findings, depth + 1);
    }
  }
}

async function* listed(
  folder: string,
  root: string,
  list: string,
  findings: TrainingFindings,
): AsyncGenerator<string> {
  const lines = (await readText(list)).split(/\r?\n/).map((line) => line.trim());
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const place = `${relative(folder, list)}, line ${index + 1}: ${line}`;
    if (!endings.has(endingOf(line).toLowerCase())) findings.add('unknown_ending', place);
    else {
      const beside = line.startsWith('./');
      const full = beside ? resolve(dirname(list), line) : resolve(root, line);
      if (!beside && full !== resolve(line)) findings.add('relative_list', place);
      if (!isWithin(resolve(folder), full)) findings.add('outside', place);
      else if ((await stat(full).catch(() => undefined))?.isFile()) yield full;
      else findings.add('missing_picture', place);
    }
  }
}

/** Whether Ultralytics takes a picture: one that can be read, of at least 10 pixels a side. */
export async function checkPicture(
  folder: string,
  path: string,
  findings: TrainingFindings,
): Promise<boolean> {
  const size = await pictureSize(path);
  const name = relative(folder, path);
  if (size === null) findings.add('corrupt_picture', `${name}: not readable`);
  else if (Math.min(size.width, size.height) < leastSide) {
    findings.add(
      'corrupt_picture',
      `${name}: ${size.width} × ${size.height}, fewer than ${leastSide} pixels`,
    );
  } else {
    const isOpen = await isOpenJpeg(path);
    if (isOpen && (await isCut(path))) {
      findings.add('corrupt_picture', `${name}: the JPEG ends early`);
      return false;
    }
    if (isOpen) findings.add('truncated_picture', name);
    return true;
  }
  return false;
}

/** Whether a picture ends before its last pixel or its end mark: Pillow refuses it. */
const isCut = (path: string): Promise<boolean> =>
  sharp(path, { failOn: 'truncated' })
    .raw()
    .toBuffer()
    .then(
      () => false,
      () => true,
    );

/** Whether a JPEG's last two bytes aren't its end mark. */
async function isOpenJpeg(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const ends = Buffer.alloc(4);
    await file.read(ends, 0, 2, 0);
    await file.read(ends, 2, 2, Math.max(0, size - 2));
    return ends.readUInt16BE(0) === 0xffd8 && ends.readUInt16BE(2) !== 0xffd9;
  } finally {
    await file.close();
  }
}

/** The label file of a picture: the last folder `images` of its path becomes `labels`. */
export function labelFileOf(picture: string): string {
  const [from, to] = [`${sep}images${sep}`, `${sep}labels${sep}`];
  const at = picture.lastIndexOf(from);
  const path = at < 0 ? picture : picture.slice(0, at) + to + picture.slice(at + from.length);
  return `${path.slice(0, path.length - endingOf(path).length)}.txt`;
}

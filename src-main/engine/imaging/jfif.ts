import { readFile, writeFile } from 'node:fs/promises';

/** What APP0 holds before the density (ITU-T T.871, section 10.1): JFIF 1.1, counted in inches. */
const begin = Buffer.from('\xff\xe0\0\x10JFIF\0\x01\x01\x01', 'latin1');
/** After the marker that starts the picture. */
const place = 2;

/** Tells the density of a JPEG, which libvips does in EXIF alone. A file that tells it already stays as it is. */
export async function addDensity(path: string, density: number): Promise<void> {
  const bytes = await readFile(path);
  if (bytes[place + 1] === 0xe0) return;
  const numbers = Buffer.alloc(6);
  const rounded = Math.min(Math.max(Math.round(density), 1), 0xffff);
  numbers.writeUInt16BE(rounded, 0);
  numbers.writeUInt16BE(rounded, 2);
  await writeFile(path, Buffer.concat([bytes.subarray(0, place), begin, numbers, bytes.subarray(place)]));
}

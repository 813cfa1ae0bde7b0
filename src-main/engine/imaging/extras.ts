import { type FileHandle, open } from 'node:fs/promises';
import { type Chunk, keywordOf, readChunks } from './png-chunks.ts';
import { pngColour } from './png-colour.ts';

/** What a file holds besides the picture and the blocks that sharp reports. */
export interface Extras {
  /** Pictures of an animated PNG. */
  readonly frames: number;
  /** A profile for colours that the file describes in other words. */
  readonly icc?: Buffer;
  /** Texts of a PNG, as they are. */
  readonly texts: readonly Chunk[];
  /** What no result holds, each as a noun. */
  readonly lost: readonly string[];
}

const none: Extras = { frames: 1, texts: [], lost: [] };

/** @param format as sharp names it. */
export async function readExtras(path: string, format: string | undefined): Promise<Extras> {
  if (format !== 'png' && format !== 'jpeg') return none;
  await using file = await open(path, 'r');
  return format === 'png' ? pngExtras(await readChunks(file)) : { ...none, lost: await jpegExtras(file) };
}

/** By chunk type: what is in it that a result doesn't hold. */
const lostChunks: ReadonlyMap<string, string> = new Map([
  ['caBX', 'Content Credentials, which would not be true of a changed picture'],
  ['mDCV', 'the brightness of the screen that it was made for (mDCV)'],
  ['cLLI', 'the light levels of its content (cLLI)'],
  ['sPLT', 'a suggested palette (sPLT)'],
]);

function pngExtras(chunks: readonly Chunk[]): Extras {
  const byType = new Map(chunks.map(({ type, data }) => [type, data]));
  const { icc, lost } = pngColour(byType);
  const frames = byType.get('acTL');
  const texts = chunks.filter((chunk) => {
    const keyword = keywordOf(chunk);
    return keyword !== undefined && keyword !== 'XML:com.adobe.xmp';
  });
  return {
    frames: frames && frames.length >= 4 ? frames.readUInt32BE(0) : 1,
    ...(icc ? { icc } : {}),
    texts,
    lost: [
      ...(lost ? [lost] : []),
      ...[...lostChunks].flatMap(([type, what]) => (byType.has(type) ? [what] : [])),
    ],
  };
}

/** How segments begin that sharp doesn't report, and what they are (ITU-T T.81, B.2.4; CIPA DC-007 for MPF). */
const segments: ReadonlyArray<{ marker: number; begin: string; what: string }> = [
  { marker: 0xfe, begin: '', what: 'the comment of the JPEG' },
  { marker: 0xe2, begin: 'MPF\0', what: 'further pictures in the file (MPF), such as a gain map' },
  { marker: 0xe1, begin: 'http://ns.adobe.com/xmp/extension/\0', what: 'further packets of XMP' },
  { marker: 0xeb, begin: 'JP', what: 'Content Credentials, which would not be true of a changed picture' },
];

async function jpegExtras(file: FileHandle): Promise<string[]> {
  const lost = new Set<string>();
  for (let at = 2; ; ) {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(40), 0, 40, at);
    if (bytesRead < 4 || buffer[0] !== 0xff) break;
    const marker = buffer[1]!;
    // Any number of bytes may fill the space before a marker.
    if (marker === 0xff) {
      at += 1;
      continue;
    }
    // From here on there are pixels.
    if (marker === 0xda || marker === 0xd9) break;
    const text = buffer.toString('latin1', 4, bytesRead);
    const found = segments.find((segment) => segment.marker === marker && text.startsWith(segment.begin));
    if (found) lost.add(found.what);
    at += 2 + buffer.readUInt16BE(2);
  }
  return [...lost];
}

import { open } from 'node:fs/promises';
import { basename } from 'node:path';
import { RefineryError } from '../../contract/errors.ts';
import { readerOf } from './tiff-blocks.ts';
import { type Directory, readDirectory, readStart } from './tiff-directory.ts';

/**
 * Kinds of TIFF that libvips reads wrong, or refuses with words of its own (TIFF 6.0: `PhotometricInterpretation`,
 * `BitsPerSample`, `SampleFormat`, `ExtraSamples`).
 */

const tags = { bits: 258, photometric: 262, samples: 277, format: 339 } as const;
const wanted: ReadonlySet<number> = new Set(Object.values(tags));

/** How a person would save it instead. */
const plain =
  'Save it as grey, RGB or CMYK with 8 or 16 bits a channel, with at most one channel for transparency.';

const photometric = { whiteIsZero: 0, rgb: 2, cmyk: 5, lab: [8, 9, 10] } as const;
/** Channels of a kind of colour, without transparency; other kinds are not asked. */
const colours: ReadonlyMap<number, number> = new Map([
  [0, 1],
  [1, 1],
  [photometric.rgb, 3],
  [photometric.cmyk, 4],
]);

/** @throws {RefineryError} `INPUT_UNSUPPORTED` where the file is a TIFF of such a kind. */
export async function refuseOddTiff(path: string): Promise<void> {
  const reason = await oddity(path).catch(() => undefined);
  if (reason === undefined) return;
  throw new RefineryError('INPUT_UNSUPPORTED', `${basename(path)} ${reason}.`, { hint: plain });
}

async function oddity(path: string): Promise<string | undefined> {
  await using file = await open(path, 'r');
  const read = readerOf(file);
  const start = await readStart(read);
  return start
    ? describe(await readDirectory(read, start.first, start.little, (tag) => wanted.has(tag)))
    : undefined;
}

function describe({ entries }: Directory): string | undefined {
  const number = (tag: number, otherwise: number): number => {
    const value = entries.find((entry) => entry.tag === tag)?.value;
    return value && value.length >= 2 ? value.readUInt16LE(0) : otherwise;
  };
  const kind = number(tags.photometric, 1);
  const bits = number(tags.bits, 1);
  const format = number(tags.format, 1);
  const extra = number(tags.samples, 1) - (colours.get(kind) ?? number(tags.samples, 1));
  if (photometric.lab.some((lab) => lab === kind)) return 'holds Lab colours, which are not read';
  if (format === 5 || format === 6) return 'holds complex numbers, which are no picture';
  if (bits > 32) return `holds numbers of ${bits} bits, which are not read`;
  if (bits === 32 && kind === photometric.whiteIsZero)
    return 'counts 32-bit numbers from white to black, which is not read';
  if (extra > 1) return `has ${extra} channels besides its colours; one, for transparency, is read`;
  return undefined;
}

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unheldGreyProfile } from './encode.ts';
import { iccProfile } from './icc-profile.ts';
import { addDensity } from './jfif.ts';
import { planMetadata } from './metadata.ts';
import { appendChunks } from './png-chunks.ts';
import { decode, readHeader } from './source.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-extras-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { width: 32, height: 24 };
const plain = () => sharp({ create: { width: 8, height: 6, channels: 3, background: '#c08040' } });

/** A PNG with chunks right after its header. */
async function png(chunks: ReadonlyArray<[type: string, data: Buffer]>): Promise<string> {
  const bytes = await plain().png().toBuffer();
  const inserted = chunks.map(([type, data]) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(data.length);
    checksum.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, checksum]);
  });
  const path = join(folder, `${Math.random()}.png`);
  await writeFile(path, Buffer.concat([bytes.subarray(0, 33), ...inserted, bytes.subarray(33)]));
  return path;
}

const numbers = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
};

const adobePrimaries = numbers(31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6000);

/** What a viewer shows of a colour in a profile, in sRGB. */
async function shown(icc: Buffer, colour: readonly [number, number, number]): Promise<number[]> {
  const profile = join(folder, `${Math.random()}.icc`);
  await writeFile(profile, icc);
  const path = await png([['iCCP', Buffer.concat([Buffer.from('p\0\0'), deflateSync(icc)])]]);
  const raw = { width: 1, height: 1, channels: 3 } as const;
  const tagged = await sharp(Buffer.from(colour), { raw }).png().toBuffer();
  const source = await readFile(path);
  const at = source.indexOf('iCCP') - 4;
  const chunk = source.subarray(at, at + 12 + source.readUInt32BE(at));
  const file = Buffer.concat([tagged.subarray(0, 33), chunk, tagged.subarray(33)]);
  return [...(await sharp(file).toColourspace('srgb').raw().toBuffer())];
}

describe('the colours of a PNG', () => {
  test('become a profile where they are not sRGB', async () => {
    const icc = async (...chunks: Array<[string, Buffer]>) =>
      (await readHeader(await png(chunks))).metadata.icc;
    expect(await icc(['gAMA', numbers(45_455)])).toBeUndefined();
    expect(await icc(['sRGB', Buffer.from([0])], ['gAMA', numbers(100_000)])).toBeUndefined();
    const linear = await icc(['gAMA', numbers(100_000)]);
    // Half the light is sRGB's 188.
    expect(await shown(linear!, [128, 128, 128])).toEqual([188, 188, 188]);
    const adobe = await icc(['gAMA', numbers(45_455)], ['cHRM', adobePrimaries]);
    const [red, green] = await shown(adobe!, [128, 128, 0]);
    // Adobe RGB's green is deeper: shown in sRGB it has less red.
    expect(red).toBeLessThan(128 + 3);
    expect(green).toBeGreaterThan(124);
    const p3 = await icc(['cICP', Buffer.from([12, 13, 0, 1])]);
    // A grey is the same in P3, and its red 200 is beyond sRGB's 200.
    const [grey] = await shown(p3!, [128, 128, 128]);
    expect(Math.abs(grey! - 128)).toBeLessThanOrEqual(1);
    expect((await shown(p3!, [200, 60, 60]))[0]).toBeGreaterThan(210);
  });

  test('that no small profile can say are told as lost', async () => {
    const { metadata } = await readHeader(await png([['cICP', Buffer.from([9, 16, 0, 1])]]));
    expect(planMetadata(metadata, 'all', size, 'png', true).dropped.join()).toMatch(/cICP 9, 16/);
  });

  test('keep white white, whatever the primaries', async () => {
    const white = [0.314, 0.351] as const;
    const dci = iccProfile('DCI', 2.6, {
      red: [0.68, 0.32],
      green: [0.265, 0.69],
      blue: [0.15, 0.06],
      white,
    });
    for (const value of await shown(dci, [255, 255, 255])) expect(value).toBeGreaterThanOrEqual(254);
  });
});

test.each([8, 16])(
  '%i-bit grey of another brightness than sRGB is converted where no grey profile fits',
  async (bits) => {
    const path = join(folder, `grey${bits}.png`);
    const values = bits === 8 ? new Uint8Array(12).fill(128) : new Uint16Array(12).fill(128 * 257);
    await sharp(values, { raw: { width: 4, height: 3, channels: 1 } })
      .toColourspace(bits === 8 ? 'b-w' : 'grey16')
      .png()
      .toFile(path);
    const { info } = await readHeader(path);
    const icc = iccProfile('Gamma 1.8', 1.8);
    expect(unheldGreyProfile(info, 'png', icc)).toBeUndefined();
    expect(unheldGreyProfile(info, 'webp', icc)).toBe(icc);
    const pixels = await decode(path, info, await mkdtemp(join(folder, 'work-')), icc);
    const row = await pixels.rows(0, 1);
    await pixels.close();
    // 0.502 to the power of 1.8 is 0.289 of the light, which is sRGB's 146. libvips' 16 bits are 256 times 8.
    const value = bits === 8 ? row[0]! : row.readUInt16LE(0) / 256;
    expect(Math.abs(value - 146)).toBeLessThanOrEqual(1);
  },
);

describe('what else a file holds', () => {
  const text = (keyword: string, words: string): [string, Buffer] => [
    'tEXt',
    Buffer.from(`${keyword}\0${words}`, 'latin1'),
  ];

  test('texts go into a PNG as they are, and are told elsewhere', async () => {
    const path = await png([text('Author', 'Ada'), text('parameters', 'a cat'), text('GPSLatitude', '48')]);
    const { metadata } = await readHeader(path);
    const all = planMetadata(metadata, 'all', size, 'png', true);
    expect([all.kept, all.dropped]).toEqual([['PNG text (Author, parameters, GPSLatitude)'], []]);
    const safe = planMetadata(metadata, 'safe', size, 'png', true);
    expect([safe.kept, safe.dropped]).toEqual([
      ['PNG text (Author, parameters)'],
      ['PNG text (GPSLatitude)'],
    ]);
    expect(planMetadata(metadata, 'all', size, 'jpeg', true).dropped).toHaveLength(1);
    const target = await png([]);
    await appendChunks(target, safe.texts);
    const again = (await readHeader(target)).metadata;
    expect(planMetadata(again, 'all', size, 'png', true).kept).toEqual(safe.kept);
    expect((await sharp(target, { failOn: 'warning' }).raw().toBuffer()).length).toBe(8 * 6 * 3);
  });

  test('further frames of a PNG are told', async () => {
    const { info } = await readHeader(await png([['acTL', numbers(3, 0)]]));
    expect(info.pages).toBe(3);
    expect(info.remarks).toEqual(['3 frames: the first is used.']);
  });

  test('a comment, further pictures and further XMP of a JPEG are told', async () => {
    const bytes = await plain().jpeg().toBuffer();
    const segment = (marker: number, words: string): Buffer => {
      const head = Buffer.from([0xff, marker, 0, 0]);
      head.writeUInt16BE(words.length + 2, 2);
      return Buffer.concat([head, Buffer.from(words, 'latin1')]);
    };
    const more = [
      segment(0xfe, 'by Ada'),
      segment(0xe2, 'MPF\0II*\0'),
      segment(0xe1, `http://ns.adobe.com/xmp/extension/\0${'0'.repeat(40)}`),
    ];
    const path = join(folder, 'more.jpg');
    await writeFile(path, Buffer.concat([bytes.subarray(0, 2), ...more, bytes.subarray(2)]));
    const { metadata } = await readHeader(path);
    const { dropped } = planMetadata(metadata, 'all', size, 'jpeg', true);
    expect(dropped.join('; ')).toMatch(/comment.*MPF.*XMP/);
  });

  test('the density of a JPEG is told without EXIF', async () => {
    const path = join(folder, 'print.jpg');
    await plain().jpeg().toFile(path);
    await addDensity(path, 300);
    await addDensity(path, 200);
    const { density, exif } = await sharp(path).metadata();
    expect([density, exif]).toEqual([300, undefined]);
  });
});

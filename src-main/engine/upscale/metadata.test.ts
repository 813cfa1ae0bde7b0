import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { hasOpenVino, openEngine, sample } from '../host/fixtures/engine.ts';
import { appendChunks } from '../imaging/png-chunks.ts';
import { addTiffBlocks, readTiffBlocks } from '../imaging/tiff-blocks.ts';
import { good, hasGps, pixels } from './fixtures/results.ts';

describe.skipIf(!hasOpenVino)(
  `what a picture says of itself${hasOpenVino ? '' : ' (OpenVINO is not here)'}`,
  () => {
    test('metadata is kept, made safe, or left out, as asked', async () => {
      await using engine = await openEngine();
      const source = join(engine.folder, 'holiday.jpg');
      const xmp =
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>On the beach</dc:title></rdf:Description></rdf:RDF></x:xmpmeta>';
      await sharp(sample)
        .resize(60, 40)
        .withExif({
          IFD0: { Artist: 'Ada Lovelace', Copyright: 'CC0', Model: 'Camera 9' },
          IFD2: { BodySerialNumber: 'SN-4711' },
          IFD3: {
            GPSLatitudeRef: 'N',
            GPSLatitude: '51/1 30/1 0/1',
            GPSLongitudeRef: 'W',
            GPSLongitude: '0/1 7/1 0/1',
          },
        })
        .withXmp(xmp)
        .withIccProfile('p3')
        .jpeg()
        .toFile(source);
      const holds = async (path: string) => {
        const { exif, xmp: titles, icc } = await sharp(path).metadata();
        const text = exif?.toString('latin1') ?? '';
        return {
          artist: text.includes('Ada Lovelace'),
          camera: text.includes('Camera 9'),
          serial: text.includes('SN-4711'),
          position: hasGps(exif),
          title: titles?.toString().includes('On the beach') ?? false,
          profile: icc !== undefined,
        };
      };
      const all = await good(engine, source, { metadata: 'all', pattern: 'all' });
      expect(await holds(all.output)).toEqual({
        artist: true,
        camera: true,
        serial: true,
        position: true,
        title: true,
        profile: true,
      });
      expect(all.receipt.metadata.dropped).toEqual([]);
      const safe = await good(engine, source, { metadata: 'safe', pattern: 'safe' });
      expect(await holds(safe.output)).toMatchObject({
        camera: true,
        serial: false,
        position: false,
        title: true,
        profile: true,
      });
      expect(safe.receipt.metadata.dropped.join(' ')).toMatch(/GPS|position/i);
      const none = await good(engine, source, { metadata: 'none', pattern: 'none' });
      expect(await holds(none.output)).toEqual({
        artist: false,
        camera: false,
        serial: false,
        position: false,
        title: false,
        profile: true,
      });
    });

    test('IPTC is kept where the format holds it, and told as dropped where it does not', async () => {
      await using engine = await openEngine();
      const plain = await sharp(sample).resize(60, 40).jpeg().toBuffer();
      const caption = Buffer.from('On the beach');
      const dataset = Buffer.concat([Buffer.from([0x1c, 2, 120, 0, caption.length]), caption]);
      const resource = Buffer.alloc(12);
      resource.write('8BIM', 0, 'latin1');
      resource.writeUInt16BE(0x0404, 4);
      resource.writeUInt32BE(dataset.length, 8);
      const padding = Buffer.alloc(dataset.length % 2);
      const body = Buffer.concat([Buffer.from('Photoshop 3.0\0', 'latin1'), resource, dataset, padding]);
      const segment = Buffer.from([0xff, 0xed, 0, 0]);
      segment.writeUInt16BE(body.length + 2, 2);
      const source = join(engine.folder, 'captioned.jpg');
      await writeFile(source, Buffer.concat([plain.subarray(0, 2), segment, body, plain.subarray(2)]));
      for (const format of ['jpeg', 'png', 'webp', 'avif', 'tiff'] as const) {
        const { output, receipt } = await good(engine, source, { format, metadata: 'all' });
        const { iptc } = format === 'tiff' ? await readTiffBlocks(output) : await sharp(output).metadata();
        const kept = iptc?.includes(caption) ?? false;
        expect(receipt.metadata.kept.includes('IPTC'), format).toBe(kept);
        expect(
          receipt.metadata.dropped.some((what) => what.startsWith('IPTC')),
          format,
        ).toBe(!kept);
        expect(kept, format).toBe(format === 'jpeg' || format === 'tiff');
      }
    });

    test('the resolution stays the number that it is, and texts of a PNG go along', async () => {
      await using engine = await openEngine();
      const plain = join(engine.folder, 'plain.png');
      await sharp(sample).resize(60, 40).withDensity(300).png().toFile(plain);
      await appendChunks(plain, [{ type: 'tEXt', data: Buffer.from('Author\0Ada Lovelace', 'latin1') }]);
      for (const format of ['png', 'jpeg', 'tiff'] as const) {
        const { output, receipt } = await good(engine, plain, {
          format,
          metadata: 'none',
          pattern: `none-${format}`,
        });
        expect(Math.round((await sharp(output).metadata()).density ?? 0), format).toBe(300);
        expect(receipt.metadata.dropped, format).toContain('PNG text (Author)');
      }
      const { output, receipt } = await good(engine, plain, { format: 'png', metadata: 'all' });
      expect(receipt.metadata.kept).toContain('PNG text (Author)');
      expect((await readFile(output)).includes('Ada Lovelace')).toBe(true);
      const webp = await good(engine, plain, { format: 'webp', metadata: 'none' });
      expect(webp.receipt.losses.join()).toContain('300 dpi');
    });

    test('grey of 16 bits keeps them', async () => {
      await using engine = await openEngine();
      const [width, height] = [64, 48];
      const values = Uint16Array.from({ length: width * height }, (_, at) => 9000 + at * 11);
      const source = join(engine.folder, 'grey16.png');
      const raw = { raw: { width, height, channels: 1 } } as const;
      await sharp(values, raw).toColourspace('grey16').png().toFile(source);
      const made = await good(engine, source);
      expect(made.receipt.losses).toEqual([]);
      const data = await sharp(made.output).toColourspace('grey16').raw({ depth: 'ushort' }).toBuffer();
      expect(new Set(new Uint16Array(data.buffer, data.byteOffset, data.length / 2)).size).toBeGreaterThan(
        5000,
      );
    });

    test.each(['II', 'MM'])(
      'EXIF of a TIFF (%s) is read, kept, made safe, and written into TIFF',
      async (order) => {
        await using engine = await openEngine();
        const jpeg = join(engine.folder, 'camera.jpg');
        await sharp(sample)
          .resize(60, 40)
          .withExif({
            IFD0: { Artist: 'Ada Lovelace', Model: 'Camera 9' },
            IFD2: { BodySerialNumber: 'SN-4711', ExposureTime: '1/125' },
            IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' },
          })
          .jpeg()
          .toFile(jpeg);
        // The same block in either order of bytes, as cameras write it.
        const { exif } = await sharp(jpeg).metadata();
        const block = order === 'II' ? exif! : await bigEndian(exif!);
        const source = join(engine.folder, 'camera.tif');
        await sharp(jpeg).tiff({ compression: 'deflate' }).toFile(source);
        await addTiffBlocks(source, { exif: block });
        const holds = async (path: string) => {
          const text = (await readTiffBlocks(path)).exif?.toString('latin1') ?? '';
          return ['Ada Lovelace', 'Camera 9', 'SN-4711'].map((words) => text.includes(words));
        };
        expect(await holds(source)).toEqual([true, true, true]);
        expect((await pixels(source)).data.equals((await pixels(jpeg)).data)).toBe(true);
        const all = await good(engine, source, { metadata: 'all', pattern: 'all' });
        expect(await holds(all.output)).toEqual([true, true, true]);
        expect(hasGps((await readTiffBlocks(all.output)).exif)).toBe(true);
        expect(all.receipt.metadata.dropped).toEqual([]);
        const safe = await good(engine, source, { metadata: 'safe', pattern: 'safe' });
        expect(await holds(safe.output)).toEqual([true, true, false]);
        expect(hasGps((await readTiffBlocks(safe.output)).exif)).toBe(false);
        const other = await good(engine, source, { metadata: 'all', pattern: 'other', format: 'jpeg' });
        expect((await sharp(other.output).metadata()).exif?.includes('Ada Lovelace')).toBe(true);
      },
    );
  },
);

/** The same EXIF block with every number turned. */
async function bigEndian(block: Buffer): Promise<Buffer> {
  const bytes = Buffer.from(block);
  const tiff = bytes.subarray(6);
  const short = (at: number): number => {
    const value = tiff.readUInt16LE(at);
    tiff.writeUInt16BE(value, at);
    return value;
  };
  const long = (at: number): number => {
    const value = tiff.readUInt32LE(at);
    tiff.writeUInt32BE(value, at);
    return value;
  };
  const directory = (offset: number): void => {
    const count = short(offset);
    for (let at = offset + 2; at < offset + 2 + count * 12; at += 12) {
      const [tag, type, number] = [short(at), short(at + 2), long(at + 4)];
      const unit = type === 3 ? 2 : [4, 5, 9, 10].includes(type) ? 4 : 1;
      const size = unit * number * (type === 5 || type === 10 ? 2 : 1);
      const place = size <= 4 ? at + 8 : long(at + 8);
      if (tag === 0x8769 || tag === 0x8825) directory(long(at + 8));
      else
        for (let value = place; unit > 1 && value < place + size; value += unit)
          unit === 2 ? short(value) : long(value);
    }
    long(offset + 2 + count * 12);
  };
  tiff.write('MM', 0, 'latin1');
  short(2);
  directory(long(4));
  return bytes;
}

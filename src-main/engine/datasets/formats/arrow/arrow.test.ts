import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';
import { schemaOf, unpacked } from './schema.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`tables of Arrow as Datumaro reads them${whyNot}`, () => {
  test('arrow', async () => {
    const ours = await toGolden(await format('arrow').read(corpus('arrow')));
    const theirs = readGolden('arrow');
    for (const { media } of ours.items) if (media !== undefined) media.path = '';
    for (const item of theirs.items) {
      // Datumaro's pictures are decoded and encoded anew, so that what is turned by EXIF has another size in them.
      if (item.media !== undefined) item.media.path = '';
    }
    expect(differences(ours, theirs)).toEqual([]);
  });

  test('pictures come back byte by byte, and point clouds with theirs', async () => {
    const folder = fresh();
    const source = await format('datumaro').read(corpus('datumaro@pcd'));
    await format('arrow').write(source, folder, { media: 'copy' });
    const { items } = await readAll('arrow', folder);
    for await (const { id, media } of source.items()) {
      const own = items.find((item) => item.id === id)!.media!;
      expect(await readFile(own.path)).toEqual(await readFile(media!.path));
      expect(own.related).toHaveLength(media!.related!.length);
      expect(await readFile(own.related![0]!)).toEqual(await readFile(media!.related![0]!));
    }
  });
});

describe('tables of Arrow', () => {
  const box = { ...shape, type: 'box' as const, x: 1.5, y: 2, width: 3, height: 4 };

  test('the schema and what stands beside it are what Datumaro asks for', async () => {
    const folder = fresh();
    await format('arrow').write(setOf(['кот'], [{ id: 'a/b', annotations: [box] }]), folder, {
      media: 'none',
    });
    const table = tableFromIPC(await readFile(join(folder, 'datum-00000.arrow')));
    expect(table.schema.toString()).toBe(
      'Schema<{ 0: id: Utf8, 1: subset: Utf8, 2: media: Struct<{type:Uint8, image:Struct<{has_bytes:Bool, ' +
        'bytes:Binary, path:Utf8, size:FixedSizeList[2]<Uint16>}>, point_cloud:Struct<{has_bytes:Bool, ' +
        'bytes:Binary, path:Utf8, extra_images:List<Struct<{has_bytes:Bool, bytes:Binary, path:Utf8, ' +
        'size:FixedSizeList[2]<Uint16>}>>}>}>, 3: annotations: Binary, 4: attributes: Binary }>',
    );
    const { metadata } = table.schema;
    expect([metadata.get('signature'), metadata.get('version')]).toEqual(['signature:datumaro_arrow', '2.0']);
    expect(metadata.get('media_type')).toBe('\x02\0\0\0');
    expect((await detectFormats(folder))[0]?.format.name).toBe('arrow');
  });

  test('the length of what stands beside the columns is in ASCII, whatever it is', () => {
    for (let letters = 0; letters < 400; letters += 7) {
      const value = { name: 'é'.repeat(letters) };
      const text = schemaOf({}, value, 2).metadata.get('categories')!;
      const bytes = Buffer.from(text);
      expect(bytes.subarray(0, 4).every((byte) => byte < 128)).toBe(true);
      expect(bytes.readUInt32LE()).toBe(bytes.length - 4);
      expect(unpacked(text)).toEqual(value);
    }
  });

  test('rows that are damaged are told, and other tables are not taken for these', async () => {
    const { items, reasons } = await writeAndRead(
      'arrow',
      setOf(['a'], [{ id: 'x', annotations: [box, { ...box, label: 0, width: 5 }] }, { id: 'y' }]),
      fresh(),
    );
    expect([items.map(({ id }) => id), reasons]).toEqual([['x', 'y'], []]);
    const folder = fresh();
    await put(folder, { 'a.arrow': 'ARROW1\0\0 nothing ARROW1' });
    expect(await detectFormats(folder)).toEqual([]);
    expect((await readAll('arrow', folder)).reasons).toHaveLength(1);
  });
});

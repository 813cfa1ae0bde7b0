import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf } from '../common/testing.ts';

const { fresh } = scratch();

const pixels = async (path: string): Promise<Buffer> => sharp(path).greyscale().raw().toBuffer();

describe.skipIf(!haveData)(`MNIST as Datumaro reads it${whyNot}`, () => {
  test.each(['mnist', 'mnist_csv'])('%s, with pictures that have paths', async (name) => {
    const ours = await toGolden(await format(name).read(corpus(name)));
    const theirs = readGolden(name);
    for (const { media } of ours.items) media!.path = '';
    expect(differences(ours, theirs)).toEqual([]);
  });

  test('pictures are the same in both and stay the same when written', async () => {
    const [one, other] = [
      await readAll('mnist', corpus('mnist')),
      await readAll('mnist_csv', corpus('mnist_csv')),
    ];
    const folder = fresh();
    await format('mnist').write(other.dataset, folder, { media: 'copy' });
    const again = await readAll('mnist', folder);
    for (const item of one.items) {
      const same = ({ id, subset }: typeof item): boolean => id === item.id && subset === item.subset;
      const [a, b, c] = [item, other.items.find(same)!, again.items.find(same)!];
      expect((await pixels(a.media!.path)).equals(await pixels(b.media!.path))).toBe(true);
      expect((await pixels(a.media!.path)).equals(await pixels(c.media!.path))).toBe(true);
    }
    // The originals count pictures and not their bytes, as Datumaro does.
    const bytes = gunzipSync(await readFile(join(folder, 'train-images-idx3-ubyte.gz')));
    expect([bytes.readUInt32BE(4), bytes.readUInt32BE(8), bytes.length]).toEqual([9, 28, 16 + 9 * 784]);
  });
});

describe('MNIST', () => {
  test('other sizes and names, colours, no class and no picture', async () => {
    const folder = fresh();
    const png = (width: number, height: number, channels: 1 | 3): Promise<Buffer> =>
      sharp({ create: { width, height, channels: 3, background: { r: 9, g: 9, b: 9 } } })
        .toColourspace(channels === 1 ? 'b-w' : 'srgb')
        .png()
        .toBuffer();
    await put(folder, { 'a.png': await png(5, 3, 1), 'b.png': await png(28, 28, 3) });
    const media = (name: string) => ({ kind: 'image' as const, path: join(folder, name), size: null });
    const label = { type: 'label', id: 0, group: 0, label: 1, attributes: new Map() } as const;
    const set = setOf(
      ['cat', 'dog'],
      [
        { id: 'sub/a', media: media('a.png'), annotations: [label, { ...label, label: 0 }] },
        { id: 'имя', media: media('b.png'), annotations: [] },
        { id: 'c', media: media('none.png'), annotations: [label] },
      ],
      null,
    );
    for (const name of ['mnist', 'mnist_csv']) {
      const target = fresh();
      const report = await format(name).write(set, target, { media: 'copy' });
      expect([...report.problems.byReason.keys()]).toEqual([
        'a second class of a picture: there is one number for it',
        'the colours of the picture become grey',
        "the picture is not there to be taken, or can't be read",
      ]);
      const { items, names, reasons } = await readAll(name, target);
      expect(reasons).toEqual([]);
      expect(names).toEqual(['cat', 'dog']);
      expect(
        items.map(({ id, media: own, annotations }) => [id, own?.size ?? null, annotations.length]),
      ).toEqual([
        ['sub/a', { width: 5, height: 3 }, 1],
        ['имя', { width: 28, height: 28 }, 0],
        ['c', null, 1],
      ]);
    }
  });

  test('damage is told', async () => {
    const folder = fresh();
    const head = (kind: number, count: number): Buffer => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt32BE(kind, 0);
      bytes.writeUInt32BE(count, 4);
      return bytes;
    };
    await put(folder, {
      'a-labels-idx1-ubyte': Buffer.concat([head(0x801, 3), Buffer.from([1, 77, 255])]),
      'b-labels-idx1-ubyte.gz': gzipSync(head(9, 9)),
      'c-labels-idx1-ubyte.gz': 'not packed',
      'a-images-idx3-ubyte': Buffer.concat([head(0x803, 3), Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 5])]),
    });
    const { items, reasons } = await readAll('mnist', folder);
    expect(items.map(({ annotations, media }) => [annotations.length, media === null])).toEqual([
      [1, false],
      [0, true],
      [0, true],
    ]);
    expect(reasons).toHaveLength(5);
    const tables = fresh();
    await put(tables, { 'mnist_x.csv': 'label,1x1\n1,2\n\nx,1\n2\n' });
    const csv = await readAll('mnist_csv', tables);
    expect(csv.items.map(({ id }) => id)).toEqual(['0', '1']);
    expect(csv.reasons).toHaveLength(2);
  });
});

import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`CIFAR as Datumaro reads it${whyNot}`, () => {
  test('classes and pictures', async () => {
    const ours = await toGolden(await format('cifar').read(corpus('cifar')));
    for (const { media } of ours.items) media!.path = '';
    expect(differences(ours, readGolden('cifar'))).toEqual([]);
  });
});

const text = (value: string): Buffer =>
  Buffer.concat([Buffer.from([0x8c, Buffer.byteLength(value)]), Buffer.from(value)]);
const short = (value: Buffer): Buffer => Buffer.concat([Buffer.from('T'), uint32(value.length), value]);
const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const global = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`);
const pickle = (...parts: readonly (Buffer | string)[]): Buffer =>
  Buffer.concat([
    Buffer.from([0x80, 2]),
    ...parts.map((part) => Buffer.from(part as string, 'latin1')),
    Buffer.from('.'),
  ]);

/** `{'fine_label_names': […], 'coarse_label_names': […]}` and a batch, as Python 2 pickles them. */
const meta = pickle(
  '}(',
  text('fine_label_names'),
  '](',
  text('cat'),
  text('oak'),
  'e',
  text('coarse_label_names'),
  '](',
  text('animal'),
  text('tree'),
  'e',
  'u',
);
const planes = Buffer.alloc(3 * 32 * 32, 200)
  .fill(130, 1024, 2048)
  .fill(7, 2048);
const batch = pickle(
  '}(',
  text('filenames'),
  '](',
  text('a.png'),
  text('../b.png'),
  'e',
  text('fine_labels'),
  '](K\x01K\x09e',
  text('coarse_labels'),
  '](K\x01K\x00e',
  text('data'),
  global('numpy.core.multiarray', '_reconstruct'),
  '(',
  global('numpy', 'ndarray'),
  'K\x00\x85U\x01btR(K\x01K\x01M\x00\x0c\x86',
  global('numpy', 'dtype'),
  'U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNtb\x89',
  short(planes),
  'tbu',
);

describe('CIFAR', () => {
  test("CIFAR-100 in Python 2's pickles: classes above, bytes as text, a path out of the folder", async () => {
    const folder = fresh();
    await put(folder, { meta, train: batch, 'file.txt~': 'x' });
    const { items, dataset, reasons } = await readAll('cifar', folder);
    expect(dataset.categories.labels.map(({ name, parent }) => [name, parent])).toEqual([
      ['cat', ''],
      ['oak', 'tree'],
    ]);
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([['a', 'train']]);
    const pixels = await sharp(items[0]!.media!.path).raw().toBuffer();
    expect([...pixels.subarray(0, 3)]).toEqual([200, 130, 7]);
    expect(reasons).toEqual(["the picture's name leaves the set's folder"]);
  });

  test('a pickle that would run something is refused', async () => {
    for (const attack of [
      pickle(global('os', 'system'), '(', text('touch /tmp/refinery-pickle'), 'tR'),
      pickle(global('builtins', 'eval'), '(', text('1'), 'tR'),
      pickle(global('numpy', '__proto__'), ')R'),
      pickle(global('numpy.core.multiarray', '__defineGetter__'), ')R'),
      pickle(']'),
      Buffer.from('not a pickle'),
      batch.subarray(0, 200),
    ]) {
      const folder = fresh();
      await put(folder, { meta, train: attack });
      const { items, reasons } = await readAll('cifar', folder);
      expect(items).toEqual([]);
      expect(reasons).toHaveLength(1);
      expect(reasons[0]).toMatch(/can't be read as a pickle/);
    }
    expect(Object.keys({})).toEqual([]);
  });

  test('pictures of any size, names, classes and those above them come back', async () => {
    const pictures = fresh();
    const made = async (name: string, width: number, height: number) => {
      const pixels = Buffer.from(Uint8Array.from({ length: 3 * width * height }, (_, at) => (at * 7) % 256));
      const png = await sharp(pixels, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer();
      await put(pictures, { [name]: png });
      return { kind: 'image' as const, path: join(pictures, name), size: { width, height } };
    };
    const label = (number: number) => ({
      type: 'label' as const,
      id: 0,
      group: 0,
      label: number,
      attributes: new Map(),
    });
    for (const [width, height] of [
      [32, 32],
      [5, 9],
    ] as const) {
      const set = setOf(
        [
          { name: 'cat', parent: 'animal', attributes: [] },
          { name: 'кот', parent: '', attributes: [] },
        ],
        [
          { id: 'a/б', subset: 'train', media: await made('a.png', width, height), annotations: [label(1)] },
          { id: 'b', subset: 'train', media: await made('b.png', 32, 32), annotations: [label(0)] },
          { id: 'c', subset: 'test', media: null, annotations: [] },
        ],
      );
      const folder = fresh();
      const report = await format('cifar').write(set, folder, { media: 'copy' });
      expect(report.problems.list).toEqual([]);
      const { items, dataset, reasons } = await readAll('cifar', folder);
      expect(reasons).toEqual([]);
      expect(dataset.categories.labels.map(({ name, parent }) => [name, parent])).toEqual([
        ['cat', 'animal'],
        ['кот', ''],
      ]);
      expect(items.map(({ id, subset, annotations }) => [subset, id, annotations.length])).toEqual([
        ['test', 'c', 0],
        ['train', 'a/б', 1],
        ['train', 'b', 1],
      ]);
      for await (const { id, media } of set.items()) {
        const own = items.find((item) => item.id === id)!.media;
        if (media === null) expect(own).toBeNull();
        else
          expect(await sharp(own!.path).raw().toBuffer()).toEqual(await sharp(media.path).raw().toBuffer());
      }
    }
  });
});

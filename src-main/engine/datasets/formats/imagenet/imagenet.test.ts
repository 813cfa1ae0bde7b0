import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { type Annotation, noAttributes } from '../../model/index.ts';
import {
  corpus,
  differences,
  type Golden,
  haveData,
  readGolden,
  toGolden,
  whyNot,
} from '../../testing/golden.ts';
import { bare, conversions, format, put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

/** Datumaro puts the class and a colon in front of an id, and takes a folder in a class's folder for a class. */
function withFolders(golden: Golden, set: string): Golden {
  const named = golden.items.map((item) => {
    const path = item.media!.path.slice(
      `corpus/${set}/`.length + (set.includes('subset') ? `${item.subset}/`.length : 0),
    );
    const id = path.slice(0, path.lastIndexOf('.'));
    const label = id.slice(0, id.indexOf('/'));
    return { ...item, id, annotations: item.annotations.map((annotation) => ({ ...annotation, label })) };
  });
  return { ...golden, labels: golden.labels.filter(({ parent }) => parent === ''), items: named };
}

describe.skipIf(!haveData)(`class folders as Datumaro reads them${whyNot}`, () => {
  test.each([
    ['imagenet', 'imagenet'],
    ['imagenet', 'imagenet@clean'],
    ['imagenet_with_subset_dirs', 'imagenet_with_subset_dirs@clean'],
  ])('%s: %s', async (name, set) => {
    const ours = await toGolden(await format(name).read(corpus(set)));
    const theirs = withFolders(readGolden(set), set);
    expect(differences(ours, { ...theirs, labels: ours.labels })).toEqual([]);
    expect(theirs.labels).toEqual(ours.labels);
  });

  test('subsets with different classes, which Datumaro refuses', async () => {
    const { items, names, reasons } = await readAll(
      'imagenet_with_subset_dirs',
      corpus('imagenet_with_subset_dirs'),
    );
    expect(reasons).toEqual([]);
    expect(items).toHaveLength(23);
    expect(items.filter(({ annotations }) => annotations.length === 0).map(({ id }) => id)).toEqual([
      'no_label/no_annotations_06',
    ]);
    expect(names).toEqual([
      'animal',
      'background_sign',
      'car',
      'héron_été',
      'person',
      'traffic light',
      'vehicle',
      'собака',
    ]);
  });

  test('pictures in folders, which Datumaro passes over', async () => {
    const ours = await toGolden(await format('image_dir').read(corpus('image_dir')));
    const theirs = readGolden('image_dir');
    expect(differences(ours, theirs)).toEqual(['extra item default/sub/dir/nested_04']);
  });

  test.each([
    ['imagenet', 'imagenet@clean', 'imagenet'],
    ['imagenet', 'imagenet@clean', 'imagenet_with_subset_dirs'],
    ['coco_instances', 'coco_instances@clean', 'imagenet_txt'],
    ['wider_face', 'wider_face', 'imagenet_txt'],
  ])('%s (%s) to %s', async (from, set, to) => {
    const { ours, theirs } = await conversions(from, set, to, fresh());
    expect(differences(bare(ours), bare(theirs))).toEqual([]);
  });

  test('what Ultralytics leaves beside subsets is no reason against', async () => {
    const folder = fresh();
    for (const subset of ['train', 'val']) {
      await put(folder, { [`${subset}/cat/a.jpg`]: '', [`${subset}.cache`]: 'x' });
    }
    const [best] = await detectFormats(folder);
    expect([best?.format.name, best?.against]).toEqual(['imagenet_with_subset_dirs', []]);
  });

  test('lists of pictures whose ids keep their class', async () => {
    const { ours, theirs } = await conversions('imagenet', 'imagenet@clean', 'imagenet_txt', fresh());
    const last = (golden: Golden): Golden => ({
      ...golden,
      items: golden.items.map((item) => ({ ...item, id: item.id.replace(/^.*[/:]/, '') })),
    });
    expect(differences(last(bare(ours)), last(bare(theirs)))).toEqual([]);
  });
});

describe('class folders', () => {
  const mark = (label: number): Annotation => ({
    type: 'label',
    id: 0,
    group: 0,
    label,
    attributes: noAttributes,
  });

  test('what a folder cannot say is told', async () => {
    const folder = fresh();
    const picture = join(folder, 'source', 'a.png');
    const png = await sharp({ create: { width: 3, height: 2, channels: 3, background: '#123' } })
      .png()
      .toBuffer();
    await put(join(folder, 'source'), { 'a.png': png });
    const media = { kind: 'image', path: picture, size: null } as const;
    const set = setOf(
      ['cat', '../up', 'unused'],
      [
        { id: 'a', media, annotations: [mark(0), mark(0), mark(1)] },
        { id: 'b', media, annotations: [mark(1)] },
        { id: 'cat/c', media, annotations: [mark(0)] },
        { id: 'd', annotations: [mark(0)] },
      ],
    );
    const target = join(folder, 'target');
    const report = await format('imagenet').write(set, target, { media: 'copy' });
    expect((await readdir(target)).sort()).toEqual(['_.._up', 'cat']);
    expect((await readdir(join(target, 'cat'))).sort()).toEqual(['a.png', 'c.png']);
    expect(report.annotations).toBe(3);
    expect([...report.problems.byReason.keys()].sort()).toEqual([
      'a class that the picture has already',
      'a class without pictures has no folder',
      'a second class of a picture: a folder can only say one',
      'the name of the class is no name of a folder and is changed',
      'the picture is not there, and only its place says its class',
    ]);
  });

  test('without pictures there is nothing to write, and a set without classes is one', async () => {
    for (const name of ['imagenet', 'imagenet_with_subset_dirs', 'image_dir']) {
      const write = format(name).write(setOf(['a'], [{ id: 'x' }]), fresh(), { media: 'none' });
      await expect(write).rejects.toMatchObject({ code: 'BAD_REQUEST' });
    }
    const folder = fresh();
    await put(folder, { 'no_label/a.png': 'x' });
    const { items, names } = await readAll('imagenet', folder);
    expect([items.length, names]).toEqual([1, []]);
  });

  test('pictures outside of a class folder, and the same name with two endings', async () => {
    const folder = fresh();
    await put(folder, { 'loose.png': 'x', 'a/x.png': 'x', 'a/x.jpg': 'x', 'a/note.txt': 'x' });
    const { items, reasons } = await readAll('imagenet', folder);
    expect(items.map(({ id }) => id)).toEqual(['a/x', 'a/x.png', 'loose']);
    expect(reasons).toEqual(['the picture is in no class folder']);
    expect(items[0]!.media!.size).toBeNull();
  });

  test('lists keep names with spaces and quotes, and several classes', async () => {
    const id = fc
      .string({ minLength: 1, maxLength: 8 })
      .filter(
        (text) =>
          text.trim() === text &&
          !/[\\/\p{C}]/u.test(text) &&
          !text.startsWith('.') &&
          !/^[a-z]:/i.test(text),
      );
    const labels = fc.uniqueArray(fc.nat(2), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(fc.record({ id, labels }), {
          selector: (entry) => entry.id,
          minLength: 1,
          maxLength: 5,
        }),
        async (entries) => {
          const set = setOf(
            ['a b', 'c', '__proto__'],
            entries.map((entry) => ({ id: entry.id, annotations: entry.labels.map(mark) })),
          );
          for (const name of ['imagenet_txt', 'roboflow_multiclass']) {
            const { report, items, reasons, names } = await writeAndRead(name, set, fresh());
            expect([report.problems.list, reasons]).toEqual([[], []]);
            expect(new Set(names)).toEqual(new Set(['a b', 'c', '__proto__']));
            const found = items.map((item) => [
              item.id,
              item.annotations.map((part) => names[(part as { label: number }).label]),
            ]);
            const put = entries.map((entry) => [
              entry.id,
              entry.labels.map((label) => ['a b', 'c', '__proto__'][label]),
            ]);
            const plain = (list: (string | (string | undefined)[])[][]): unknown =>
              new Map(list.map(([name_, own]) => [name_, new Set(own)]));
            expect(plain(found as never)).toEqual(plain(put as never));
          }
        },
      ),
      { numRuns: 15 },
    );
  });

  test('lists that name classes, as sets of Kaggle have them', async () => {
    const folder = fresh();
    await put(folder, {
      'labels.txt': 'x.jpg cat\nsub/y.jpg, guinea pig\nx.jpg dog\nbroken\n',
      'images/x.jpg': '',
      'images/sub/y.jpg': '',
    });
    const [best] = await detectFormats(folder);
    expect([best!.format.name, best!.confidence]).toEqual(['imagenet_txt', 0.6]);
    const { items, names, reasons } = await readAll('imagenet_txt', folder);
    expect(names).toEqual(['cat', 'guinea pig', 'dog']);
    expect(
      items.map(({ id, subset, media, annotations }) => [
        id,
        subset,
        media!.path.slice(folder.length + 1),
        annotations.map((part) => 'label' in part && part.label),
      ]),
    ).toEqual([
      ['x', 'default', 'images/x.jpg', [0, 2]],
      ['sub/y', 'default', 'images/sub/y.jpg', [1]],
    ]);
    expect(reasons).toEqual(['the line is no picture with a class']);
  });

  test('lists with damaged lines', async () => {
    const folder = fresh();
    await put(folder, {
      'synsets.txt': 'a\nb\n',
      'train.txt': 'x.jpg 0\n../y.jpg 1\nz.jpg 9\n"q" r".jpg 1\n',
    });
    const { items, reasons } = await readAll('imagenet_txt', folder);
    expect(items.map(({ id }) => id)).toEqual(['x', 'z', 'q" r']);
    expect(reasons).toEqual(["the path leaves the set's folder", 'there is no class of this number']);
    expect(await readFile(join(folder, 'synsets.txt'), 'utf8')).toBe('a\nb\n');
  });

  test('what is no number of a class is told, and no part of the name', async () => {
    const folder = fresh();
    await put(folder, {
      'synsets.txt': 'a\nb\n',
      'train.txt':
        'x.jpg NaN\ny.jpg -1\ndots.in.name.08.jpg 1.5\nz.jpg 1 word 0\n"q r".jpg 1e0\nbare -1 1\n2 1\n',
    });
    const { items, dataset } = await readAll('imagenet_txt', folder);
    const labels = items.map(({ id, annotations }) => [
      id,
      annotations.map((part) => 'label' in part && part.label),
    ]);
    expect(labels).toEqual([
      ['x', []],
      ['y', []],
      ['dots.in.name.08', []],
      ['z', [1, 0]],
      ['q r', []],
      ['bare', [1]],
      ['2', [1]],
    ]);
    expect(dataset.problems.list.map(({ place, reason }) => [place, reason])).toEqual(
      [1, 2, 3, 4, 5, 6].map((line) => [`line ${line}`, 'there is no class of this number']),
    );
  });
});

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planConversion } from '../../operations/index.ts';
import { put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const pictures =
  'ImageID,Subset,OriginalURL,OriginalLandingURL,License,AuthorProfileURL,Author,Title,OriginalSize,OriginalMD5,Thumbnail300KURL,Rotation\n';
const license = 'https://creativecommons.org/licenses/by/2.0/';

/** Tables as Open Images V6 has them: https://storage.googleapis.com/openimages/web/download_v7.html */
const files = {
  'annotations/oidv6-class-descriptions.csv': 'LabelName,DisplayName\n/m/01,Cat\n/m/02,Animal\n',
  'annotations/bbox_labels_600_hierarchy.json':
    '{"LabelName":"/m/0bl9f","Subcategory":[{"LabelName":"/m/02","Subcategory":[{"LabelName":"/m/01"}]}]}',
  'annotations/train-images-with-rotation.csv': `${pictures}a,train,https://x/a.jpg,https://x/a,${license},https://x/ann,Ann,"Cat, asleep",2038323,I4V==,https://c4/a,90.0\nb,train,,,${license},,,,,,,0.0\n`,
  'annotations/oidv6-train-annotations-bbox.csv':
    'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside,XClick1X\na,activemil,/m/01,1,0.25,0.75,0.5,1,0,0,0,0,0,0.3\n',
  'annotations/train-annotations-human-imagelabels.csv':
    'ImageID,Source,LabelName,Confidence\na,verification,/m/02,1\n',
  'annotations/oidv6-train-annotations-vrd.csv': 'ImageID,LabelName1,LabelName2\na,/m/01,/m/02\n',
  'annotations/images.meta': 'a 20 40\nb 20 40\n',
};

const facts = {
  OriginalURL: 'https://x/a.jpg',
  OriginalLandingURL: 'https://x/a',
  License: license,
  AuthorProfileURL: 'https://x/ann',
  Author: 'Ann',
  Title: 'Cat, asleep',
  OriginalSize: 2038323,
  OriginalMD5: 'I4V==',
  Thumbnail300KURL: 'https://c4/a',
  Rotation: 90,
};

describe('Open Images: what its tables say of pictures, labels and classes', () => {
  test('is read, and written to where it stood', async () => {
    const folder = fresh();
    await put(folder, files);
    const { dataset, items, reasons } = await readAll('open_images', folder);
    expect(items.map(({ attributes }) => Object.fromEntries(attributes))).toEqual([
      facts,
      { License: license },
    ]);
    const sources = items[0]!.annotations.map(({ attributes }) => attributes.get('source'));
    expect(sources).toEqual(['verification', 'activemil']);
    expect(dataset.categories.labels.map((label) => label.facts?.get('LabelName'))).toEqual([
      '/m/01',
      '/m/02',
    ]);
    expect(reasons).toEqual([
      'tables of this kind are not read',
      'the table says that the picture is turned; boxes are taken as they stand',
    ]);
    const target = fresh();
    const again = await writeAndRead('open_images', dataset, target);
    expect(again.dataset.categories).toEqual(dataset.categories);
    expect(again.items.map(({ attributes, annotations }) => ({ attributes, annotations }))).toEqual(
      items.map(({ attributes, annotations }) => ({ attributes, annotations })),
    );
    const text = (name: string): Promise<string> => readFile(join(target, 'annotations', name), 'utf8');
    expect(await text('train-images-with-rotation.csv')).toContain(
      `${license},https://x/ann,Ann,"Cat, asleep"`,
    );
    expect(await text('train-annotations-bbox.csv')).toContain(
      '\na,activemil,/m/01,1,0.25,0.75,0.5,1,0,0,0,0,0\n',
    );
    expect(await text('class-descriptions.csv')).toBe('/m/01,Cat\n/m/02,Animal\n');
  });

  test('what Open Images has no column for stands in tables of ours', async () => {
    const attributes = new Map<string, string | number | boolean>([
      ['id', 7],
      ['License', 4],
      ['Title', ' blank '],
      ['__proto__', 'x'],
    ]);
    const labels = [
      { name: 'cat', parent: '', attributes: [], facts: new Map([['synset', 'cat.n.01']]) },
      { name: 'dog', parent: '', attributes: [] },
    ];
    const { dataset, items, reasons } = await writeAndRead(
      'open_images',
      setOf(labels, [
        { id: 'x', subset: 'train', attributes },
        { id: 'y', subset: 'train' },
      ]),
      fresh(),
    );
    expect(reasons).toEqual([]);
    expect(items.map((item) => [...item.attributes])).toEqual([[...attributes], []]);
    expect(dataset.categories.labels).toEqual(labels);
  });

  test('classes of one name are called by their codes, and keep the name as a fact', async () => {
    const folder = fresh();
    await put(folder, {
      ...files,
      'annotations/oidv6-class-descriptions.csv': 'LabelName,DisplayName\n/m/01,Cat\n/m/02,Cat\n',
      'annotations/image-attributes.csv': 'x',
      'annotations/train-image-attributes.csv': 'ImageID,Attributes\na,{\n',
    });
    const { dataset, reasons } = await readAll('open_images', folder);
    expect(reasons).toContain('the attributes are no JSON');
    const again = await writeAndRead('open_images', dataset, fresh());
    expect(again.dataset.categories).toEqual(dataset.categories);
    expect(again.names).toEqual(['/m/01', '/m/02']);
  });

  test('the plan names what another format has no place for', async () => {
    const source = fresh();
    await put(source, files);
    const request = { source, from: 'open_images', output: join(fresh(), 'none'), media: 'none' } as const;
    const { loss } = await planConversion({ ...request, to: 'kitti_detection' });
    expect(loss.notes.join()).toContain(
      'dropped: OriginalURL, OriginalLandingURL, License, AuthorProfileURL, Author, Title, OriginalSize, OriginalMD5 and 2 more.',
    );
    expect(loss.notes.join()).toContain('dropped: LabelName.');
    const kept = await planConversion({ ...request, to: 'open_images' });
    expect([kept.loss.notes, [...kept.loss.attributes]]).toEqual([[], []]);
  });
});

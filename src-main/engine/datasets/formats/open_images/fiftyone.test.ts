import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { areaOf } from '../../masks.ts';
import type { Mask } from '../../model/index.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();
const picture = sharp({ create: { width: 100, height: 50, channels: 3, background: '#123' } })
  .jpeg()
  .toBuffer();
const mask = sharp(Buffer.from([0, 255, 0, 0]), { raw: { width: 2, height: 2, channels: 1 } })
  .png()
  .toBuffer();

/** What FiftyOne leaves after downloading some pictures of the set: the tables are of all of it. */
async function downloaded(): Promise<string> {
  const folder = fresh();
  const boxes =
    'ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n';
  await put(folder, {
    'info.json': '{"name": "OpenImagesV7Dataset"}',
    'train/data/0a1b.jpg': await picture,
    'train/data/ffee.jpg': await picture,
    'train/labels/detections.csv': `${boxes}0a1b,xclick,/m/cat,1,0.1,0.5,0.2,0.6,0,1,0,0,0\nelsewhere,xclick,/m/cat,1,0,1,0,1,0,0,0,0\n`,
    'train/labels/classifications.csv':
      'ImageID,Source,LabelName,Confidence\nffee,verification,/m/dog,1\nelsewhere,verification,/m/dog,0\n',
    'train/labels/segmentations.csv':
      'MaskPath,ImageID,LabelName,BoxID,BoxXMin,BoxXMax,BoxYMin,BoxYMax,PredictedIoU,Clicks\n0a1b_m_cat_1.png,0a1b,/m/cat,1,0.1,0.5,0.2,0.6,0.9,\n',
    'train/labels/masks/0/0a1b_m_cat_1.png': await mask,
    'train/labels/relationships.csv': 'ImageID,LabelName1,LabelName2\n',
    'train/metadata/classes.csv': '/m/cat,Cat\n/m/dog,Dog\n',
    'train/metadata/hierarchy.json': JSON.stringify({
      LabelName: '/m/0bl9f',
      Subcategory: [{ LabelName: '/m/dog', Subcategory: [{ LabelName: '/m/cat' }] }],
    }),
    'train/metadata/image_ids.csv':
      'ImageID,Subset,OriginalURL,Author,Rotation\n0a1b,train,https://example.org,somebody,0\nelsewhere,train,,,0\n',
    'validation/data/77.jpg': await picture,
    'validation/labels/detections.csv': boxes,
  });
  return folder;
}

describe("Open Images in FiftyOne's layout", () => {
  test('the pictures that were downloaded, and what the tables say of them', async () => {
    const folder = await downloaded();
    const [best] = await detectFormats(folder);
    expect([best!.format.name, best!.confidence]).toEqual(['open_images', 0.97]);
    const { items, names, dataset, reasons } = await readAll('open_images', folder);
    expect(names).toEqual(['Cat', 'Dog']);
    expect(dataset.categories.labels[0]!.parent).toBe('Dog');
    expect(
      items.map(({ id, subset, annotations }) => [subset, id, annotations.map(({ type }) => type)]),
    ).toEqual([
      ['train', '0a1b', ['box', 'mask']],
      ['train', 'ffee', ['label']],
      ['validation', '77', []],
    ]);
    const [box, drawn] = items[0]!.annotations;
    expect(box).toMatchObject({ x: 10, y: 10, width: 40, height: 20, label: 0 });
    expect(drawn!.group).toBe(box!.group);
    // A quarter of the picture: the mask is of another size and is stretched.
    expect(areaOf((drawn as Mask).counts)).toBe(1250);
    expect([...items[0]!.attributes]).toEqual([
      ['OriginalURL', 'https://example.org'],
      ['Author', 'somebody'],
    ]);
    expect(reasons).toEqual(['tables of this kind are not read']);
  });

  test('one subset alone', async () => {
    const folder = `${await downloaded()}/train`;
    expect((await detectFormats(folder))[0]!.format.name).toBe('open_images');
    const { items } = await readAll('open_images', folder);
    expect(items.map(({ id, subset }) => [subset, id])).toEqual([
      ['train', '0a1b'],
      ['train', 'ffee'],
    ]);
  });
});

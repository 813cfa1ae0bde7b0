import { describe, expect, test } from 'vitest';
import { notUtf8 } from '../../files/text.ts';
import { put, readAll, scratch } from './testing.ts';

const { fresh } = scratch();

const latin = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16 = (text: string): Buffer => Buffer.from(`\ufeff${text}`, 'utf16le');

const coco = (name: string): string =>
  JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 50 }],
    categories: [
      { id: 1, name: 'person' },
      { id: 2, name },
    ],
    annotations: [{ id: 1, image_id: 1, category_id: 2, bbox: [1, 2, 3, 4] }],
  });

/** A set of each way in which text is read, with a class of this name. */
const sets: readonly (readonly [format: string, file: string, text: (name: string) => string])[] = [
  ['coco_instances', 'annotations/instances_train.json', coco],
  [
    'create_ml',
    '_annotations.createml.json',
    (name) =>
      `[{"image":"a.jpg","annotations":[{"label":"${name}","coordinates":{"x":5,"y":5,"width":2,"height":2}}]}]`,
  ],
  [
    'labelme',
    'a.json',
    (name) =>
      `{"imagePath":"a.jpg","imageWidth":9,"imageHeight":9,"shapes":[{"label":"${name}","shape_type":"rectangle","points":[[1,1],[2,2]]}]}`,
  ],
  [
    'voc_detection',
    'Annotations/a.xml',
    (name) =>
      `<annotation><filename>a.jpg</filename><size><width>9</width><height>9</height></size><object><name>${name}</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object></annotation>`,
  ],
  [
    'datumaro',
    'annotations/train.json',
    (name) =>
      `{"info":{},"categories":{"label":{"labels":[{"name":"${name}","parent":"","attributes":[]}]}},"items":[{"id":"a","annotations":[{"type":"label","label_id":0}],"image":{"path":"a.jpg","size":[9,9]}}]}`,
  ],
  [
    'vott_json',
    'train-export.json',
    (name) =>
      `{"assets":{"a":{"asset":{"id":"a","name":"a.jpg","size":{"width":9,"height":9}},"regions":[{"tags":["${name}"],"type":"RECTANGLE","boundingBox":{"left":1,"top":1,"width":3,"height":3},"points":[]}]}},"tags":[{"name":"${name}"}]}`,
  ],
  ['vott_csv', 'train-export.csv', (name) => `image,xmin,ymin,xmax,ymax,label\na.jpg,1,1,3,3,${name}\n`],
  [
    'box_table',
    'boxes.csv',
    (name) => `filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,9,9,${name},1,1,3,3\n`,
  ],
  ['hf_imagefolder', 'metadata.jsonl', (name) => `{"file_name":"a.jpg","label":"${name}"}\n`],
  ['imagenet_txt', 'synsets.txt', (name) => `person\n${name}\n`],
  ['yolo', 'obj.names', (name) => `person\n${name}\n`],
  ['yolo_ultralytics', 'data.yaml', (name) => `train: images\nnames: [person, ${name}]\n`],
];

/** What some of them have besides. */
const others: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  imagenet_txt: { 'train.txt': 'a.jpg 1\n' },
  yolo: { 'obj.data': 'names = obj.names\ntrain = train.txt\n', 'train.txt': 'a.jpg\n' },
  yolo_ultralytics: { 'images/a.jpg': '' },
};

async function read(name: string, file: string, bytes: Buffer) {
  const folder = fresh();
  await put(folder, { 'a.jpg': '', ...others[name], [file]: bytes });
  const { dataset, names } = await readAll(name, folder);
  // Read once more, as a conversion may, it tells the same no second time.
  for await (const _ of dataset.items());
  const encoding = dataset.problems.list.filter(({ reason }) => /UTF/.test(reason));
  return { names, encoding };
}

describe('classes with an ö', () => {
  test.each(sets)('%s: in Windows-1252 are read and told once', async (name, file, text) => {
    const { names, encoding } = await read(name, file, latin(text('persön')));
    expect(names).toContain('persön');
    expect(encoding).toEqual([{ file, place: '', reason: notUtf8 }]);
  });

  test.each(sets)('%s: in UTF-8, with a character that is none, are no problem', async (name, file, text) => {
    const { names, encoding } = await read(name, file, Buffer.from(text('persön\ufffd')));
    expect([names.includes('persön\ufffd'), encoding]).toEqual([true, []]);
  });

  test.each(sets)('%s: in UTF-16 with its mark are read', async (name, file, text) => {
    const { names, encoding } = await read(name, file, utf16(text('persön')));
    expect([names.includes('persön'), encoding]).toEqual([true, []]);
  });
});

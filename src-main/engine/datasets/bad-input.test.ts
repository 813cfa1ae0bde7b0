import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { jsonEntries, parseLenient } from './files/json.ts';
import { safeRelative } from './files/paths.ts';
import type { Dataset, Format } from './format.ts';
import { formatNamed } from './formats/index.ts';
import { namesOf, readDataYaml, yamlScalar } from './formats/yolo/yaml.ts';
import type { Item } from './model/index.ts';

let scratch = '';
let turn = 0;
let picture = Buffer.alloc(0);
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-bad-'));
  const blank = sharp({ create: { width: 100, height: 50, channels: 3, background: '#123' } });
  picture = await blank.png().toBuffer();
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

/** Writes a set's files and reads it. */
async function open(format: string, files: Readonly<Record<string, string | Buffer>>) {
  turn += 1;
  const folder = join(scratch, String(turn));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
  const dataset = await formatNamed(format)!.read(folder);
  const items: Item[] = [];
  for await (const item of dataset.items()) items.push(item);
  return { dataset, items, reasons: dataset.problems.list.map(({ reason }) => reason) };
}

const coco = (fields: object): Record<string, string> => ({
  'annotations/instances_train.json': JSON.stringify({
    images: [{ id: 1, file_name: 'a.jpg', width: 100, height: 50 }],
    categories: [{ id: 1, name: 'a' }],
    ...fields,
  }),
});

describe('COCO where Datumaro fails', () => {
  test('one bad annotation does not stop the set', async () => {
    const base = { image_id: 1, category_id: 1, bbox: [1, 2, 3, 4] };
    const { items, reasons } = await open(
      'coco_instances',
      coco({
        annotations: [
          { id: 1, ...base },
          { id: 2, ...base, segmentation: null },
          { id: '3', ...base },
          { id: 4, ...base, segmentation: [[1, 1, 2, 2]] },
          { id: 5, image_id: 1, category_id: 1 },
          { id: 6, ...base, bbox: [1, 2, -3, 4] },
          { id: 7, ...base, bbox: [1e300, 2, 3, 4] },
          { id: 8, ...base, image_id: 99 },
          { id: 9, ...base, segmentation: { counts: [3], size: [50, 100] } },
          { id: 10, ...base, segmentation: { counts: '~~', size: [50, 100] } },
          null,
          7,
        ],
      }),
    );
    expect(items[0]!.annotations.filter(({ type }) => type === 'box')).toHaveLength(6);
    expect(reasons).toHaveLength(9);
    expect(reasons).toContain('there is no such picture');
    expect(reasons).toContain('polygon: fewer than 3 points');
  });

  test('category 0 is a class like any other', async () => {
    const { items, dataset } = await open(
      'coco_instances',
      coco({
        categories: [
          { id: 0, name: 'zero' },
          { id: 7, name: 'seven' },
        ],
        annotations: [{ id: 1, image_id: 1, category_id: 0, bbox: [1, 2, 3, 4] }],
      }),
    );
    expect(items[0]!.annotations[0]).toMatchObject({ label: 0 });
    expect(dataset.categories.labels.map(({ sourceId }) => sourceId)).toEqual([0, 7]);
  });

  test('a name that two categories have stays two classes', async () => {
    const { items, dataset } = await open(
      'coco_instances',
      coco({
        categories: [
          { id: 1, name: 'fish' },
          { id: 2, name: 'fish', supercategory: 'fish' },
        ],
        annotations: [{ id: 1, image_id: 1, category_id: 2, bbox: [1, 2, 3, 4] }],
      }),
    );
    expect(dataset.categories.labels).toHaveLength(2);
    expect(items[0]!.annotations[0]).toMatchObject({ label: 1 });
  });

  test('a mask that is no crowd is not written as one, and numbers stay unique', async () => {
    const mask = { counts: [10, 5, 4985], size: [50, 100] };
    const source = await open(
      'coco_instances',
      coco({
        images: [1, 2].map((id) => ({ id, file_name: `${id}.jpg`, width: 100, height: 50 })),
        annotations: [1, 2].map((image_id) => ({ id: 1, image_id, category_id: 1, segmentation: mask })),
      }),
    );
    const folder = join(scratch, 'crowd');
    await (formatNamed('coco_instances') as Format).write(source.dataset, folder, { media: 'none' });
    const text = await readFile(join(folder, 'annotations', 'instances_train.json'), 'utf8');
    const written = JSON.parse(text) as { annotations: { id: number; iscrowd: number }[] };
    expect(written.annotations.map(({ iscrowd }) => iscrowd)).toEqual([0, 0]);
    expect(new Set(written.annotations.map(({ id }) => id)).size).toBe(2);
  });

  test('paths out of the folder become names in it, prototypes stay as they are', async () => {
    const images = ['../../etc/passwd', '/etc/passwd', 'C:\\x.jpg', '..\\x.jpg', 'ok.jpg'].map(
      (file_name, id) => ({
        id,
        file_name,
      }),
    );
    const text = JSON.stringify({
      images,
      categories: [{ id: 1, name: '__proto__' }],
      annotations: [{ id: 1, image_id: 4, category_id: 1, bbox: [0, 0, 1, 1], attributes: 'HERE' }],
    }).replace('"HERE"', '{"__proto__":{"polluted":1},"constructor":2}');
    const { items, reasons } = await open('coco_instances', { 'annotations/instances_train.json': text });
    expect(items.map(({ id }) => id)).toEqual(['passwd', 'etc/passwd', 'x', 'x_2', 'ok']);
    expect(items.every(({ media }) => media!.path.startsWith(scratch))).toBe(true);
    expect(reasons).toHaveLength(4);
    expect(items.at(-1)!.annotations[0]!.attributes.get('constructor')).toBe(2);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test("Python's NaN is a problem of one annotation", async () => {
    const text = coco({ annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 2, 3, 'N'] }] });
    const path = 'annotations/instances_train.json';
    const { reasons } = await open('coco_instances', { [path]: text[path]!.replace('"N"', 'NaN') });
    expect(reasons).toEqual(['box: a coordinate is not a number or far too large']);
  });

  test('a file that ends early is told, and the other files are read', async () => {
    const good = coco({ annotations: [] })['annotations/instances_train.json']!;
    const { items, reasons } = await open('coco_instances', {
      'annotations/instances_train.json': good,
      'annotations/instances_val.json': good.slice(0, -9),
    });
    expect(items).toHaveLength(1);
    expect(reasons[0]).toContain('ends early');
    await expect(open('coco_instances', { 'annotations/instances_a.json': '[1' })).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
    });
  });
});

describe('YOLO where Datumaro drops pictures in silence', () => {
  const set = (lines: string, yaml = 'train: images/train\nnames: [a, b]\n') => ({
    'data.yaml': yaml,
    'images/train/x.png': picture,
    'labels/train/x.txt': lines,
  });

  test('exponents, negative numbers and outlines on the first line', async () => {
    const { items, reasons } = await open(
      'yolo_ultralytics',
      set('0 1e-05 0.5 0.1 0.1\n0 -0.1 0.5 0.1 0.1\n1 0 0 1 0 1 1\n'),
    );
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['box', 'box', 'polygon']);
    expect(reasons).toEqual([]);
  });

  test('a line that is none is a problem with its number', async () => {
    const { items, dataset } = await open(
      'yolo_ultralytics',
      set('0 0.5 0.5 0.1 0.1\n9 0 0 1 1\n0 nan 0 1 1\n0 1\n'),
    );
    expect(items[0]!.annotations).toHaveLength(1);
    expect(dataset.problems.list.map(({ place }) => place)).toEqual(['line 2', 'line 3', 'line 4']);
  });

  test('a picture without a label file is kept as background', async () => {
    const { items } = await open('yolo_ultralytics', {
      ...set(''),
      'images/train/sub/lonely.png': picture,
    });
    expect(items.map(({ id }) => id).sort()).toEqual(['sub/lonely', 'x']);
  });

  test('names as a map go by their numbers, not their order', async () => {
    const { dataset } = await open('yolo_ultralytics', set('', 'train: images/train\nnames: {1: b, 0: a}\n'));
    expect(dataset.categories.labels.map(({ name }) => name)).toEqual(['a', 'b']);
  });

  test('a missing picture costs its objects, not the set', async () => {
    const { items, reasons } = await open('yolo', {
      'obj.data': 'classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n',
      'obj.names': 'a\n',
      'train.txt': 'data/obj_train_data/gone.jpg\ndata/obj_train_data/here.png\n../../etc/passwd.png\n',
      'obj_train_data/gone.txt': '0 0.5 0.5 1 1\n',
      'obj_train_data/here.png': picture,
      'obj_train_data/here.txt': '0 0.5 0.5 1 1\n',
    });
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toContainEqual(['here', 1]);
    expect(reasons[0]).toContain('without the picture');
    expect(items.every(({ media }) => media!.path.startsWith(scratch))).toBe(true);
  });

  test('poses and rotated boxes go out and come back', async () => {
    const pose = await open(
      'yolo_ultralytics_pose',
      set('0 0.5 0.5 0.2 0.4 0.1 0.2 2 0.3 0.4 0\n', 'train: images/train\nkpt_shape: [2, 3]\nnames: [a]\n'),
    );
    const obb = await open('yolo_ultralytics_obb', set('1 0.2 0.2 0.6 0.2 0.6 0.8 0.2 0.8\n'));
    const again = async (format: string, dataset: Dataset): Promise<Item> => {
      const folder = join(scratch, `again-${format}`);
      await (formatNamed(format) as Format).write(dataset, folder, { media: 'copy' });
      for await (const item of (await formatNamed(format)!.read(folder)).items()) return item;
      throw new Error('nothing was written');
    };
    expect(pose.items[0]!.annotations).toHaveLength(2);
    expect((await again('yolo_ultralytics_pose', pose.dataset)).annotations).toEqual(
      pose.items[0]!.annotations,
    );
    const [box] = obb.items[0]!.annotations;
    expect(box).toMatchObject({
      type: 'rotated_box',
      centreX: 40,
      centreY: 25,
      width: 40,
      height: 30,
      angle: 0,
    });
    expect((await again('yolo_ultralytics_obb', obb.dataset)).annotations).toEqual([box]);
  });
});

describe('XML', () => {
  const bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>';

  test('a document type is refused, in one file and for the set', async () => {
    const object =
      '<object><name>a</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object>';
    const { items, reasons } = await open('voc_detection', {
      'labelmap.txt': 'a:1,2,3::\n',
      'ImageSets/Main/train.txt': 'good\nbad\n../../out\n',
      'Annotations/good.xml': `<annotation>${object}${object.replace('>1<', '>NaN<')}</annotation>`,
      'Annotations/bad.xml': `${bomb}<annotation>&b;${object}</annotation>`,
    });
    expect(items.map(({ id, annotations }) => [id, annotations.length])).toEqual([
      ['good', 1],
      ['bad', 0],
    ]);
    expect(reasons.some((reason) => reason.includes('document type'))).toBe(true);
    expect(reasons).toHaveLength(3);
    await expect(open('cvat', { 'a.xml': `${bomb}<annotations>&b;</annotations>` })).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
    });
  });

  test('booleans as words are read where Datumaro fails', async () => {
    const { items } = await open('voc_detection', {
      'ImageSets/Main/train.txt': 'x\n',
      'Annotations/x.xml':
        '<annotation><object><name>cat</name><difficult>true</difficult><truncated>Unspecified</truncated>' +
        '<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>',
    });
    const { attributes } = items[0]!.annotations[0]!;
    expect([attributes.get('difficult'), attributes.get('truncated')]).toEqual([true, false]);
  });

  test("CVAT's masks in a tight window, tags, rotation and broken shapes", async () => {
    const { items, reasons } = await open('cvat', {
      'annotations.xml': `<annotations><version>1.1</version><meta><job><labels><label><name>a</name></label></labels></job></meta>
        <image id="3" name="x.jpg" subset="val" width="10" height="8">
        <mask label="a" rle="1, 2, 1" left="4" top="2" width="2" height="2"/><tag label="a"/>
        <box label="a" xtl="1" ytl="1" xbr="5" ybr="3" rotation="30"/><box label="b" xtl="1"/><box label="a" xtl="x"/>
        <mask label="a" rle="9, 9" left="4" top="2" width="2" height="2"/></image></annotations>`,
    });
    expect(items[0]).toMatchObject({ id: 'x', subset: 'val' });
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['mask', 'label', 'rotated_box']);
    // The window's second pixel and its third: column 5 row 2, column 4 row 3.
    expect(items[0]!.annotations[0]).toMatchObject({ counts: [35, 1, 6, 1, 37] });
    expect(reasons).toHaveLength(3);
  });
});

describe('files', () => {
  test('paths', () => {
    expect(safeRelative('./a//b/../c')).toBeNull();
    expect(safeRelative('./a//b.jpg')).toBe('a/b.jpg');
    expect(safeRelative('a\\b.jpg')).toBe('a/b.jpg');
    for (const path of ['', '/', '..', '\\\\host\\x', 'c:x', 'a\0b', '.'])
      expect(safeRelative(path)).toBeNull();
    fc.assert(
      fc.property(fc.string(), (path) => {
        expect(safeRelative(path)?.split('/').includes('..') ?? false).toBe(false);
      }),
    );
  });

  test('any JSON object is read entry by entry as JSON.parse reads it', async () => {
    const path = join(scratch, 'any.json');
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue(), { maxLength: 4 })), {
          maxKeys: 5,
        }),
        fc.nat(3),
        async (object, indent) => {
          await writeFile(path, JSON.stringify(object, null, indent));
          const bytes = await readFile(path);
          const found: [string, unknown[]][] = [];
          for await (const { key, index, value, start, end } of jsonEntries(
            path,
            new Set(Object.keys(object)),
          )) {
            expect(JSON.parse(bytes.toString('utf8', start, end))).toEqual(value);
            const last = found.at(-1);
            if (index > 0 && last?.[0] === key) last[1].push(value);
            else found.push([key, [value]]);
          }
          const expected = Object.entries(JSON.parse(JSON.stringify(object)) as object)
            .map(([key, value]): [string, unknown[]] => [key, Array.isArray(value) ? value : [value]])
            .filter(([, values]) => values.length > 0);
          expect(found).toEqual(expected);
        },
      ),
      { numRuns: 60 },
    );
    expect(parseLenient('{"a":"NaN \\" Infinity","b":-Infinity}')).toEqual({ a: 'NaN " Infinity', b: null });
  });

  test('data.yaml in the shapes that tools write', () => {
    const yaml = readDataYaml(
      'path: "a b" # here\ntrain:\n- x/images\n- y/images\nnc: 2\nnames:\n  0: \'it\'\'s\'\n  2: "a: #b"\nroboflow:\n  project: p\n',
    );
    expect(yaml.get('path')).toBe('a b');
    expect(namesOf(yaml.get('names'))).toEqual(["it's", '1', 'a: #b']);
    expect(namesOf(readDataYaml("names: ['cat face',\n  dog]\n").get('names'))).toEqual(['cat face', 'dog']);
    expect(namesOf(readDataYaml('names:\n- a\n- b # c\n').get('names'))).toEqual(['a', 'b']);
    expect(namesOf(readDataYaml('names: {99999999999: a}').get('names'))).toEqual([]);
    expect(namesOf(readDataYaml('names: [1.10, yes, null, 0x1]').get('names'))).toEqual([
      '1.10',
      'yes',
      'null',
      '0x1',
    ]);
  });

  test('a data.yaml that is broken or means harm is told, and the rest of it is read', () => {
    const read = (text: string) => {
      const reasons: string[] = [];
      return { fields: readDataYaml(text, (reason) => reasons.push(reason)), reasons };
    };
    const twice = read('nc: 1\nnc: 2\nnames: [a]\n');
    expect(namesOf(twice.fields.get('names'))).toEqual(['a']);
    expect(twice.reasons[0]).toMatch(/^line 2: .*unique/);
    const bomb = Array.from({ length: 9 }, (_, n) => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}]`);
    bomb[0] = 'a0: &a0 [x, x, x]';
    const exploded = read(bomb.join('\n'));
    expect(exploded.fields.size).toBe(0);
    expect(exploded.reasons[0]).toMatch(/alias/i);
    const tagged = read("names: !!python/object/apply:os.system ['x']\n__proto__: {polluted: 1}\n");
    expect(tagged.reasons[0]).toMatch(/^line 1: .*tag/i);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
    expect(read('['.repeat(100_000)).reasons.length).toBeGreaterThan(0);
    expect(read(`a: ${'x'.repeat(5_000_000)}`).reasons).toEqual(['the text is too long to be read']);
  });

  test('any name comes back from YAML, whichever version reads it', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.constantFrom('yes', 'no', '~', '1:20', '<<', '=', '.inf', '', ' a', 'a: b'), fc.string()),
        (name) => {
          expect(namesOf(readDataYaml(`names:\n  0: ${yamlScalar(name)}\n`).get('names'))).toEqual([name]);
          expect(parse(yamlScalar(name), { version: '1.1' })).toBe(name);
        },
      ),
    );
  });
});

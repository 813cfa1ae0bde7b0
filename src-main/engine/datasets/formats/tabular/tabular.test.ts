import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

describe('tables', () => {
  test('rows with and without pictures', async () => {
    const folder = fresh();
    await put(folder, {
      'train.csv': 'width,height,Species,ok\n1.5,2,setosa,true\n3,0x4,"virgi, nica",false\n1,2\n',
      'val.csv': 'image,label,text\na.jpg,setosa,hello\nsub/b.jpg,,\n../c.jpg,setosa,\na.jpg,setosa,\n',
      'images/val/sub/b.jpg': 'x',
    });
    expect((await detectFormats(folder)).some(({ format }) => format.name === 'tabular')).toBe(true);
    const { items, names, reasons } = await readAll('tabular', folder);
    expect(names).toEqual(['setosa', 'virgi, nica']);
    expect(items.map(({ subset, id, media }) => [subset, id, media === null])).toEqual([
      ['train', '0', true],
      ['train', '1', true],
      ['train', '2', true],
      ['val', 'a', false],
      ['val', 'sub/b', false],
      ['val', '2', true],
      ['val', 'a_3', false],
    ]);
    expect(items[0]!.attributes).toEqual(
      new Map<string, unknown>([
        ['width', 1.5],
        ['height', 2],
        ['ok', true],
      ]),
    );
    expect(items[1]!.attributes.get('height')).toBe('0x4');
    expect(items[3]!.annotations.map(({ type }) => type)).toEqual(['label', 'caption']);
    expect(items[4]!.media!.path).toMatch(/images[\\/]val[\\/]sub[\\/]b\.jpg$/);
    expect(reasons).toEqual(['the row has not as many fields as the head']);
  });

  test.each<[string, string]>([
    ['id,breed', 'a1,pug\nb2,boxer\nc3,pug\n'],
    ['id,boxer,pug', 'a1,0,1\nb2,1.0,0.0\nc3,0,1\n'],
    ['id;age;diagnosis', 'a1;0,5;pug\nb2;;boxer\nc3;7;pug\n'],
  ])("Kaggle's: pictures without folder and ending, %s", async (head, rows) => {
    const folder = fresh();
    await put(folder, {
      'labels.csv': `${head}\n${rows}`,
      'sample_submission.csv': `${head}\n${rows}`,
      'train/a1.jpg': '',
      'train/b2.JPG': '',
      'train/c3.jpg': '',
      'test/d4.jpg': '',
    });
    expect((await detectFormats(folder))[0]).toMatchObject({ format: { name: 'tabular' }, confidence: 0.75 });
    const { items, names, reasons } = await readAll('tabular', folder);
    expect(names).toEqual(['boxer', 'pug']);
    expect(items.map(({ subset, id, media, annotations }) => [subset, id, media?.path, annotations])).toEqual(
      [
        ['a1', 'a1.jpg', 1],
        ['b2', 'b2.JPG', 0],
        ['c3', 'c3.jpg', 1],
      ].map(([id, file, label]) => [
        'default',
        id,
        join(folder, 'train', String(file)),
        [{ type: 'label', id: 0, group: 0, label, attributes: new Map() }],
      ]),
    );
    expect(reasons).toEqual([
      'a form for answers to be sent in, and not read',
      "1 picture is in no table's rows, and not read",
    ]);
  });

  test('a table of boxes is none of classes, though it has pictures and classes', async () => {
    for (const row of [
      'filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,1,2,3,4\n',
      'image;x;y;width;height;label\na.jpg;1,5;2;3;4;cat\n',
    ]) {
      const folder = fresh();
      await put(folder, { 'train.csv': row, 'a.jpg': '' });
      expect((await detectFormats(folder))[0]!.format.name).toBe('box_table');
      const { items, reasons } = await readAll('box_table', folder);
      expect([items[0]!.annotations.length, reasons]).toEqual([1, []]);
    }
  });

  test('written and read again', async () => {
    const label = { type: 'label', id: 0, group: 0, label: 1, attributes: new Map() } as const;
    const attributes = new Map<string, string | number | boolean>([
      ['a, b', 4],
      ['c', '4,5'],
      ['text', 'x'],
      ['d', false],
    ]);
    const set = setOf(
      ['b', 'a'],
      [
        { id: '0', media: null, annotations: [label], attributes },
        { id: 'x/y', annotations: [label, { ...label, label: 0 }], attributes: new Map([['e', 1]]) },
      ],
    );
    const { report, items, names } = await writeAndRead('tabular', set, fresh());
    expect([...report.problems.byReason.keys()]).toEqual([
      'the attribute text has no place: the name has another meaning',
      'a second class of a row: there is one column for it',
    ]);
    expect(names).toEqual(['b', 'a']);
    attributes.delete('text');
    expect(items[0]).toMatchObject({
      id: '0',
      media: null,
      attributes,
      annotations: [{ type: 'label', label: 1 }],
    });
    expect(items[1]).toMatchObject({ id: 'x/y', attributes: new Map([['e', 1]]) });
  });
});

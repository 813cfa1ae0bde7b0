import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { planConversion } from '../../operations/index.ts';
import { put, readAll, scratch, setOf, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

const object = (inner: string): string =>
  `<object><name>horse</name>${inner}<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>31</xmax><ymax>42</ymax></bndbox></object>`;

/** A file of VOC 2007, with an owner, and an object of VOC 2012's with the point that an action is about. */
const voc2012 = `<annotation><folder>VOC2012</folder><filename>2010_000002.jpg</filename>
<source><database>The VOC2008 Database</database><annotation>PASCAL VOC2008</annotation><image>flickr</image>
<flickrid>341012865</flickrid></source><owner><flickrid>Fried Camels</flickrid><name>?</name></owner>
<size><width>64</width><height>48</height><depth>1</depth></size><segmented>1</segmented>
${object('<pose>Left</pose><truncated>1</truncated><point><x>12</x><y>30.5</y></point><viewpoint><azimuth>90</azimuth></viewpoint>')}
</annotation>`;

const lists = { 'ImageSets/Main/train.txt': '2010_000002\n', 'labelmap.txt': 'horse:::\n' };

const facts = {
  source_database: 'The VOC2008 Database',
  source_annotation: 'PASCAL VOC2008',
  source_image: 'flickr',
  source_flickrid: '341012865',
  owner_flickrid: 'Fried Camels',
  depth: 1,
};

describe('VOC: what a file says of its picture and objects', () => {
  test('the source, the owner, depth, points and elements that VOC lacks come back where they stood', async () => {
    const folder = fresh();
    await put(folder, { ...lists, 'Annotations/2010_000002.xml': voc2012 });
    const { dataset, items, reasons } = await readAll('voc_detection', folder);
    expect(reasons).toEqual([]);
    expect(Object.fromEntries(items[0]!.attributes)).toEqual(facts);
    expect(Object.fromEntries(items[0]!.annotations[0]!.attributes)).toEqual({
      difficult: false,
      truncated: true,
      occluded: false,
      pose: 'Left',
      point: [12, 30.5],
      viewpoint: '{"azimuth":"90"}',
    });
    const target = fresh();
    const again = await writeAndRead('voc_detection', dataset, target);
    expect(again.items[0]!.attributes).toEqual(items[0]!.attributes);
    expect(again.items[0]!.annotations[0]!.attributes).toEqual(items[0]!.annotations[0]!.attributes);
    const text = await readFile(join(target, 'Annotations/2010_000002.xml'), 'utf8');
    expect(text).toContain('<source><database>The VOC2008 Database</database><annotation>PASCAL');
    expect(text).toContain('<owner><flickrid>Fried Camels</flickrid></owner>');
    expect(text).toContain('<height>48</height><depth>1</depth></size>');
    expect(text).toContain('<point><x>12</x><y>30.5</y></point>');
  });

  test('placeholders say nothing; a mark of labelImg and fields of others are kept', async () => {
    const folder = fresh();
    await put(folder, {
      'a.xml': `<annotation verified="yes"><folder>x</folder><filename>a.jpg</filename><path>C:\\x\\a.jpg</path>
        <source><database>Unknown</database></source><owner><flickrid>0</flickrid></owner>
        <size><width>9</width><height>9</height><depth>3</depth></size><segmented>0</segmented>
        <weather>rain</weather><tag>one</tag><tag>two</tag><__proto__>x</__proto__></annotation>`,
      'b.xml':
        '<annotation><filename>b.jpg</filename><source><database>roboflow.ai</database></source></annotation>',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('voc_detection');
    const { dataset, items } = await readAll('voc_detection', folder);
    expect([...items[0]!.attributes]).toEqual([
      ['verified', true],
      ['weather', 'rain'],
      ['tag', ['one', 'two']],
      ['__proto__', 'x'],
    ]);
    expect(items[1]!.attributes.size).toBe(0);
    const again = await writeAndRead('voc_detection', dataset, fresh());
    expect(again.items.map(({ attributes }) => attributes)).toEqual(
      items.map(({ attributes }) => attributes),
    );
  });

  test('attributes of pictures keep their types', async () => {
    const attributes = new Map<string, string | number | boolean | null>([
      ['id', 7],
      ['text', '7'],
      ['blank', ' a '],
      ['sure', true],
      ['none', null],
      ['source_url', 'https://x/?a=1&b=2'],
      ['source_database', 'Unknown'],
      ['depth', 16],
    ]);
    const set = setOf(['a'], [{ id: 'x', attributes, annotations: [] }]);
    for (const name of ['voc', 'voc_detection']) {
      const { items } = await writeAndRead(name, set, fresh());
      expect(Object.fromEntries(items[0]!.attributes)).toEqual(Object.fromEntries(attributes));
    }
  });

  test('parts and actions of a set without a list of classes, as VOC 2012 is', async () => {
    const folder = fresh();
    const head =
      '<part><name>head</name><bndbox><xmin>3</xmin><ymin>4</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>';
    const actions = '<actions><jumping>1</jumping><reading>0</reading></actions>';
    await put(folder, {
      'ImageSets/Main/train.txt': 'a\n',
      'Annotations/a.xml': `<annotation><filename>a.jpg</filename>${object(actions + head)}</annotation>`,
    });
    const { dataset, items, reasons } = await readAll('voc', folder);
    expect(reasons).toEqual([]);
    expect(dataset.categories.labels.find(({ name }) => name === 'head')?.parent).toBe('horse');
    expect(items[0]!.annotations.map((part) => part.type)).toEqual(['box', 'box']);
    const again = await writeAndRead('voc', dataset, fresh());
    expect(again.items[0]!.annotations).toEqual(items[0]!.annotations);
    expect(items[0]!.annotations.map(({ group }) => group)).toEqual([2, 2]);
    await put(folder, {
      'Annotations/a.xml': `<annotation>${object(head.replace('<bndbox>', '<pose>Left</pose><bndbox>'))}</annotation>`,
    });
    const posed = await readAll('voc_layout', folder);
    expect([...posed.items[0]!.annotations[1]!.attributes]).toEqual([['pose', 'Left']]);
    const { report } = await writeAndRead('voc_layout', posed.dataset, fresh());
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      'the attributes of parts have no place',
    ]);
  });

  test('a mark of 0 is no class of the picture, and told', async () => {
    const folder = fresh();
    await put(folder, {
      'labelmap.txt': 'horse:::\n',
      'ImageSets/Main/train.txt': 'a\nb\n',
      'ImageSets/Main/horse_train.txt': 'a  0\nb  1\n',
    });
    const { items, reasons } = await readAll('voc_classification', folder);
    expect(items.map(({ annotations }) => annotations.length)).toEqual([0, 1]);
    expect(reasons).toEqual(['pictures that are marked as hard to say (0) are left without the class']);
  });

  test("Roboflow's outlines are read with their boxes", async () => {
    const folder = fresh();
    const polygon = (last: string): string =>
      `<polygon><x1>1</x1><y1>2</y1><x2>31</x2><y2>2</y2><x3>31</x3><y3>${last}</y3></polygon>`;
    await put(folder, {
      'a.xml': `<annotation><filename>a.jpg</filename>${object('')}${object(polygon('42'))}${object(polygon('x'))}</annotation>`,
    });
    const { dataset, items, reasons } = await readAll('voc_detection', folder);
    expect(items[0]!.annotations.map(({ type, group }) => [type, group])).toEqual([
      ['box', 0],
      ['box', 5],
      ['polygon', 5],
      ['box', 6],
    ]);
    expect(reasons).toEqual(['its outline: a coordinate is not a number or far too large']);
    const again = await writeAndRead('voc_detection', dataset, fresh());
    expect(again.items[0]!.annotations.map(({ type }) => type)).toEqual(['box', 'box', 'box']);
  });

  test('the plan names what another format has no place for', async () => {
    const folder = fresh();
    await put(folder, { ...lists, 'Annotations/2010_000002.xml': voc2012 });
    const request = {
      source: folder,
      from: 'voc_detection',
      output: join(fresh(), 'none'),
      media: 'none',
    } as const;
    const { loss } = await planConversion({ ...request, to: 'kitti_detection' });
    expect(loss.notes.join()).toContain(
      'dropped: source_database, source_annotation, source_image, source_flickrid, owner_flickrid, depth.',
    );
    const kept = await planConversion({ ...request, to: 'voc_detection' });
    expect(kept.loss.notes.filter((note) => note.includes('items'))).toEqual([]);
  });
});

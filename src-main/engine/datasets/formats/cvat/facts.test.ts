import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planConversion } from '../../operations/index.ts';
import { put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

/** The head of a task's export as CVAT 2 writes it. */
const meta = (mode: string): string => `<meta><task><id>12</id><name>Crossing &amp; rain</name><size>2</size>
<mode>${mode}</mode><overlap>0</overlap><bugtracker>https://bugs.example.org/7</bugtracker>
<created>2024-05-02 08:11:40.123456+00:00</created><updated>2024-05-03 10:00:00.000001+00:00</updated>
<subset>train</subset><start_frame>0</start_frame><stop_frame>1</stop_frame><frame_filter>step=5</frame_filter>
<segments><segment><id>3</id><start>0</start><stop>1</stop><url>http://cvat/api/jobs/3</url></segment></segments>
<owner><username>ann</username><email>ann@example.org</email></owner><assignee></assignee>
<labels><label><name>car</name><color>#fa3253</color><type>any</type><attributes></attributes></label>
<label><name>odd</name><attributes><attribute><name>source</name><mutable>False</mutable><input_type>select</input_type>
<default_value>a</default_value><values>a\nb</values></attribute></attributes></label></labels></task>
<dumped>2024-05-04 09:00:00.000000+00:00</dumped><source>clip.mp4</source></meta>`;

const facts = {
  name: 'Crossing & rain',
  bugtracker: 'https://bugs.example.org/7',
  created: '2024-05-02 08:11:40.123456+00:00',
  updated: '2024-05-03 10:00:00.000001+00:00',
  frame_filter: 'step=5',
  owner: { username: 'ann', email: 'ann@example.org' },
  dumped: '2024-05-04 09:00:00.000000+00:00',
  source: 'clip.mp4',
};

const box = (more: string, inner = ''): string =>
  `<box ${more} occluded="0" xtl="1.00" ytl="2.00" xbr="11.00" ybr="12.00" z_order="0">${inner}</box>`;

const images = `<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>${meta('annotation')}
<image id="0" name="a.jpg" subset="train" task_id="12" width="64" height="48">
${box('label="car" source="manual"')}${box('label="car" source="semi-auto"')}
${box('label="odd" source="manual"', '<attribute name="source">auto</attribute>')}
<tag label="car" source="auto"></tag></image></annotations>`;

const video = `<?xml version="1.0" encoding="utf-8"?><annotations><version>1.1</version>${meta('interpolation')}
<track id="0" label="car" source="auto">${box('frame="0" outside="0" keyframe="1"')}${box('frame="1" outside="0" keyframe="1"')}</track>
<track id="1" label="car" source="manual">${box('frame="0" outside="0" keyframe="1"')}</track></annotations>`;

async function folderOf(text: string): Promise<string> {
  const folder = fresh();
  await put(folder, { 'annotations.xml': text });
  return folder;
}

describe('CVAT: what a file says of its task and how objects came to be', () => {
  test('of pictures: it is read, and written to where it stood', async () => {
    const { dataset, items } = await readAll('cvat', await folderOf(images));
    expect(Object.fromEntries(dataset.infos ?? [])).toEqual(facts);
    const sources = items[0]!.annotations.map(({ attributes }) => attributes.get('source'));
    expect(sources).toEqual([undefined, 'semi-auto', 'auto', 'auto']);
    const target = fresh();
    const again = await writeAndRead('cvat', dataset, target);
    expect(again.dataset.infos).toEqual(dataset.infos);
    expect(again.items.map(({ annotations }) => annotations)).toEqual(
      items.map(({ annotations }) => annotations),
    );
    const text = await readFile(join(target, 'train.xml'), 'utf8');
    expect(text).toContain('<name>Crossing &amp; rain</name>');
    expect(text).toContain('<owner><username>ann</username><email>ann@example.org</email></owner>');
    expect(text).toMatch(
      /<\/task>\s*<dumped>2024-05-04[^<]*<\/dumped>\s*<source>clip.mp4<\/source>\s*<\/meta>/,
    );
    expect(text).toContain('<box label="car" source="semi-auto"');
    expect(text).toContain('<attribute name="source">auto</attribute>');
    expect(text).not.toContain('<infos>');
  });

  test('of a video: a track has it for all its shapes', async () => {
    const { dataset, items } = await readAll('cvat_video', await folderOf(video));
    expect(Object.fromEntries(dataset.infos ?? [])).toEqual(facts);
    const target = fresh();
    const again = await writeAndRead('cvat_video', dataset, target);
    expect(again.dataset.infos).toEqual(dataset.infos);
    expect(again.items.map(({ annotations }) => annotations)).toEqual(
      items.map(({ annotations }) => annotations),
    );
    const text = await readFile(join(target, 'default.xml'), 'utf8');
    expect(text.match(/source="\w+"/g)).toEqual(['source="auto"', 'source="manual"']);
  });

  test('a job has its own head; what is of another form or from elsewhere stands in our own element', async () => {
    const job = images.replace('<task>', '<job>').replace('</task>', '</job>');
    expect((await readAll('cvat', await folderOf(job))).dataset.infos?.get('owner')).toEqual(facts.owner);
    const infos = new Map<string, never>(
      Object.entries({
        name: 'train',
        owner: 'Ann',
        assignee: { username: 'bo', team: 3 },
        licenses: [{ id: 1, name: 'CC <BY>' }],
        year: 2024,
        source: ' x ',
        ['__proto__']: 'kept',
      }) as never,
    );
    const mixed = [{ ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 }];
    for (const name of ['cvat', 'cvat_video']) {
      const set = { ...setOf(['a'], [{ id: 'x', subset: 'train', annotations: mixed }]), infos };
      const { dataset, reasons } = await writeAndRead(name, set, fresh());
      expect(reasons).toEqual([]);
      expect(Object.fromEntries(dataset.infos ?? [])).toEqual(Object.fromEntries(infos));
    }
  });

  test('what is known of pictures besides their numbers stands in attributes of our own', async () => {
    const attributes = new Map<string, string | number | boolean>([
      ['frame', 5],
      ['id', 7],
      ['License', 'CC <BY> "2"'],
      ['night', true],
      ['__proto__', 'x'],
    ]);
    const one = [{ ...shape, type: 'box' as const, x: 1, y: 2, width: 3, height: 4 }];
    for (const name of ['cvat', 'cvat_video']) {
      const made = [
        { id: 'frame_000005', attributes, annotations: one },
        { id: 'frame_000006', attributes: new Map([['frame', 'first']]) },
      ];
      const { items, reasons } = await writeAndRead(name, setOf(['a'], made), fresh());
      expect(reasons).toEqual([]);
      expect(items.map((item) => Object.fromEntries(item.attributes))).toEqual(
        made.map((item) => Object.fromEntries<unknown>(item.attributes)),
      );
    }
    const damaged = images
      .replace('task_id="12"', 'attributes="{"')
      .replace('</annotations>', '<frame/></annotations>');
    const { reasons } = await readAll('cvat', await folderOf(damaged));
    expect(reasons).toEqual(['the attributes of the picture are no JSON', 'it has no number']);
  });

  test("attributes of a skeleton's points are told", async () => {
    const skeleton = `<skeleton label="arm"><points label="hand" points="1,2"><attribute name="left">true</attribute></points></skeleton>`;
    const labels = `<meta><task><name>default</name><labels><label><name>arm</name><type>skeleton</type></label>
      <label><name>hand</name><type>points</type><parent>arm</parent></label></labels></task></meta>`;
    const { reasons } = await readAll(
      'cvat',
      await folderOf(
        `<annotations>${labels}<image id="0" name="a.jpg" width="9" height="9">${skeleton}</image></annotations>`,
      ),
    );
    expect(reasons).toEqual(["the attributes of a skeleton's points have no place"]);
  });

  test('the plan names what another format has no place for, and nothing for CVAT itself', async () => {
    const source = await folderOf(images);
    const request = { source, from: 'cvat', output: join(fresh(), 'none'), media: 'none' } as const;
    const { loss } = await planConversion({ ...request, to: 'kitti_detection' });
    expect(loss.notes.join()).toContain(
      'dropped: name, bugtracker, created, updated, frame_filter, owner, dumped, source.',
    );
    expect([...loss.attributes]).toContainEqual(['source', 3]);
    const kept = await planConversion({ ...request, to: 'cvat' });
    expect(kept.loss.notes.filter((note) => note.includes('dropped'))).toEqual([]);
  });
});

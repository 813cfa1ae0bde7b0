import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, haveData, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch, setOf, shape, writeAndRead } from '../common/testing.ts';

const { fresh } = scratch();

/** A head as CVAT writes it for a video, with a class, an attribute and a skeleton of three points. */
const head = `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><job><id>7</id><size>4</size><mode>interpolation</mode>
<start_frame>0</start_frame><stop_frame>3</stop_frame><labels>
<label><name>car</name><color>#ff0000</color><type>any</type><attributes><attribute><name>parked</name><mutable>True</mutable>
<input_type>checkbox</input_type><default_value>false</default_value><values>false</values></attribute></attributes></label>
<label><name>arm</name><color>#00ff00</color><type>skeleton</type><attributes></attributes><svg>&lt;line x1="1" y1="1" x2="2"
 y2="2" data-type="edge" data-node-from="1" data-node-to="2"&gt;&lt;/line&gt;&lt;circle r="1" cx="1" cy="1"
 data-type="element node" data-element-id="1" data-node-id="1" data-label-name="hand"&gt;&lt;/circle&gt;&lt;circle r="1" cx="2"
 cy="2" data-type="element node" data-element-id="2" data-node-id="2" data-label-name="elbow"&gt;&lt;/circle&gt;</svg></label>
<label><name>hand</name><color>#0</color><type>points</type><attributes></attributes><parent>arm</parent></label>
<label><name>elbow</name><color>#0</color><type>points</type><attributes></attributes><parent>arm</parent></label>
</labels></job><original_size><width>64</width><height>48</height></original_size></meta>`;

const box = (frame: number, x: number, marks: string): string =>
  `<box frame="${frame}" ${marks} xtl="${x}.00" ytl="2.00" xbr="${x + 10}.00" ybr="12.50" z_order="1">` +
  '<attribute name="parked">true</attribute></box>';

describe('CVAT for video', () => {
  test('tracks are read frame by frame; what is outside is not there; skeletons have their points in order', async () => {
    const folder = fresh();
    await put(folder, {
      'annotations.xml':
        `${head}<track id="3" label="car" source="manual">` +
        box(0, 1, 'keyframe="1" outside="0" occluded="0"') +
        box(1, 2, 'keyframe="0" outside="0" occluded="1"') +
        box(2, 3, 'keyframe="1" outside="1" occluded="0"') +
        '</track><track id="4" label="arm" source="manual"><skeleton frame="1" keyframe="1" z_order="0">' +
        '<points label="elbow" outside="0" occluded="1" keyframe="1" points="5.00,6.00"></points>' +
        '<points label="hand" outside="1" occluded="0" keyframe="1" points="7.00,8.00"></points></skeleton></track>' +
        '<track id="5" label="lorry"><box frame="0" outside="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track>' +
        '<track id="6" label="car"><box frame="x" outside="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track></annotations>',
      'images/frame_000003.PNG': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('cvat_video');
    const { items, names, reasons, dataset } = await readAll('cvat_video', folder);
    expect(names).toEqual(['car', 'arm']);
    expect(dataset.categories.skeletons.get(1)).toEqual({ points: ['hand', 'elbow'], joints: [[1, 2]] });
    expect(items.map(({ id }) => id)).toEqual(['frame_000000', 'frame_000001', 'frame_000003']);
    expect(items.map(({ media }) => media?.size)).toEqual(Array(3).fill({ width: 64, height: 48 }));
    const [first, second, third] = items;
    expect(first!.annotations).toMatchObject([
      { type: 'box', x: 1, y: 2, width: 10, height: 10.5, zOrder: 1 },
    ]);
    expect(Object.fromEntries(first!.annotations[0]!.attributes)).toEqual({
      parked: true,
      occluded: false,
      keyframe: true,
      track_id: 3,
    });
    expect(second!.annotations).toMatchObject([
      { type: 'box', x: 2 },
      { type: 'points', label: 1, points: [7, 8, 5, 6], visibility: [0, 1] },
    ]);
    expect(third!.annotations).toEqual([]);
    expect(reasons).toEqual(['frame 0: the class is not in the list of classes', 'a shape has no frame']);
  });

  test('tracks, gaps, objects of no track and names come back', async () => {
    const tracked = (id: number | string, x: number) => ({
      ...shape,
      type: 'box' as const,
      x,
      y: 1,
      width: 5,
      height: 6,
      attributes: new Map<string, number | string | boolean>([
        ['track_id', id],
        ['colour', 'red'],
      ]),
    });
    const plain = { ...shape, type: 'polygon' as const, points: [1, 1, 9, 1, 9, 9] };
    const set = setOf(
      ['car', 'lorry'],
      [
        { id: 'frame_000000', annotations: [tracked(7, 1), plain] },
        { id: 'frame_000001', annotations: [tracked('a', 2)] },
        { id: 'sub/holiday', annotations: [tracked(7, 3), { ...tracked(7, 4), label: 1 }] },
      ],
    );
    const folder = fresh();
    const { report, items, reasons } = await writeAndRead('cvat_video', set, folder);
    expect(report.problems.list.map(({ reason }) => reason)).toEqual([
      "the picture's file is named by its frame; its name is kept in frames.csv",
    ]);
    expect(reasons).toEqual([]);
    expect(items.map(({ id }) => id)).toEqual(['frame_000000', 'frame_000001', 'sub/holiday']);
    expect(items.map(({ annotations }) => annotations.map(({ type }) => type))).toEqual([
      ['box', 'polygon'],
      ['box'],
      ['box', 'box'],
    ]);
    expect(
      items[2]!.annotations.map((part) => [part.attributes.get('track_id'), 'label' in part && part.label]),
    ).toEqual([
      [7, 0],
      [8, 1],
    ]);
    expect(items[0]!.annotations[0]!.attributes.get('colour')).toBe('red');
    const text = await readFile(join(folder, 'default.xml'), 'utf8');
    // The first car is gone in frame 1, the string that names a track is numbered, and a lone outline ends at once.
    expect(text.match(/outside="1"/g)).toHaveLength(3);
    expect(text).toContain('<mode>interpolation</mode>');
  });

  test.skipIf(!haveData)(`MOT comes back as it was${whyNot}`, async () => {
    const source = await format('mot_seq').read(corpus('mot_seq'));
    const { items, report } = await writeAndRead('cvat_video', source, fresh());
    const before: unknown[] = [];
    for await (const { id, annotations } of source.items())
      before.push([id, annotations.map((part) => [part.type, part.attributes.get('track_id')]).sort()]);
    expect(
      items.map(({ id, annotations }) => [
        id,
        annotations.map((part) => [part.type, part.attributes.get('track_id')]).sort(),
      ]),
    ).toEqual(before);
    expect(report.annotations).toBe(21);
  });
});

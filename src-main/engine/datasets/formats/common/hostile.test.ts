import { readdirSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { RefineryError } from '../../../../contract/errors.ts';
import { encodeBitmap } from '../../masks.ts';
import { type Annotation, fault, type Item } from '../../model/index.ts';
import { uniqueNames } from '../../operations/unique-names.ts';
import { corpus, haveData, toGolden, whyNot } from '../../testing/golden.ts';
import { formatOf } from '../../testing/sets.ts';
import { formatNamed, formats } from '../index.ts';
import { format, put, scratch, setOf, shape } from './testing.ts';

const { fresh } = scratch();
const size = { width: 40, height: 30 };
const names = ['a b', 'x,y;"z"', "it's", '__proto__', 'имя 图', '<&>', 'line\nbreak', '../up', 'con', 'A B'];

/** Everything that a set may have and a file may choke on. */
function hostile(pictures: string): ReturnType<typeof setOf> {
  const attributes = new Map<string, string | number | boolean | null | readonly number[]>([
    ['__proto__', 'x'],
    ['a,b "c"', '<&>\n;'],
    ['constructor', 1e300],
    ['list', [1, 2]],
    ['nothing', null],
  ]);
  const every = (label: number | null): Annotation[] => {
    const own = { ...shape, label, attributes };
    const bits = Uint8Array.from({ length: 1200 }, (_, at) => (at % 40 < 9 && at < 400 ? 1 : 0));
    return [
      { ...own, type: 'box', x: -5, y: 2, width: 60, height: 9 },
      { ...own, type: 'rotated_box', centreX: 9, centreY: 9, width: 8, height: 4, angle: 400 },
      { ...own, type: 'polygon', points: [1, 1, 9, 1, 9, 9, 1, 9] },
      { ...own, type: 'polyline', points: [1, 1, 2, 2] },
      { ...own, type: 'mask', ...size, counts: encodeBitmap(bits, size.width, size.height) },
      { ...own, type: 'points', points: [1, 1, 2, 2], visibility: [0, 2] },
      { ...own, type: 'ellipse', x: 1, y: 1, width: 0, height: 5 },
      { ...own, type: 'cuboid_2d', points: Array.from({ length: 16 }, (_, at) => at) },
      ...(label === null ? [] : [{ type: 'label' as const, id: 0, group: 0, label, attributes }]),
      { type: 'caption', id: 0, group: 0, attributes, text: 'a "text", with\nlines; and\ttabs' },
    ];
  };
  const media = (name: string): Item['media'] => ({ kind: 'image', path: join(pictures, name), size });
  return setOf(names, [
    {
      id: 'plain',
      subset: 'train',
      media: media('good.png'),
      annotations: names.flatMap((_, at) => every(at)),
    },
    { id: 'PLAIN', subset: 'train', media: media('good.png'), annotations: every(null), attributes },
    { id: 'plain', subset: 'val', media: media('empty.png'), annotations: every(1) },
    { id: 'sub/dir/имя 图, "b"', subset: 'train', media: media('gone.png'), annotations: every(2) },
    { id: '-rf $(x)', subset: 'a b', media: media('good.png'), annotations: [] },
    { id: 'none', subset: 'default', media: null, annotations: every(0) },
  ]);
}

describe('names, numbers and pictures that a set may have', () => {
  let pictures = '';
  beforeAll(async () => {
    pictures = fresh();
    const blank = sharp({ create: { ...size, channels: 3, background: '#123' } });
    await put(pictures, { 'good.png': await blank.png().toBuffer(), 'empty.png': '' });
  });

  test.each(formats.filter(({ write }) => write !== undefined).map(({ name }) => name))(
    '%s: are written and read again, within the folder, and whatever is lost is told',
    async (name) => {
      const root = fresh();
      const folder = join(root, 'set');
      const report = await format(name).write(uniqueNames(hostile(pictures)).dataset, folder, {
        media: 'copy',
      });
      expect(report.items).toBe(6);
      // Nothing lies beside the folder, and nothing half done in it.
      expect(await readdir(root)).toEqual(['set']);
      expect((await readdir(folder, { recursive: true })).filter((path) => path.includes('.part'))).toEqual(
        [],
      );
      try {
        const dataset = await format(name).read(folder);
        let items = 0;
        for await (const { id, annotations, media } of dataset.items()) {
          items += 1;
          expect(id).not.toMatch(/(^|\/)\.\.(\/|$)/);
          const place = media?.path ?? folder;
          expect(place.startsWith(folder) || place.includes('refinery-pictures-')).toBe(true);
          for (const annotation of annotations) expect(fault(annotation)).toBeNull();
        }
        // What does not come back is among the problems of either way.
        if (items < 6) expect(report.problems.total + dataset.problems.total).toBeGreaterThan(0);
      } catch (thrown) {
        // A set of point clouds or persons has nothing to take from this one, and is empty.
        if (!(thrown instanceof RefineryError)) throw thrown;
        expect(report.problems.total).toBeGreaterThan(0);
      }
      expect(({} as { x?: unknown }).x).toBeUndefined();
    },
  );

  test('folders without a file, and with files without a byte only, give a reason or nothing', async () => {
    const empty = [
      'a.xml',
      'a.json',
      'annotations/a.json',
      'annotations/a.datum',
      'a.arrow',
      'a.parquet',
      'a.csv',
      'a.txt',
    ];
    for (const { name, read } of formats) {
      const folder = fresh();
      await mkdir(folder, { recursive: true });
      for (const full of [false, true]) {
        if (full) for (const path of empty) await put(folder, { [path]: '' });
        try {
          const dataset = await read(folder);
          for await (const { annotations } of dataset.items())
            expect([name, annotations]).toEqual([name, []]);
        } catch (thrown) {
          expect([name, thrown instanceof RefineryError, String(thrown)]).toEqual([
            name,
            true,
            String(thrown),
          ]);
        }
      }
    }
  });
});

/** A picture's own file of labels, which is empty where nothing is in the picture: no tool writes it otherwise. */
const ownLabels: Readonly<Record<string, RegExp>> = {
  yolo: /^obj_\w+_data\/.*\.txt$/,
  yolo_ultralytics: /(^|\/)labels\/.*\.txt$/,
  yolo_ultralytics_segmentation: /^labels\/.*\.txt$/,
  yolo_ultralytics_pose: /^labels\/.*\.txt$/,
  yolo_ultralytics_obb: /^labels\/.*\.txt$/,
  dota: /(^|\/)labelTxt\/.*\.txt$/,
  kitti: /(^|\/)label_2\/.*\.txt$/,
  kitti_detection: /(^|\/)label_2\/.*\.txt$/,
  icdar_text_localization: /(^|\/)gt_[^/]*\.txt$/,
  icdar_text_segmentation: /_GT\.txt$/,
};

/** Files of one kind in one folder that are emptied; the others are read in the same way. */
const mostAlike = 2;

describe.skipIf(!haveData)(`a file that is emptied is told, or nothing is lost by it${whyNot}`, () => {
  async function reading(name: string, folder: string): Promise<{ text: string; told: Set<string> } | null> {
    try {
      const dataset = await formatNamed(name)!.read(folder);
      const { labels, items } = await toGolden(dataset);
      const text = JSON.stringify([labels, items.map(({ media: _, ...item }) => item), dataset.infos]);
      return {
        text,
        told: new Set(dataset.problems.list.map(({ file, reason }) => `${file} ${reason}`)),
      };
    } catch (thrown) {
      if (!(thrown instanceof RefineryError)) throw thrown;
      return null;
    }
  }

  async function check(name: string, folder: string): Promise<void> {
    const whole = await reading(name, folder);
    if (whole === null) return;
    const alike = new Map<string, number>();
    for (const file of (await readdir(folder, { recursive: true })).sort()) {
      const path = join(folder, file);
      const kind = `${dirname(file)} ${extname(file)}`;
      if (/\.(jpe?g|pcd)$/i.test(file) || ownLabels[name]?.test(file) || !(await stat(path)).isFile())
        continue;
      const bytes = await readFile(path);
      alike.set(kind, (alike.get(kind) ?? 0) + 1);
      if (bytes.length === 0 || alike.get(kind)! > mostAlike) continue;
      await writeFile(path, '');
      const left = await reading(name, folder);
      await writeFile(path, bytes);
      // A set that can't be opened any more has said why.
      if (left === null || left.text === whole.text) continue;
      const news = [...left.told].filter((line) => !whole.told.has(line));
      expect([file, news.length > 0], `${file} of ${name}`).toEqual([file, true]);
    }
  }

  const sets = haveData ? readdirSync(corpus('.')) : [];
  test.each(sets)('%s', async (set) => {
    const folder = fresh();
    await cp(corpus(set), folder, { recursive: true });
    await check(formatOf(set), folder);
  });

  const written = formats.filter(({ name, write }) => write !== undefined && !sets.includes(name));
  test.each(written.map(({ name }) => name))('%s, as it is written', async (name) => {
    const folder = fresh();
    const source = await format('datumaro').read(corpus('datumaro@clean'));
    await format(name).write(source, folder, { media: 'copy' });
    await check(name, folder);
  });
});

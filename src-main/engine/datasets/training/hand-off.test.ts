import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import { corpus, haveData, whyNot } from '../testing/golden.ts';
import { modelFor, quoted } from './commands.ts';
import { handOff, makePathAbsolute } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'hand off-'));
afterAll(() => rmSync(folder, { recursive: true }));

const grey = sharp({ create: { width: 32, height: 24, channels: 3, background: 'grey' } });
const picture = await grey.clone().png().toBuffer();
const jpeg = await grey.clone().jpeg().toBuffer();

const box = '0 0.5 0.5 0.2 0.2\n';

/** Writes a set that training takes, with changes: null leaves a file out. */
function writeSet(name: string, changes: Record<string, string | Buffer | null> = {}): string {
  const set = join(folder, name);
  const files: Record<string, string | Buffer | null> = {
    'data.yaml': 'train: images/train\nval: images/val\nnames: [cat, dog]\n',
    'images/train/a.png': picture,
    'labels/train/a.txt': box,
    'images/val/b.png': picture,
    'labels/val/b.txt': box,
    ...changes,
  };
  for (const [path, content] of Object.entries(files)) {
    if (content === null) continue;
    mkdirSync(dirname(join(set, path)), { recursive: true });
    writeFileSync(join(set, path), content);
  }
  return set;
}

const found = async (set: string, task?: 'segment'): Promise<string[]> =>
  (await handOff(set, task ? { task } : {})).findings.map(({ check }) => check);

describe('the dry check', () => {
  it('has nothing to say of a good set', async () => {
    const set = writeSet('good');
    const made = await handOff(set);
    expect(made).toMatchObject({
      task: 'detect',
      trains: true,
      findings: [],
      classes: ['cat', 'dog'],
      root: set,
    });
    expect(made.subsets).toEqual([
      { name: 'train', pictures: 1, labelled: 1, background: 0, leftOut: 0, objects: 1 },
      { name: 'val', pictures: 1, labelled: 1, background: 0, leftOut: 0, objects: 1 },
    ]);
    expect(made.commands[0]!.command).toBe(
      `yolo detect train data="${join(set, 'data.yaml')}" model=yolo11n.pt epochs=100 imgsz=640`,
    );
  });

  const yaml = (text: string) => ({ 'data.yaml': text });
  const both = 'train: images/train\nval: images/val\n';
  const posed = '0 0.5 0.5 0.2 0.2 0.4 0.4 2 0.5 0.5 2 0.6 0.4 2\n';
  const pose = (text: string) => ({
    ...yaml(`${both}kpt_shape: [3, 3]\n${text}\n`),
    'labels/train/a.txt': posed,
    'labels/val/b.txt': posed,
  });
  it.each<[string, Record<string, string | Buffer | null>, string[]]>([
    ['no description', { 'data.yaml': null }, ['no_description']],
    ['no val', yaml('train: images/train\nnames: [a]\n'), ['missing_subset']],
    ['val elsewhere', yaml('train: images/train\nval: images/none\nnames: [a]\n'), ['missing_path']],
    ['empty val', { 'images/val/b.png': null }, ['missing_path']],
    [
      'val without pictures',
      { 'images/val/b.png': null, 'images/val/note.txt': '' },
      ['no_pictures', 'orphaned_label'],
    ],
    ['an absolute path that isn’t there', yaml(`path: /no/such\n${both}names: [a]\n`), ['missing_path']],
    ['a relative path', yaml(`path: .\n${both}names: [a]\n`), ['relative_path']],
    ['nc that differs', yaml(`${both}nc: 3\nnames: [a, b]\n`), ['bad_classes']],
    ['gaps', yaml(`${both}names: {0: a, 5: b}\n`), ['bad_classes']],
    ['no names', yaml(both), ['bad_classes']],
    ['the same name', yaml(`${both}names: [a, a]\n`), ['same_class']],
    [
      'YAML that is none',
      yaml('train: [images\nnames: {'),
      ['unreadable_description', 'missing_subset', 'bad_classes'],
    ],
    ['train as val', yaml('train: images/train\nval: images/train\nnames: [a]\n'), ['same_subset']],
    ['outside', yaml('train: /usr\nval: images/val\nnames: [a]\n'), ['outside']],
    ['no label files', { 'labels/train/a.txt': null }, ['no_labels', 'without_labels']],
    [
      'an unknown class',
      { 'labels/train/c.txt': '2 0.5 0.5 0.1 0.1', 'images/train/c.png': '' },
      ['corrupt_picture', 'unknown_class'],
    ],
    ['all pictures bad', { 'images/train/a.png': 'no' }, ['no_usable_pictures', 'corrupt_picture']],
    ['values beside', { 'labels/val/b.txt': '0 1.5 0.5 0.1 0.1' }, ['no_usable_pictures', 'out_of_range']],
    ['columns', { 'labels/val/b.txt': '0 0.5 0.5 0.1' }, ['no_usable_pictures', 'wrong_columns']],
    ['words', { 'labels/val/b.txt': 'cat 0.5 0.5 0.1 0.1' }, ['no_usable_pictures', 'corrupt_label']],
    ['twice', { 'labels/val/b.txt': box + box }, ['same_line']],
    [
      'outlines among boxes',
      { 'images/train/c.png': picture, 'labels/train/c.txt': '0 0.1 0.1 0.5 0.1 0.5 0.5' },
      ['mixed_files'],
    ],
    ['a shared label file', { 'images/train/a.jpg': Buffer.alloc(0) }, ['corrupt_picture', 'same_name']],
    ['another kind of picture', { 'images/val/c.gif': 'GIF89a' }, ['unknown_ending']],
    ['points that are not mirrored', pose('names: [a]'), ['no_mirroring']],
    ['an empty flip_idx', pose('names: [a]\nflip_idx: []'), ['no_mirroring']],
    ['a short flip_idx', pose('names: [a]\nflip_idx: [0, 1]'), ['bad_mirroring']],
    ['a flip_idx with a number too high', pose('names: [a]\nflip_idx: [0, 1, 3]'), ['bad_mirroring']],
    ['a flip_idx that is a word', pose('names: [a]\nflip_idx: none'), ['bad_mirroring']],
    ['a flip_idx that goes round', pose('names: [a]\nflip_idx: [1, 2, 0]'), ['uneven_mirroring']],
    ['a pose without kpt_shape', yaml(`${both}names: [a]\nkpt_shape: [3]\n`), ['bad_points']],
  ])('finds %s', async (name, changes, checks) => {
    expect((await found(writeSet(`finds ${name}`, changes))).toSorted()).toEqual(checks.toSorted());
  });

  it('says which points the names pair', async () => {
    const names = 'kpt_names: {0: [nose, left_eye, right_eye]}';
    const { findings, trains } = await handOff(writeSet('paired', pose(`names: [a]\n${names}`)));
    expect(trains).toBe(true);
    expect(findings.map(({ examples }) => examples)).toEqual([
      ['The names of the points say flip_idx: [0, 2, 1]'],
    ]);
  });

  it('tells a JPEG that Ultralytics writes again from one that it leaves out, and reads lists', async () => {
    const set = writeSet('lists', {
      'data.yaml': 'train: train.txt\nval: images/val\nnames: [a]\n',
      'train.txt': './images/train/a.jpg\nimages/train/a.png\n./images/train/none.png\n./../../etc/a.png\n',
      'images/train/a.png': null,
      'images/train/a.jpg': Buffer.concat([jpeg, Buffer.alloc(2)]),
    });
    expect(await found(writeSet('cut', { 'images/train/c.jpg': jpeg.subarray(0, -2) }))).toEqual([
      'corrupt_picture',
      'without_labels',
    ]);
    expect((await found(set)).toSorted()).toEqual([
      'missing_picture',
      'outside',
      'relative_list',
      'truncated_picture',
    ]);
  });

  it('knows tasks by what the label files hold', async () => {
    const outline = '0 0.1 0.1 0.5 0.1 0.5 0.5\n';
    const corners = '0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5\n';
    const labels = (text: string) => ({ 'labels/train/a.txt': text, 'labels/val/b.txt': text });
    expect((await handOff(writeSet('seg', labels(outline)))).task).toBe('segment');
    expect((await handOff(writeSet('obb', labels(corners)))).task).toBe('obb');
    const pose = {
      ...labels('0 0.5 0.5 0.2 0.2 0.5 0.5 2\n'),
      'data.yaml': 'train: images/train\nval: images/val\nnames: [a]\nkpt_shape: [1, 3]\nflip_idx: [0]\n',
    };
    expect(await handOff(writeSet('pose', pose))).toMatchObject({ task: 'pose', findings: [] });
    expect(await found(writeSet('boxes'), 'segment')).toEqual(['boxes_for_outlines']);
    const set = join(folder, 'classes');
    for (const path of ['train/cat', 'train/dog', 'val/cat']) {
      mkdirSync(join(set, path), { recursive: true });
      writeFileSync(join(set, path, 'a.png'), picture);
    }
    const made = await handOff(set);
    expect(made).toMatchObject({ task: 'classify', data: set, classes: ['cat', 'dog'], trains: true });
    expect(made.findings.map(({ check, examples }) => [check, examples])).toEqual([
      ['missing_class_folder', ['val/dog']],
    ]);
  });

  it('doesn’t follow links to folders', async () => {
    const set = writeSet('link');
    symlinkSync(folder, join(set, 'images/train/all'));
    expect(await found(set)).toEqual(['outside']);
  });

  it.runIf(haveData)(`takes what Datumaro and Roboflow write${whyNot}`, async () => {
    for (const name of ['yolo_ultralytics@clean', 'roboflow_yolo']) {
      const { findings, trains, subsets } = await handOff(corpus(name));
      expect([name, findings.filter(({ severity }) => severity === 'error'), trains]).toEqual([
        name,
        [],
        true,
      ]);
      expect(subsets.every(({ pictures }) => pictures > 0)).toBe(true);
    }
  });
});

describe('an absolute path', () => {
  it('is written, and all else stays', async () => {
    const text =
      '# my set\npath: ../elsewhere\ntrain: images/train # here\nval: images/val\nnames: {0: yes, 1: 1.10}\n';
    const set = writeSet('absolute: #1', { 'data.yaml': text });
    expect(await makePathAbsolute(set)).toEqual({ file: join(set, 'data.yaml'), path: set });
    const written = readFileSync(join(set, 'data.yaml'), 'utf8');
    expect(written).toBe(text.replace('../elsewhere', JSON.stringify(set)));
    expect(await handOff(set)).toMatchObject({ findings: [], root: set });
    await makePathAbsolute(set);
    expect(readFileSync(join(set, 'data.yaml'), 'utf8')).toBe(written);
  });

  it('is refused where the file is none or a link', async () => {
    await expect(makePathAbsolute(writeSet('bad', { 'data.yaml': 'names: {' }))).rejects.toMatchObject({
      code: 'INPUT_CORRUPT',
    });
    const set = writeSet('linked', { 'data.yaml': null, 'elsewhere.txt': 'names: [a]\n' });
    symlinkSync(join(set, 'elsewhere.txt'), join(set, 'data.yaml'));
    await expect(makePathAbsolute(set)).rejects.toMatchObject({ code: 'OUTPUT_NOT_WRITABLE' });
    await expect(makePathAbsolute(folder)).rejects.toMatchObject({ code: 'INPUT_NOT_FOUND' });
  });
});

describe('models by task', () => {
  it.each([
    ['detect', 'yolo11n.pt', 'yolo11n.pt'],
    ['obb', 'yolo11x.yaml', 'yolo11x-obb.yaml'],
    ['classify', 'yolo26s.pt', 'yolo26s-cls.pt'],
    ['segment', 'yolov8n-seg.pt', 'yolov8n-seg.pt'],
    ['pose', 'my.model.pt', 'my.model-pose.pt'],
  ] as const)('%s with %s is %s', (task, model, expected) => {
    expect(modelFor(task, model)).toBe(expected);
  });
});

describe('paths in commands', () => {
  it('are quoted so that no shell sees more in them', () => {
    expect(quoted('/my sets/a', false)).toBe('"/my sets/a"');
    expect(quoted("/a$(id)'`b`", false)).toBe("'/a$(id)'\\''`b`'");
    expect(quoted('C:\\my sets\\a', true)).toBe('"C:\\my sets\\a"');
  });
});

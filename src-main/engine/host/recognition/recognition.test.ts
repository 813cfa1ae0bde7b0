import { copyFile, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Journal } from '../../jobs/journal.ts';
import { resources, sample } from '../fixtures/engine.ts';
import { Handles } from '../handles.ts';
import { recognize } from './index.ts';

let folder: string;
const journal = new Journal(':memory:');
const handles = new Handles(journal, []);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-recognition-'));
});
afterAll(async () => {
  journal.close();
  await rm(folder, { recursive: true, force: true });
});

/** What each part may be, in words, and the names of what would be opened. */
async function told(...paths: string[]): Promise<string[]> {
  const admitted = await handles.admit(paths);
  expect(admitted.refused).toEqual([]);
  const parts = await recognize(admitted.handles, handles);
  return parts.map(({ couldBe }) =>
    couldBe
      .map(({ kind, count, format, handles: opened }) =>
        [kind, count, format, ...opened.map(({ name }) => name)].filter((part) => part !== null).join(' '),
      )
      .join(' or '),
  );
}

async function make(name: string, content: string | Buffer = ''): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, content);
  return path;
}

const models = join(resources, 'models');

describe('what files may be', () => {
  test('both files of an IR, or one of them, are one network', async () => {
    const files = ['srx4.xml', 'srx4.bin'].map((name) => join(models, name));
    expect(await told(...files)).toEqual(['network 2 srx4.xml']);
    expect(await told(files[1]!)).toEqual(['network 1 srx4.xml']);
    expect(await told(await make('lonely.bin', 'bytes'))).toEqual(['']);
  });

  test('a folder with an IR is that network, one that Ultralytics described is a detector', async () => {
    const place = join(folder, 'network');
    await mkdir(place);
    for (const name of ['srx4.xml', 'srx4.bin']) await copyFile(join(models, name), join(place, name));
    expect(await told(place)).toEqual(['network 1 srx4.xml']);
    const detector = join(resources, 'src-main/engine/detection/fixtures/squares_openvino_model');
    expect(await told(detector)).toEqual(['detector 1 squares_openvino_model']);
    expect(await told(join(detector, 'squares.xml'))).toEqual(['detector 1 squares.xml']);
  });

  test('a converted diffusion model and an original checkpoint are told', async () => {
    expect(await told(join(models, 'ldm_small'))).toEqual(['diffusion 1 ldm_small']);
    for (const part of ['unet/config.json', 'vqvae/config.json', 'scheduler/scheduler_config.json'])
      await make(`checkpoint/${part}`, '{}');
    expect(await told(join(folder, 'checkpoint'))).toEqual(['diffusion 1 checkpoint']);
  });

  test('what a training left is told by its files, in its output folder as well', async () => {
    await make('run/output/trainer_state.json', '{}');
    await make('run/console.log');
    await cp(join(models, 'srx4.xml'), join(folder, 'run/output/openvino_model.xml'));
    expect(await told(join(folder, 'run'))).toEqual(['training 1 run']);
    expect(await told(join(folder, 'run/output'))).toEqual(['training 1 output']);
    expect(await told(await make('ov_config.json', '{"compression": []}'))).toEqual([
      'configuration 1 ov_config.json',
    ]);
  });

  test('an annotated set may be a set or pictures; photos in folders are pictures', async () => {
    await mkdir(join(folder, 'coco/images/train'), { recursive: true });
    await mkdir(join(folder, 'coco/annotations'));
    await copyFile(sample, join(folder, 'coco/images/train/a.jpg'));
    await writeFile(
      join(folder, 'coco/annotations/instances_train.json'),
      JSON.stringify({
        images: [{ id: 1, file_name: 'a.jpg', width: 451, height: 300 }],
        categories: [{ id: 1, name: 'cat' }],
        annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [1, 1, 9, 9], area: 81, iscrowd: 0 }],
      }),
    );
    const [coco] = await told(join(folder, 'coco'));
    expect(coco).toMatch(/^dataset 1 COCO.* coco or pictures 1 coco$/);
    for (const place of ['Rome', 'Paris']) {
      await mkdir(join(folder, 'travels', place), { recursive: true });
      await copyFile(sample, join(folder, 'travels', place, 'a.jpg'));
    }
    expect(await told(join(folder, 'travels'))).toEqual(['pictures 2 travels']);
  });

  test('pictures are told by what they are, whatever they are called; formats that are not read as well', async () => {
    await copyFile(sample, join(folder, 'unnamed'));
    const raw = await make('camera.cr2', 'raw');
    const broken = await make('empty.png');
    expect(await told(sample, join(folder, 'unnamed'), raw, broken)).toEqual([
      'pictures 4 chelsea.jpg unnamed camera.cr2 empty.png',
    ]);
  });

  test('things of several kinds are parts of their own, and what nobody knows is one, too', async () => {
    const notes = await make('notes.txt', 'words');
    const annotation = await make('voc.xml', '<annotation></annotation>');
    expect(await told(sample, join(models, 'srx4.xml'), notes, annotation)).toEqual([
      'pictures 1 chelsea.jpg',
      'network 1 srx4.xml',
      '',
    ]);
    await mkdir(join(folder, 'empty'));
    expect(await told(join(folder, 'empty'))).toEqual(['']);
    expect(await told(await make('set.zip', 'zip'))).toEqual(['dataset 1 set.zip']);
  });
});

import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { create } from 'tar';
import { describe, expect, test } from 'vitest';
import { hasFfmpeg } from '../src-main/engine/datasets/archives/fixtures/ffmpeg.ts';
import {
  choose,
  dropFiles,
  expectAccessible,
  nameOnServer,
  noBrowser,
  node,
  openWeb,
  root,
  temporaryFolder,
} from './support.ts';

/** A COCO set of pictures with a box and an outline each, and one annotation that can't be read. */
async function makeCoco(folder: string, pictures: number): Promise<void> {
  await mkdir(join(folder, 'images', 'train'), { recursive: true });
  await mkdir(join(folder, 'annotations'));
  const picture = await sharp({ create: { width: 64, height: 48, channels: 3, background: '#7090b0' } })
    .png()
    .toBuffer();
  const images = Array.from({ length: pictures }, (_, index) => ({
    id: index + 1,
    file_name: `picture ${String(index).padStart(4, '0')}.png`,
    width: 64,
    height: 48,
  }));
  await Promise.all(
    images.map((image) => writeFile(join(folder, 'images', 'train', image.file_name), picture)),
  );
  const annotations = images.map(({ id }) => ({
    id,
    image_id: id,
    category_id: 1 + (id % 2),
    bbox: [4, 5, 20, 10],
    area: 200,
    iscrowd: 0,
    segmentation: [[4, 5, 24, 5, 24, 15, 4, 15]],
  }));
  const categories = ['cat', 'dog'].map((name, index) => ({ id: index + 1, name }));
  const broken = { id: 9999, image_id: 1, category_id: 77, bbox: [1, 2], area: 1, iscrowd: 0 };
  await writeFile(
    join(folder, 'annotations', 'instances_train.json'),
    JSON.stringify({ images, annotations: [...annotations, broken], categories }),
  );
}

/** Web mode with a folder on the server opened as a set. */
async function opened(allowed: string, source: string): Promise<Page> {
  const web = await openWeb(join(allowed, 'data'), [allowed]);
  const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
  await page.goto(web.address);
  await page.getByRole('button', { name: 'Datasets', exact: true }).click();
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await nameOnServer(page, source);
  return page;
}

const step = (page: Page, title: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: title });

describe.skipIf(noBrowser !== '')(`datasets in the window${noBrowser && ` (${noBrowser})`}`, () => {
  test.skipIf(!hasFfmpeg)('of a video the frames are taken that are asked for (needs ffmpeg)', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'clip.mp4');
    await copyFile(join(root, 'src-main', 'engine', 'datasets', 'archives', 'fixtures', 'clip.mp4'), source);
    const page = await opened(folder.path, source);
    await page.getByRole('heading', { name: 'This is a video' }).waitFor();
    await page.getByText('13 of 13 frames').waitFor();
    await page.getByRole('spinbutton', { name: 'Take one frame of' }).fill('3');
    await page.keyboard.press('Enter');
    await page.getByText('5 of 13 frames').waitFor();
    await expectAccessible(page, 'the choice of frames');
    await page
      .getByRole('button', { name: /^Read as/ })
      .first()
      .click();
    await page.getByText('5 pictures', { exact: true }).waitFor();
  });

  test('a set goes from folder to checked YOLO set, with every loss said before', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'sets', 'animals');
    await makeCoco(source, 30);
    const web = await openWeb(join(folder.path, 'data'), [join(folder.path, 'sets')]);
    const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
    await page.goto(web.address);
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();
    await expectAccessible(page, 'datasets, empty');
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await nameOnServer(page, source);

    const grid = page.getByRole('listbox', { name: 'Pictures' });
    await grid.getByRole('option', { name: /^picture 0000, 2 annotations/ }).waitFor();
    await page.getByText('30 pictures', { exact: true }).waitFor();
    await expectAccessible(page, 'the pictures of a set');
    await page.getByRole('combobox', { name: 'Class' }).selectOption({ label: 'dog' });
    await page.getByText('15 pictures', { exact: true }).waitFor();
    await grid.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('img', { name: 'picture 0002' }).waitFor();
    await expectAccessible(page, 'one picture of a set');
    await page.keyboard.press('Escape');

    await choose(page, 'Figures');
    await page.getByRole('img', { name: 'train 30' }).first().waitFor();
    await expectAccessible(page, 'the figures of a set');

    await choose(page, 'Faults');
    await page.getByText('Something in the files can’t be read').waitFor();
    await expectAccessible(page, 'the faults of a set');

    await step(page, 'Source').click();
    await page
      .getByText(/things? can’t be read/)
      .first()
      .waitFor();
    await expectAccessible(page, 'what a set is');
    await step(page, 'Shape').click();
    await page.getByRole('button', { name: /^Split 80 %/ }).click();
    await page.getByRole('complementary', { name: 'The set' }).getByText('val', { exact: true }).waitFor();
    await expectAccessible(page, 'changes of a set');
    await step(page, 'Look').click();
    await choose(page, 'Pictures');
    await page.getByRole('combobox', { name: 'Split' }).selectOption('val');
    await page.getByText('6 pictures', { exact: true }).waitFor();
    await choose(page, 'As it is');
    await page.getByText('30 pictures', { exact: true }).waitFor();

    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^YOLO \(Ultralytics\), boxes/ }).click();
    await page.getByRole('cell', { name: 'Their objects keep their boxes' }).waitFor();
    await expectAccessible(page, 'what a target loses');
    await page.getByRole('button', { name: 'What becomes of outlines' }).click();
    await page.getByRole('menuitem', { name: 'Leave them out' }).click();
    await expect.poll(() => page.getByRole('cell', { name: 'Outlines', exact: true }).count()).toBe(0);
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('cell', { name: 'Their objects keep their boxes' }).waitFor();
    await page.getByRole('button', { name: 'Write 30 pictures' }).click();
    await page.getByRole('heading', { name: /^Written/ }).waitFor();
    await page.getByRole('heading', { name: 'Ultralytics would train with it' }).waitFor();
    await page.getByText(/yolo detect train data=/).waitFor();
    await expectAccessible(page, 'a conversion that is done');
    const output = join(folder.path, 'sets', 'animals-yolo_ultralytics');
    expect((await readdir(output)).sort()).toEqual(['data.yaml', 'images', 'labels']);
    expect(await readdir(join(output, 'labels', 'train'))).toHaveLength(24);
    expect(await readdir(join(output, 'labels', 'val'))).toHaveLength(6);
    const receipt = JSON.parse(await readFile(`${output}.receipt.json`, 'utf8')) as { kind: string };
    expect(receipt.kind).toBe('refinery-dataset-receipt');

    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    await page.getByRole('row', { name: /animals-yolo_ultralytics.*100\.0 % came back as said/ }).waitFor();
    await expectAccessible(page, 'activity with a conversion');
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();

    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^Write 30/ }).click();
    await page.getByText(/There is already something named/).waitFor();

    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    await page.getByRole('button', { name: /^animals-yolo_ultralytics/ }).click();
    await grid.getByRole('option').first().waitFor();
    const set = page.getByRole('complementary', { name: 'The set' });
    await set.getByText('animals-yolo_ultralytics').waitFor();
    await set.getByText('YOLO (Ultralytics), boxes').waitFor();

    await rm(output, { recursive: true });
    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    await page.getByRole('button', { name: /^animals-yolo_ultralytics/ }).click();
    await page.getByText(/sets\/animals-yolo_ultralytics is not there any more/).waitFor();
  });

  test('where two formats are as likely, the first pictures of each are shown', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'both');
    await makeCoco(source, 3);
    // Labels of YOLO's for the same pictures, in which only one thing is marked.
    await mkdir(join(source, 'obj_train_data'), { recursive: true });
    const picture = join(source, 'images', 'train', 'picture 0000.png');
    await copyFile(picture, join(source, 'obj_train_data', 'one.png'));
    await writeFile(join(source, 'obj_train_data', 'one.txt'), '0 0.5 0.5 0.2 0.2\n');
    await writeFile(join(source, 'train.txt'), 'data/obj_train_data/one.png\n');
    await writeFile(join(source, 'obj.names'), 'lynx\n');
    await writeFile(
      join(source, 'obj.data'),
      'classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n',
    );
    const page = await opened(folder.path, source);
    await page.getByRole('heading', { name: 'This could be of several formats' }).waitFor();
    const yolo = page.getByRole('region', { name: 'First pictures as YOLO' });
    await yolo.getByText('1 annotation in 1 picture: lynx.').waitFor();
    const widths = (): Promise<number[]> =>
      page
        .locator('.preview img')
        .evaluateAll((pictures) => pictures.map((one) => (one as HTMLImageElement).naturalWidth));
    await expect.poll(widths).toHaveLength(4);
    await expect.poll(async () => Math.min(...(await widths()))).toBeGreaterThan(0);
    await expectAccessible(page, 'two formats that are as likely');
    await page
      .getByRole('button', { name: /^Read as YOLO/ })
      .first()
      .click();
    await page.getByText('1 picture', { exact: true }).waitFor();
  });

  test('an archive with several sets is told before it is unpacked, and one of them is converted beside it', async () => {
    await using folder = await temporaryFolder();
    const sets = join(folder.path, 'sets');
    await makeCoco(join(sets, 'cats'), 3);
    await makeCoco(join(sets, 'dogs'), 4);
    const source = join(folder.path, 'sets.tar');
    await create({ file: source, cwd: sets }, ['cats', 'dogs']);
    const page = await opened(folder.path, source);
    await page.getByRole('heading', { name: 'There are 2 sets in this archive' }).waitFor();
    await expectAccessible(page, 'several sets of an archive');
    await page.getByRole('button', { name: 'Open dogs' }).click();
    await page.getByText('4 pictures', { exact: true }).waitFor();
    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^YOLO \(Ultralytics\), boxes/ }).click();
    await page.getByRole('button', { name: 'Write 4 pictures' }).click();
    await page.getByRole('heading', { name: /^Written/ }).waitFor();
    const output = join(folder.path, 'dogs-yolo_ultralytics');
    expect((await readdir(output)).sort()).toEqual(['data.yaml', 'images', 'labels']);
  });

  test('two sets are merged, written as one, and compared', async () => {
    await using folder = await temporaryFolder();
    const sets = join(folder.path, 'sets');
    await makeCoco(join(sets, 'cats'), 3);
    await makeCoco(join(sets, 'dogs'), 5);
    const archive = join(folder.path, 'dogs.tar');
    await create({ file: archive, cwd: sets }, ['dogs']);
    const page = await opened(folder.path, join(sets, 'cats'));
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByText('3 pictures', { exact: true }).waitFor();

    await step(page, 'Source').click();
    const section = page.getByRole('region', { name: 'Merge' });
    // What is dropped in the middle of the window is merged: here it is sent to the server.
    await dropFiles(page, [archive], 0.5);
    await section.getByRole('heading', { name: '2 sets are merged' }).waitFor();
    await section.getByRole('row', { name: /^2 dogs.tar COCO.* 5/ }).waitFor();
    await expectAccessible(page, 'sets that are merged');
    await section.getByRole('button', { name: 'Remove dogs.tar' }).click();
    await section.getByRole('heading', { name: 'Merge with another set' }).waitFor();
    await section.getByRole('button', { name: 'Choose a set' }).click();
    await nameOnServer(page, sets);
    await section.getByRole('heading', { name: 'Which set of sets?' }).waitFor();
    await section.getByRole('button', { name: /^dogs, COCO/ }).click();
    await section.getByRole('heading', { name: '2 sets are merged' }).waitFor();
    // The keyboard goes on from where it was.
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Add another set');
    await choose(page, 'What they agree on');
    await page.getByRole('row', { name: /^left out: only set 2 has this item 2/ }).waitFor();
    await expectAccessible(page, 'what sets don’t agree on');
    await choose(page, 'Everything');
    await expect.poll(() => page.getByText(/^left out:/).count()).toBe(0);

    await step(page, 'Shape').click();
    await page.getByRole('button', { name: /^Split 80 %/ }).click();
    await page.getByRole('complementary', { name: 'The set' }).getByText('val', { exact: true }).waitFor();
    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^YOLO \(Ultralytics\), boxes/ }).click();
    await page.getByRole('button', { name: 'Write 5 pictures' }).click();
    await page.getByRole('heading', { name: /^Written/ }).waitFor();
    const output = join(sets, 'cats-yolo_ultralytics');
    expect(await readdir(join(output, 'labels', 'train'))).toHaveLength(4);
    expect(await readdir(join(output, 'labels', 'val'))).toHaveLength(1);
    const receipt = JSON.parse(await readFile(`${output}.receipt.json`, 'utf8'));
    expect(receipt.source.merged).toMatchObject({
      mode: 'union',
      sets: [{ path: join(sets, 'cats') }, { path: join(sets, 'dogs') }],
    });

    await page.getByRole('button', { name: 'Copy the command' }).click();
    await page.getByText(/^Command copied/).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const run = command.replace(/^refinery /, `'${node}' '${join(root, 'src-main', 'cli', 'main.ts')}' `);
    execFileSync('sh', ['-c', run]);
    const written = (of: string) => readdir(join(of, 'labels', 'val'));
    expect(await written(`${output}-2`)).toEqual(await written(output));

    await page.getByRole('button', { name: 'Compare with the source' }).click();
    await page.getByRole('row', { name: /^Boxes 5 0 0 0/ }).waitFor();
    await expectAccessible(page, 'a comparison');
    await page.getByRole('button', { name: 'Compare with another set' }).click();
    await page.getByRole('button', { name: 'Choose a set to compare with' }).click();
    await nameOnServer(page, join(sets, 'cats'));
    await page.getByRole('button', { name: 'Show: Not in cats' }).click();
    await page.getByText('2 pictures', { exact: true }).waitFor();
  });

  test('of several sets in one folder each can be opened, and the others stay at hand', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'sets');
    await makeCoco(join(source, 'cats'), 3);
    await makeCoco(join(source, 'dogs'), 4);
    // Not one of the folder's: a page gets nowhere by a link.
    await makeCoco(join(folder.path, 'elsewhere'), 2);
    await symlink(join(folder.path, 'elsewhere'), join(source, 'linked'));
    const page = await opened(folder.path, source);
    await page.getByRole('heading', { name: 'There are 2 sets in this folder' }).waitFor();
    await expectAccessible(page, 'several sets');
    await page.getByRole('button', { name: 'Open dogs' }).click();
    await page.getByRole('heading', { level: 1, name: 'dogs' }).waitFor();
    await page.getByText('4 pictures', { exact: true }).waitFor();
    await step(page, 'Source').click();
    await page.getByText('Open now').waitFor();
    await page.getByRole('button', { name: 'Open cats' }).click();
    await page.getByText('3 pictures', { exact: true }).waitFor();
  });
});

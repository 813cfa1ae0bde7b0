import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  type Desktop,
  dropFiles,
  expectAccessible,
  makePictures,
  noBrowser,
  noWindow,
  openDesktop,
  openWeb,
  pasteSample,
  root,
  sample,
  startAgain,
  temporaryFolder,
} from './support.ts';

const open = new Set<Desktop>();
afterEach(async () => {
  for (const desktop of open) await desktop.quit().catch(() => undefined);
  open.clear();
  vi.unstubAllEnvs();
});

async function start(data: string, files: readonly string[] = []): Promise<Page> {
  const desktop = await openDesktop(data, files);
  open.add(desktop);
  return desktop.page;
}

/** A COCO set of so many pictures. */
async function makeSet(folder: string, pictures: number): Promise<string> {
  await mkdir(join(folder, 'annotations'), { recursive: true });
  const files = await makePictures(join(folder, 'images', 'train'), pictures);
  const images = files.map((path, index) => ({
    id: index + 1,
    file_name: path.split('/').at(-1),
    width: 120,
    height: 90,
  }));
  const annotations = images.map(({ id }) => ({
    ...{ id, image_id: id, category_id: 1, iscrowd: 0, area: 81 },
    bbox: [1, 1, 9, 9],
  }));
  const content = JSON.stringify({ images, annotations, categories: [{ id: 1, name: 'cat' }] });
  await writeFile(join(folder, 'annotations', 'instances_train.json'), content);
  return folder;
}

const network = ['srx4.xml', 'srx4.bin'].map((name) => join(root, 'models', name));
const show = (page: Page, place: string) => page.getByRole('button', { name: place, exact: true }).click();
const options = (page: Page) => page.getByRole('listbox', { name: 'Queue' }).getByRole('option');

describe.skipIf(noWindow !== '')(`what comes to the window${noWindow && ` (${noWindow})`}`, () => {
  test('a network that is dropped on Upscale is offered as one, pictures that are dropped on Models are upscaled', async () => {
    await using folder = await temporaryFolder();
    const page = await start(join(folder.path, 'data'));
    await dropFiles(page, network);
    const dialog = page.getByRole('dialog', { name: 'Add a network' });
    await dialog.getByText('This is how it seems to work').waitFor({ timeout: 60_000 });
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Models', level: 1 }).waitFor();

    await dropFiles(page, [sample]);
    await page.getByRole('option', { name: /^chelsea.jpg/ }).waitFor();
    for (const place of ['Settings', 'Activity', 'Datasets', 'Compression']) {
      await show(page, place);
      const before = (await makePictures(join(folder.path, place), 1))[0]!;
      await dropFiles(page, [before]);
      await page.getByRole('listbox', { name: 'Queue' }).waitFor();
    }
    await expect.poll(() => options(page).count()).toBe(5);
    const notes = join(folder.path, 'notes.txt');
    await writeFile(notes, 'words');
    await dropFiles(page, [notes]);
    await page.getByText(/^notes.txt: This is nothing that Refinery opens/).waitFor();
    expect(await options(page).count()).toBe(5);
  }, 120_000);

  test('a set could be upscaled or looked at: that is asked, and nothing of the answer is kept', async () => {
    await using folder = await temporaryFolder();
    const set = await makeSet(join(folder.path, 'animals'), 3);
    const data = join(folder.path, 'data');
    const page = await start(data, [set]);
    const question = page.getByRole('dialog', { name: 'What to do with it' });
    await question.getByRole('heading', { name: 'animals' }).waitFor();
    await expectAccessible(page, 'the question what to do');
    await question.getByRole('button', { name: 'Upscale 3 pictures' }).click();
    await expect.poll(() => options(page).count()).toBe(3);

    await startAgain(data, [set]);
    await question.getByRole('button', { name: /^Open as a dataset \(COCO/ }).click();
    await page.getByRole('heading', { name: 'animals' }).first().waitFor();
    expect(await options(page).count()).toBe(0);

    await show(page, 'Upscale');
    await startAgain(data, [set]);
    await question.waitFor();
    await page.keyboard.press('Escape');
    await question.waitFor({ state: 'hidden' });
    expect(await options(page).count()).toBe(3);
  }, 120_000);

  test('the result of a pasted picture goes to the person’s pictures, which is said before', async () => {
    await using folder = await temporaryFolder();
    vi.stubEnv('REFINERY_PICTURES_DIR', join(folder.path, 'Pictures'));
    const page = await start(join(folder.path, 'data'));
    await pasteSample(page, 'pasted.jpg');
    await page.getByText(/^It was pasted: its result goes to .*Pictures\/Refinery/).waitFor();
    await expectAccessible(page, 'a pasted picture');
    await page.getByRole('button', { name: 'Upscale 1 picture' }).click();
    await page.getByRole('region', { name: 'Result' }).waitFor({ timeout: 60_000 });
    expect(await readdir(join(folder.path, 'Pictures', 'Refinery'))).toEqual(['pasted_x4.jpg']);
  }, 90_000);

  test('what a second start brings is shown, chosen and told, whatever was shown before', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const [first, second] = await makePictures(join(folder.path, 'pictures'), 2);
    const page = await start(data, [first!]);
    await options(page).first().waitFor();
    await show(page, 'Settings');
    await startAgain(data, [second!]);
    await page.getByText('1 picture added').waitFor();
    const row = page.getByRole('option', { name: /^picture-02.png/ });
    expect(await row.getAttribute('aria-selected')).toBe('true');
    await startAgain(data, [network[0]!]);
    await page.getByRole('dialog', { name: 'Add a network' }).waitFor();
  }, 120_000);
});

describe.skipIf(noBrowser !== '')(`what comes to a browser${noBrowser && ` (${noBrowser})`}`, () => {
  test('folders are sent as they are: a set stays one, and an IR’s two files are a network', async () => {
    await using folder = await temporaryFolder();
    const set = await makeSet(join(folder.path, 'animals'), 2);
    await copyFile(sample, join(set, '.hidden.jpg'));
    const web = await openWeb(join(folder.path, 'data'));
    const page = await web.browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(web.address);
    await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add a folder' }).click(),
    ]);
    // Pictures were asked for: nothing is asked again, and no annotation becomes one that fails.
    await chooser.setFiles(set);
    await expect.poll(() => options(page).count()).toBe(2);
    await dropFolder(page, set);
    const question = page.getByRole('dialog', { name: 'What to do with it' });
    await question.getByRole('button', { name: /^Open as a dataset \(COCO/ }).click();
    await page.getByRole('heading', { name: 'animals' }).first().waitFor();
    await dropFiles(page, network);
    await page.getByRole('dialog', { name: 'Add a network' }).waitFor();
  }, 90_000);
});

/** Drops a folder: its files, with where they lay in it. */
async function dropFolder(page: Page, folder: string): Promise<void> {
  await page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', id: 'test-folder' });
    input.webkitdirectory = true;
    document.body.append(input);
  });
  await page.locator('#test-folder').setInputFiles(folder);
  await page.evaluate(() => {
    const input = document.querySelector<HTMLInputElement>('#test-folder');
    const dataTransfer = new DataTransfer();
    for (const file of input?.files ?? []) dataTransfer.items.add(file);
    const target = document.querySelector('.frame');
    for (const type of ['dragenter', 'dragover', 'drop'])
      target?.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
    input?.remove();
  });
}

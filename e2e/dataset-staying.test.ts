import { randomBytes } from 'node:crypto';
import { link, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  addChange,
  choose,
  engineChild,
  expectAccessible,
  nameOnServer,
  noBrowser,
  openWeb,
  temporaryFolder,
  type WebMode,
} from './support.ts';

/** Of the test that runs. */
let web: WebMode | undefined;

async function makeCoco(folder: string, pictures: number): Promise<void> {
  await mkdir(join(folder, 'images', 'train'), { recursive: true });
  await mkdir(join(folder, 'annotations'));
  const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: '#7090b0' } });
  const bytes = await picture.png().toBuffer();
  const ids = Array.from({ length: pictures }, (_, index) => index + 1);
  for (const id of ids) await writeFile(join(folder, 'images', 'train', `${id}.png`), bytes);
  const text = JSON.stringify({
    images: ids.map((id) => ({ id, file_name: `${id}.png`, width: 64, height: 48 })),
    annotations: ids.map((id) => ({ id, image_id: id, category_id: 1, bbox: [4, 5, 20, 10], area: 200 })),
    categories: [{ id: 1, name: 'cat' }],
  });
  await writeFile(join(folder, 'annotations', 'instances_train.json'), text);
}

/** One whose file breaks off in its middle. */
async function makeBroken(folder: string): Promise<void> {
  await mkdir(join(folder, 'annotations'), { recursive: true });
  const text = `{"images": [${'{"id": 1, "file_name": "a.png", "width": 9, "height": 9}, '.repeat(50)}`;
  await writeFile(join(folder, 'annotations', 'instances_train.json'), text);
}

async function opened(allowed: string, source: string, pictures = '6 pictures'): Promise<Page> {
  web = await openWeb(join(allowed, 'data'), [allowed]);
  const page = await web.browser.newPage({ viewport: { width: 1100, height: 760 } });
  await page.goto(web.address);
  await page.getByRole('button', { name: 'Datasets', exact: true }).click();
  await page.getByRole('button', { name: 'Choose a folder' }).click();
  await nameOnServer(page, source);
  await page.getByText(pictures, { exact: true }).waitFor();
  return page;
}

const step = (page: Page, title: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: title });
const change = (page: Page, title: string) => page.getByRole('listitem').filter({ hasText: title });
const theSet = (page: Page) => page.getByRole('complementary', { name: 'The set' });

async function openAnother(page: Page, source: string): Promise<void> {
  await theSet(page).getByRole('button', { name: 'Open another' }).click();
  await nameOnServer(page, source);
}

describe.skipIf(noBrowser !== '')(`a set that is open${noBrowser && ` (${noBrowser})`}`, () => {
  test('stays with its changes until another one is read', async () => {
    await using folder = await temporaryFolder();
    await makeCoco(join(folder.path, 'first'), 6);
    await makeCoco(join(folder.path, 'second'), 3);
    await makeBroken(join(folder.path, 'broken'));
    await mkdir(join(folder.path, 'nothing'));
    await makeCoco(join(folder.path, 'two', 'a'), 2);
    await makeCoco(join(folder.path, 'two', 'b'), 2);
    const page = await opened(folder.path, join(folder.path, 'first'));
    await step(page, 'Shape').click();
    await page.getByRole('button', { name: /^Split 80 %/ }).click();
    await theSet(page).getByText('val', { exact: true }).waitFor();

    await openAnother(page, join(folder.path, 'broken'));
    const failure = theSet(page).getByRole('alert');
    await failure.getByText(/It was not opened.*it ends early.*Mend or replace the file/).waitFor();
    await theSet(page).getByRole('heading', { name: 'first' }).waitFor();
    await change(page, 'Random split').first().waitFor();
    await expectAccessible(page, 'a set that stayed');
    await theSet(page).getByRole('button', { name: 'Read it as another format' }).click();
    await page.getByRole('button', { name: 'Read as COCO', exact: true }).click();
    await page.getByRole('heading', { name: 'This can’t be read' }).waitFor();
    await theSet(page).getByRole('button', { name: 'Back to first' }).click();
    await change(page, 'Random split').first().waitFor();

    await openAnother(page, join(folder.path, 'nothing'));
    await failure.getByText(/nothing is no dataset that is known here.*Choose the folder/).waitFor();
    await theSet(page).getByRole('heading', { name: 'first' }).waitFor();

    // Where it is asked which one is meant, there is a way back.
    await openAnother(page, join(folder.path, 'two'));
    await page.getByRole('heading', { name: 'There are 2 sets in this folder' }).waitFor();
    await theSet(page).getByText('first stays open until this one is read.').waitFor();
    await expectAccessible(page, 'a set that stays');
    await theSet(page).getByRole('button', { name: 'Back to first' }).click();
    await change(page, 'Random split').first().waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
    await expect.poll(() => change(page, 'Random split').count()).toBe(0);

    await openAnother(page, join(folder.path, 'second'));
    await page.getByText('3 pictures', { exact: true }).waitFor();
    expect(await theSet(page).getByText('stays open').count()).toBe(0);
  });

  test('is there again after the page was loaded anew, and after the engine was', async () => {
    await using folder = await temporaryFolder();
    await makeCoco(join(folder.path, 'first'), 6);
    const page = await opened(folder.path, join(folder.path, 'first'));
    await step(page, 'Shape').click();
    await page.getByRole('button', { name: /^Split 80 %/ }).click();
    await page.getByRole('button', { name: 'Clip shapes to the picture' }).click();
    await change(page, 'Clip').first().waitFor();
    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^COCO, objects/ }).click();
    await page.getByRole('button', { name: /^Write 6/ }).waitFor();
    await step(page, 'Shape').click();

    const isAllThere = async (): Promise<void> => {
      await change(page, 'Clip').first().waitFor();
      await theSet(page).getByText('val', { exact: true }).waitFor();
      await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
      await expect.poll(() => change(page, 'Clip').count()).toBe(0);
      await page.getByRole('button', { name: 'Redo', exact: true }).click();
      await change(page, 'Clip').first().waitFor();
    };
    await page.reload();
    await isAllThere();
    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^Write 6/ }).waitFor();
    await step(page, 'Shape').click();

    const server = web?.server.pid ?? 0;
    const engine = engineChild(server);
    process.kill(engine, 'SIGKILL');
    const isAnother = () => {
      const now = engineChild(server);
      return now > 0 && now !== engine;
    };
    await expect.poll(isAnother, { timeout: 30_000 }).toBe(true);
    await page.getByText('Engine ready').waitFor();
    await isAllThere();
    await step(page, 'Look').click();
    await page.getByRole('option', { name: /^1, 1 annotation/ }).waitFor();

    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^Write 6/ }).click();
    await page.getByRole('heading', { name: 'Written, read back, and all there' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Written, read back, and all there' }).waitFor();
    await page.getByRole('button', { name: 'Compare with the source' }).click();
    await page.getByRole('heading', { name: 'The sets are the same' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'The sets are the same' }).waitFor();

    await theSet(page).getByRole('button', { name: 'Close the set' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();
    await page.getByText('Drop a dataset here').waitFor();
  });

  test('is looked through until Cancel, or until one goes elsewhere', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'first');
    await makeCoco(source, 6);
    // So many and so large that every one of them takes its time.
    const noise = sharp(randomBytes(1200 * 900 * 3), { raw: { width: 1200, height: 900, channels: 3 } });
    const bytes = await noise.jpeg().toBuffer();
    await mkdir(join(source, 'more'));
    await writeFile(join(source, 'more', '0.jpg'), bytes);
    const images = Array.from({ length: 4000 }, (_, at) => ({
      id: at,
      file_name: `${at}.jpg`,
      width: 1200,
      height: 900,
    }));
    for (const { id } of images.slice(1))
      await link(join(source, 'more', '0.jpg'), join(source, 'more', `${id}.jpg`));
    const text = JSON.stringify({ images, annotations: [], categories: [{ id: 1, name: 'cat' }] });
    await writeFile(join(source, 'annotations', 'instances_val.json'), text);

    const page = await opened(folder.path, source, '4,006 pictures');
    await choose(page, 'Faults');
    await page.getByRole('checkbox', { name: 'Also pictures that look alike in several splits' }).check();
    const looking = page.getByText('Looking through every picture and annotation');
    await looking.waitFor();
    await page.waitForTimeout(1000);
    const started = Date.now();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByText('Cancelled.', { exact: true }).waitFor();
    expect(Date.now() - started).toBeLessThan(3000);
    await expectAccessible(page, 'a look for faults that was cancelled');
    await page.getByRole('button', { name: 'Look again' }).click();
    await looking.waitFor();

    await step(page, 'Shape').click();
    await addChange(page, 'remove_duplicates');
    await page.getByRole('checkbox', { name: /^Near/ }).check();
    await page.waitForTimeout(1000);
    await theSet(page).getByRole('button', { name: 'Cancel', exact: true }).click();
    await page.getByText('The changes were not made. Cancelled.').waitFor();
    await page.getByRole('button', { name: 'Make them again' }).click();
    await theSet(page).getByRole('button', { name: 'Cancel', exact: true }).waitFor();
    await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
    await page.getByRole('button', { name: 'Undo', exact: true }).first().click();
    await theSet(page).getByRole('button', { name: 'Cancel', exact: true }).waitFor({ state: 'hidden' });
    await step(page, 'Look').click();

    await choose(page, 'Figures');
    await page.getByText(/on 4,006 pictures/).waitFor();
    const idle = await cpuOf(engineChild(web?.server.pid ?? 0), 2000);
    expect(idle, 'milliseconds of the processor in two seconds').toBeLessThan(1500);
  });
});

/** Milliseconds that a process takes of the processor in so many. Linux only, as are the browsers that are tested here. */
async function cpuOf(pid: number, milliseconds: number): Promise<number> {
  const used = async (): Promise<number> => {
    const fields = (await readFile(`/proc/${pid}/stat`, 'utf8')).replace(/^.*\) /, '').split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  };
  const before = await used();
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  return (await used()) - before;
}

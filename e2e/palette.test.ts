import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import {
  choose,
  dropFiles,
  expectAccessible,
  makePictures,
  nameOnServer,
  noBrowser,
  openWeb,
  temporaryFolder,
} from './support.ts';

async function open(folder: string): Promise<Page> {
  const web = await openWeb(join(folder, 'data'), [folder]);
  const page = await web.browser.newPage({ viewport: { width: 1280, height: 800 } });
  await page.goto(web.address);
  await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
  return page;
}

const palette = (page: Page) => page.getByRole('dialog', { name: 'Commands' });
const entry = (page: Page, name: string | RegExp) => palette(page).getByRole('option', { name });

/** Types into the palette and takes the first that fits. */
async function perform(page: Page, typed: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await palette(page).waitFor();
  await page.keyboard.type(typed);
  await page.keyboard.press('Enter');
  await palette(page).waitFor({ state: 'hidden' });
}

describe.skipIf(noBrowser !== '')(`the palette${noBrowser && ` (${noBrowser})`}`, () => {
  test('has what can be done now, says why something can’t, and does it', async () => {
    await using folder = await temporaryFolder();
    const page = await open(folder.path);
    await page.keyboard.press('Control+k');
    await entry(page, /^Upscale what is ready No picture is ready/).waitFor();
    expect(await entry(page, /^Upscale what is ready/).getAttribute('aria-disabled')).toBe('true');
    await page.keyboard.press('Escape');

    await dropFiles(page, await makePictures(join(folder.path, 'pictures'), 2));
    await page.getByRole('option').nth(1).waitFor();
    await page.keyboard.press('Control+k');
    await entry(page, 'Compare ways: picture-01.png').waitFor();
    await entry(page, /^Pause Nothing is in work/).waitFor();
    expect(await entry(page, /Download all/).count()).toBe(0);
    await expectAccessible(page, 'the palette with pictures');
    await page.keyboard.press('Escape');

    await perform(page, 'scale x2');
    await page.getByText('120 × 90 → 240 × 180').first().waitFor();
    await perform(page, 'format webp');
    expect(await page.getByRole('combobox', { name: 'Format' }).inputValue()).toBe('webp');
    await perform(page, 'upscale 2');
    await page.getByText('2 pictures done').waitFor({ timeout: 60_000 });
    await page.keyboard.press('Control+k');
    await entry(page, 'Download all 2 results as a ZIP').waitFor();
    await page.keyboard.press('Escape');
    await perform(page, 'side by');
    expect(await page.getByRole('radio', { name: 'Side by side' }).isChecked()).toBe(true);
    await perform(page, 'one to one');
    expect(await page.getByLabel('Zoom').textContent()).toBe('100 %');
    await perform(page, 'clear done');
    await page.getByRole('heading', { name: 'Drop pictures or folders here' }).waitFor();
  }, 90_000);

  test('leads to fields, recent files and keys, and to what other places can do', async () => {
    await using folder = await temporaryFolder();
    const page = await open(folder.path);
    await perform(page, 'threads');
    await expect
      .poll(() =>
        page
          .getByRole('spinbutton', { name: /Threads/ })
          .evaluate((field) => field === document.activeElement),
      )
      .toBe(true);
    await dropFiles(page, await makePictures(join(folder.path, 'pictures'), 1));
    await page.getByRole('option', { name: /^picture-01/ }).waitFor();
    await perform(page, 'measure models');
    await page.getByRole('heading', { name: 'Measure models' }).waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('picture-01');
    await palette(page).getByRole('group', { name: 'Recent files' }).getByRole('option').first().click();
    await expect.poll(() => page.getByRole('listbox', { name: 'Queue' }).getByRole('option').count()).toBe(2);
    await page.keyboard.press('Control+/');
    const help = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await help.getByText('Ctrl+Shift+O').waitFor();
    await expectAccessible(page, 'the keys');
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'hidden' });
    await page.keyboard.press('Control+6');
    await page.getByRole('heading', { name: 'Activity', level: 1 }).waitFor();
  }, 60_000);
});

describe.skipIf(noBrowser !== '')(`the palette of a dataset${noBrowser && ` (${noBrowser})`}`, () => {
  test('has each change, those to take out, and recipes', async () => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'set');
    for (const name of ['cat', 'dog']) await makePictures(join(set, 'train', name), 3);
    const page = await open(folder.path);
    await perform(page, 'open a dataset');
    await nameOnServer(page, set);
    await page.getByText('6 pictures', { exact: true }).waitFor();

    // Found by another name of it; its first field takes the focus.
    await perform(page, 'change rename_labels');
    const card = page.getByRole('listitem').filter({ hasText: 'Remap labels' });
    await card.waitFor();
    const labels = card.getByRole('textbox', { name: /^Labels/ });
    await expect.poll(() => labels.evaluate((field) => field === document.activeElement)).toBe(true);
    await card.getByRole('textbox', { name: 'New name of cat' }).fill('lynx');
    await page.keyboard.press('Enter');
    await card.getByRole('checkbox', { name: 'Delete dog' }).check();
    await expect.poll(() => labels.inputValue()).toBe('cat = lynx, dog = ');
    await expectAccessible(page, 'classes to rename');
    await perform(page, 'change label random');
    const sampler = page.getByRole('listitem').filter({ hasText: 'Label random sampler' });
    await sampler.getByRole('spinbutton', { name: 'How many of cat' }).fill('2');
    await page.keyboard.press('Enter');
    await expect.poll(() => sampler.getByRole('textbox', { name: /^Labels/ }).inputValue()).toBe('cat = 2');
    expect(await page.getByRole('alert').count()).toBe(0);
    await perform(page, 'take out change 1');
    await expect.poll(() => card.count()).toBe(0);
    await perform(page, 'undo the last change');
    await card.waitFor();

    const download = page.waitForEvent('download');
    await perform(page, 'save the changes');
    const recipe = join(folder.path, 'set.recipe.yaml');
    await (await download).saveAs(recipe);
    await perform(page, 'take out change 2');
    await expect.poll(() => sampler.count()).toBe(0);
    const asked = page.waitForEvent('filechooser');
    await perform(page, 'open a recipe');
    await (await asked).setFiles(recipe);
    await sampler.waitFor();
    await page.getByRole('button', { name: 'All changes' }).click();
    await expectAccessible(page, 'all changes');
  }, 60_000);
});

describe.skipIf(noBrowser !== '')(`a page that is loaded again${noBrowser && ` (${noBrowser})`}`, () => {
  test('shows the place, the selection and what was looked for as before', async () => {
    await using folder = await temporaryFolder();
    const page = await open(folder.path);
    await dropFiles(page, await makePictures(join(folder.path, 'pictures'), 3));
    await page.getByRole('option', { name: /^picture-02/ }).click();
    await page.getByRole('option', { name: /^picture-03/ }).click({ modifiers: ['Control'] });
    await page.reload();
    await page.getByRole('region', { name: 'View of picture-03.png' }).waitFor();
    const chosen = page.getByRole('listbox', { name: 'Queue' }).getByRole('option', { selected: true });
    expect(await chosen.count()).toBe(2);

    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    await page.getByRole('searchbox', { name: 'Find by name' }).fill('holiday');
    await page.reload();
    await page.getByText('Nothing of that name was finished.').waitFor();
    expect(await page.getByRole('searchbox', { name: 'Find by name' }).inputValue()).toBe('holiday');

    await page.getByRole('button', { name: 'Compression', exact: true }).click();
    await choose(page, 'Configure');
    await page.getByText('BERT-base, SST-2').click();
    await page.getByText('Matches 48 layers').waitFor();
    const end = page.getByLabel('Warm-up ends at epoch');
    await end.fill('0.5');
    await page.getByText('Warm-up ends at 0.5, but begins at 1.').first().waitFor();
    await page.reload();
    await page.getByText('Warm-up ends at 0.5, but begins at 1.').first().waitFor();
    expect(await end.inputValue()).toBe('0.5');
  }, 60_000);
});

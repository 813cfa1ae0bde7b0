import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  addChange,
  choose,
  chooseFile,
  expectAccessible,
  nameOnServer,
  noBrowser,
  node,
  openWeb,
  root,
  temporaryFolder,
} from './support.ts';

/** Ten pictures of YOLO's; two have a box that reaches out of the picture. */
async function makeYolo(folder: string): Promise<void> {
  for (const path of ['images/train', 'labels/train']) await mkdir(join(folder, path), { recursive: true });
  for (let index = 0; index < 10; index += 1) {
    const colour = { r: 20 * index, g: 90, b: 160 };
    const picture = sharp({ create: { width: 64, height: 48, channels: 3, background: colour } });
    await writeFile(join(folder, 'images/train', `${index}.png`), await picture.png().toBuffer());
    const wide = index < 2 ? 1.5 : 0.5;
    await writeFile(join(folder, 'labels/train', `${index}.txt`), `${index % 2} 0.5 0.5 ${wide} 0.5\n`);
  }
  await writeFile(
    join(folder, 'data.yaml'),
    'train: images/train\nval: images/train\nnames: ["a, b", dog]\n',
  );
}

const step = (page: Page, title: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: title });
const change = (page: Page, title: string) => page.getByRole('listitem').filter({ hasText: title });

describe.skipIf(noBrowser !== '')(`changes of a set${noBrowser && ` (${noBrowser})`}`, () => {
  test('are told, undone and done again, come from a recipe, and are what the copied command does', async () => {
    await using folder = await temporaryFolder();
    const source = join(folder.path, 'set');
    await makeYolo(source);
    const web = await openWeb(join(folder.path, 'data'), [folder.path]);
    const page = await web.browser.newPage({ viewport: { width: 1100, height: 760 } });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(web.address);
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await nameOnServer(page, source);
    await page.getByText('20 pictures', { exact: true }).waitFor();

    await choose(page, 'Faults');
    await page.getByRole('combobox', { name: 'Looked at as a set for' }).selectOption('detection');
    const outside = page.getByRole('listitem').filter({ hasText: 'A shape reaches out of its picture' });
    await outside.getByRole('button', { name: 'Show the 4 pictures' }).click();
    await page.getByText('4 pictures', { exact: true }).waitFor();
    await page.getByRole('button', { name: /^Outside picture/ }).click();
    await page.getByText('20 pictures', { exact: true }).waitFor();

    await step(page, 'Shape').click();
    await addChange(page, 'remove_labels');
    const labels = page.getByRole('textbox', { name: /^Labels/ });
    await labels.fill('"a, b", ghost');
    await labels.press('Enter');
    const told = page.getByRole('region', { name: 'What the changes tell' });
    await told.getByText('Remove labels: there is no class of this name').waitFor();
    await told.getByText('ghost', { exact: true }).waitFor();
    await expectAccessible(page, 'what the changes tell');

    await page.getByRole('button', { name: 'Clip shapes to the picture' }).click();
    await change(page, 'Clip').first().waitFor();
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('Control+z');
    await expect.poll(() => change(page, 'Clip').count()).toBe(0);
    await page.keyboard.press('Control+y');
    await change(page, 'Clip').first().waitFor();
    await page.getByRole('button', { name: 'Remove Clip' }).click();
    await page.getByText('Clip was taken out').waitFor();
    await step(page, 'Shape').focus();
    // One press takes one step back, whatever the message offers.
    await page.keyboard.press('Control+z');
    await change(page, 'Clip').first().waitFor();
    await page.keyboard.press('Control+z');
    await expect.poll(() => change(page, 'Clip').count()).toBe(0);
    await page.getByRole('button', { name: 'Redo' }).click();
    await change(page, 'Clip').first().waitFor();

    const recipe = join(folder.path, 'own.yaml');
    await writeFile(
      recipe,
      'version: 1\nmedia: none\ntransforms:\n  - name: remove_labels\n    options: { labels: ["a, b"] }\n',
    );
    await chooseFile(page, 'Open a recipe', recipe);
    await expect.poll(() => labels.inputValue()).toBe('"a, b"');
    expect(await change(page, 'Clip').count()).toBe(0);

    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^COCO, objects/ }).click();
    await page.getByRole('button', { name: /^Write/ }).click();
    await page.getByRole('button', { name: 'Copy the command' }).click();
    await page.getByText(/^Command copied/).waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    const written = join(folder.path, 'set-coco_instances');
    expect(command).toContain("--transform 'remove_labels:");
    // As a shell would run it.
    const run = command.replace(/^refinery /, `'${node}' '${join(root, 'src-main', 'cli', 'main.ts')}' `);
    execFileSync('sh', ['-c', run.replaceAll('~', process.env['HOME'] ?? '~')]);
    const name = 'annotations/instances_train.json';
    expect(await readFile(join(`${written}-2`, name), 'utf8')).toBe(
      await readFile(join(written, name), 'utf8'),
    );
  });
});

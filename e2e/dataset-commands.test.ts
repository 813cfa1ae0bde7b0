import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { choose, nameOnServer, noBrowser, node, openWeb, root, temporaryFolder } from './support.ts';

const picture = (blue: number): Promise<Buffer> =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: { r: 90, g: 90, b: blue } } })
    .png()
    .toBuffer();

/** Six pictures, two of which have a box that reaches out of them. */
async function makeCoco(folder: string, x: number): Promise<void> {
  await mkdir(join(folder, 'images', 'train'), { recursive: true });
  await mkdir(join(folder, 'annotations'));
  const ids = [1, 2, 3, 4, 5, 6];
  for (const id of ids) await writeFile(join(folder, 'images', 'train', `${id}.png`), await picture(20 * id));
  const boxOf = (id: number): number[] => [id < 3 ? 50 : x, 5, 20, 10];
  const text = JSON.stringify({
    images: ids.map((id) => ({ id, file_name: `${id}.png`, width: 64, height: 48 })),
    annotations: ids.map((id) => ({
      id,
      image_id: id,
      category_id: 1 + (id % 2),
      bbox: boxOf(id),
      area: 200,
    })),
    categories: ['a cat', 'dog'].map((name, at) => ({ id: at + 1, name })),
  });
  await writeFile(join(folder, 'annotations', 'instances_train.json'), text);
}

/** The same pictures in another format, boxes of one class. */
async function makeYolo(folder: string): Promise<void> {
  for (const path of ['images/train', 'labels/train']) await mkdir(join(folder, path), { recursive: true });
  for (const id of [1, 2, 3, 4, 5, 6]) {
    await writeFile(join(folder, 'images/train', `${id}.png`), await picture(20 * id));
    await writeFile(join(folder, 'labels/train', `${id}.txt`), '0 0.5 0.5 0.2 0.2\n');
  }
  await writeFile(join(folder, 'data.yaml'), 'train: images/train\nval: images/train\nnames: [lynx]\n');
}

const step = (page: Page, title: string) =>
  page.getByRole('navigation', { name: 'Steps' }).getByRole('button', { name: title });
const theSet = (page: Page): Locator => page.getByRole('complementary', { name: 'The set' });

/** What a button copies. */
async function copied(page: Page, name: string | RegExp = 'Copy the command'): Promise<string> {
  await page.evaluate(() => navigator.clipboard.writeText(''));
  await page.getByRole('button', { name, exact: true }).first().click();
  const read = (): Promise<string> => page.evaluate(() => navigator.clipboard.readText());
  await expect.poll(read).toMatch(/^refinery /);
  return read();
}

/** What a command says in JSON, run as a shell would. */
function said(command: string): Record<string, never> {
  const run = command.replace(/^refinery /, `'${node}' '${join(root, 'src-main', 'cli', 'main.ts')}' `);
  const { stdout, stderr } = spawnSync('sh', ['-c', `${run} --json`], { encoding: 'utf8' });
  expect(stdout, `${command}: ${stderr}`).not.toBe('');
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, never>;
}

describe.skipIf(noBrowser !== '')(`the command of a screen${noBrowser && ` (${noBrowser})`}`, () => {
  test('gives what the screen shows: of a set with changes, merged with another, compared with a third', async () => {
    await using folder = await temporaryFolder();
    const at = (name: string): string => join(folder.path, name);
    await makeCoco(at('it’s one'), 4);
    await makeYolo(at('two'));
    await makeCoco(at('three'), 9);
    const web = await openWeb(at('data'), [folder.path]);
    const page = await web.browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.goto(web.address);
    await page.getByRole('button', { name: 'Datasets', exact: true }).click();
    await page.getByRole('button', { name: 'Choose a folder' }).click();
    await nameOnServer(page, at('it’s one'));
    await page.getByText('6 pictures', { exact: true }).waitFor();

    await step(page, 'Source').click();
    const detected = said(await copied(page)) as unknown as { candidates: { format: string }[] };
    const formats = await page.locator('.candidate h3 .mono').allInnerTexts();
    expect(detected.candidates.map(({ format }) => format)).toEqual(formats);

    /** Figures, faults and differences, in the window and by their commands. */
    const look = async (): Promise<void> => {
      await step(page, 'Look').click();
      await choose(page, 'Figures');
      const line = await page.getByText(/annotations? on \d+ pictures?: /).textContent();
      const stats = said(await copied(page)) as unknown as { items: number; annotations: number };
      expect(line).toContain(`${stats.annotations} annotations on ${stats.items} picture`);

      await choose(page, 'Faults');
      await page.getByRole('combobox', { name: 'Looked at as a set for' }).selectOption('detection');
      await page.getByText(/Looked at as a set for detection|Nothing is wrong/).waitFor();
      const seen = await page.locator('.findings .candidate h3').allInnerTexts();
      const command = await copied(page);
      expect(command).toContain('--task detection');
      const found = said(command) as unknown as { findings: { title: string; count: number }[] };
      expect(seen.map((title) => title.split('\n').at(-1)?.trim())).toEqual(
        found.findings.map(({ title }) => title),
      );

      await choose(page, 'Compare');
      const result = page.getByRole('table', { name: 'Pictures' });
      await result.waitFor();
      const diff = said(await copied(page)) as unknown as {
        items: Record<string, number>;
        labels: { gone: string[]; added: string[] };
      };
      const { same, changed, gone } = diff.items;
      await result.getByRole('row', { name: `With the same annotations ${same}` }).waitFor();
      if (changed)
        await result.getByRole('row', { name: new RegExp(`annotations.* ${changed} Show`) }).waitFor();
      const classes = page.getByRole('region', { name: 'Besides' }).getByText(diff.labels.gone.join(', '));
      if (diff.labels.gone.length > 0) await classes.waitFor();
      if (gone) await result.getByRole('row', { name: new RegExp(`Not in three.* ${gone} Show`) }).waitFor();
    };

    await step(page, 'Look').click();
    await choose(page, 'Compare');
    await page.getByRole('button', { name: 'Choose a set to compare with' }).click();
    await nameOnServer(page, at('three'));
    await look();

    await step(page, 'Shape').click();
    await page.getByRole('button', { name: 'Clip shapes to the picture' }).click();
    await theSet(page).getByText('train', { exact: true }).waitFor();
    await step(page, 'Look').click();
    await choose(page, 'Pictures');
    await page.getByRole('option', { name: /^1, 1 annotation/ }).waitFor();
    await look();

    await step(page, 'Source').click();
    await page.getByRole('button', { name: 'Choose a set' }).click();
    await nameOnServer(page, at('two'));
    await page.getByRole('heading', { name: '2 sets are merged' }).waitFor();
    await theSet(page).getByText('lynx').waitFor();
    await look();

    await step(page, 'Target').click();
    await page.getByRole('button', { name: /^YOLO \(Ultralytics\), boxes/ }).click();
    await page.getByRole('textbox', { name: 'Name' }).fill('by hand');
    const command = await copied(page);
    expect(said(command)).toMatchObject({ event: 'done', check: 'passed' });
    await page.getByRole('textbox', { name: 'Name' }).fill('by the window');
    await page.getByRole('button', { name: /^Write/ }).click();
    await page.getByRole('heading', { name: 'Written, read back, and all there' }).waitFor();
    const labels = (name: string) => readFile(join(at(name), 'labels', 'train', '1.txt'), 'utf8');
    expect(await labels('by the window')).toBe(await labels('by hand'));

    const check = said(await copied(page, 'Copy the check’s command')) as unknown as {
      trains: boolean;
    };
    await page.getByRole('heading', { name: 'Ultralytics would train with it', exact: true }).waitFor();
    expect(check.trains).toBe(true);
  });
});

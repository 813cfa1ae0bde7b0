import { execFileSync } from 'node:child_process';
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  choose,
  expectAccessible,
  nameOnServer,
  noBrowser,
  node,
  openWeb,
  root,
  temporaryFolder,
  type WebMode,
} from './support.ts';

/** Of the test that runs. */
let web: WebMode | undefined;

const fixtures = join(root, 'src-main', 'engine', 'detection', 'fixtures');

async function open(data: string, allowed: readonly string[]): Promise<Page> {
  web = await openWeb(data, allowed);
  const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
  await page.goto(web.address);
  await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
  await page.getByRole('button', { name: 'Detectors', exact: true }).click();
  return page;
}

/** A set for Ultralytics: one picture, one box, trained and measured on. */
async function makeSet(folder: string): Promise<void> {
  for (const part of ['images', 'labels']) await mkdir(join(folder, part, 'train'), { recursive: true });
  await cp(join(fixtures, 'squares.png'), join(folder, 'images', 'train', 'one.png'));
  await writeFile(join(folder, 'labels', 'train', 'one.txt'), '0 0.5 0.5 0.25 0.25\n');
  await writeFile(
    join(folder, 'data.yaml'),
    `path: ${folder}\ntrain: images/train\nval: images/train\nnames:\n  0: red\n`,
  );
}

/**
 * A program in the place of Python with Ultralytics, which takes gigabytes: it tells epochs as the training script
 * does, with a pause before each.
 */
async function makePython(folder: string, milliseconds: number): Promise<void> {
  const program = `#!${process.execPath}
const { mkdirSync, writeFileSync } = require('node:fs');
const tell = (value) => console.log(JSON.stringify(value));
if (process.argv[2] === '-c') tell({ python: __filename, ultralytics: '8.4.0', openvino: '2026.4.0' });
else {
  const wanted = JSON.parse(process.argv.at(-1));
  const [first, last] = wanted.resume ? [3, 6] : [1, 6];
  tell({ event: 'start', epochs: 6, folder: ${JSON.stringify(folder)} });
  let epoch = first;
  const timer = setInterval(() => {
    if (epoch > last) {
      clearInterval(timer);
      tell({ event: 'trained', best: 'best.pt', last: 'last.pt' });
      tell({ event: 'exported', folder: ${JSON.stringify(join(fixtures, 'squares_openvino_model'))} });
    } else {
      mkdirSync(${JSON.stringify(join(folder, 'weights'))}, { recursive: true });
      for (const name of ['best', 'last']) writeFileSync(${JSON.stringify(join(folder, 'weights'))} + '/' + name + '.pt', '');
      console.log('epoch ' + epoch + ' of a program that is no Ultralytics');
      tell({ event: 'epoch', epoch, values: { 'train/box_loss': 1 / epoch, 'metrics/mAP50-95(B)': epoch / 10 } });
      epoch += 1;
    }
  }, ${milliseconds});
}
`;
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'bin', 'python'), program);
  await chmod(join(folder, 'bin', 'python'), 0o755);
}

describe.skipIf(noBrowser !== '')(`detectors in the window${noBrowser && ` (${noBrowser})`}`, () => {
  test('an exported detector finds objects in pictures, and is measured on a set', async () => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'sets', 'squares');
    await makeSet(set);
    await sharp({ create: { width: 64, height: 64, channels: 3, background: '#101010' } })
      .png()
      .toFile(join(set, 'images', 'train', 'two.png'));
    const page = await open(join(folder.path, 'data'), [fixtures, join(folder.path, 'sets')]);
    await expectAccessible(page, 'detectors, without one');
    await page.getByRole('button', { name: 'Choose its folder' }).click();
    await nameOnServer(page, join(fixtures, 'squares_openvino_model'));
    await page.getByRole('heading', { name: 'squares_openvino_model' }).waitFor();
    await page.getByRole('button', { name: 'From the server' }).click();
    await nameOnServer(page, join(set, 'images', 'train'));
    const found = page.getByRole('region', { name: 'Found' });
    await found.getByText(/^[1-9]\d* objects? in \d+ ms$/).waitFor();
    await expectAccessible(page, 'a picture with what was found in it');
    // Computed in another way, it is looked for anew, and found.
    await page.getByRole('combobox', { name: 'Precision' }).selectOption('auto');
    await found.getByText('Looking').or(found.getByText(/ms$/)).first().waitFor();
    await found.getByText(/^[1-9]\d* objects? in \d+ ms$/).waitFor();
    // More than the detector is ever sure of: nothing is left, without another inference.
    await page.getByRole('slider', { name: /sure$/ }).fill('0.95');
    await found.getByText(/^\d+ objects? in/).waitFor();
    // Arrows go through the pictures.
    await page
      .getByRole('navigation', { name: 'Pictures' })
      .getByRole('button', { name: 'one.png', exact: true })
      .click();
    await page.keyboard.press('ArrowDown');
    await expect
      .poll(() =>
        page.getByRole('navigation', { name: 'Pictures' }).locator('[aria-current="true"]').textContent(),
      )
      .toBe('two.png');

    await page.getByRole('button', { name: 'Choose a dataset' }).click();
    await nameOnServer(page, set);
    await page.getByRole('textbox', { name: 'Subset' }).fill('train');
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    const map = await page.getByRole('row', { name: /^mAP 50-95/ }).textContent();
    await expectAccessible(page, 'a detector that was measured');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the command' }).click();
    await page.getByText('Command copied').waitFor();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    // As a shell would run it.
    const program = `'${node}' '${join(root, 'src-main', 'cli', 'main.ts')}' `;
    const run = `${command.replace(/^refinery /, program)} --json`;
    const measured = JSON.parse(execFileSync('sh', ['-c', run], { encoding: 'utf8' })) as {
      evaluation: { map: number };
    };
    expect(map).toContain(measured.evaluation.map.toFixed(3));
  });

  test('turned boxes are drawn, and whole pictures are told and measured', async () => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'sets', 'colours', 'val');
    for (const name of ['red', 'blue']) {
      await mkdir(join(set, name), { recursive: true });
      const picture = sharp({ create: { width: 60, height: 40, channels: 3, background: name } });
      await picture.png().toFile(join(set, name, 'one.png'));
    }
    const page = await open(join(folder.path, 'data'), [fixtures, join(folder.path, 'sets')]);
    await page.getByRole('button', { name: 'Choose its folder' }).click();
    await nameOnServer(page, join(fixtures, 'turned_openvino_model'));
    await page.getByRole('heading', { name: 'turned_openvino_model' }).waitFor();
    await page.getByRole('button', { name: 'From the server' }).click();
    await nameOnServer(page, join(fixtures, 'squares.png'));
    const found = page.getByRole('region', { name: 'Found' });
    await found.getByText(/^[1-9]\d* objects? in \d+ ms$/).waitFor();
    await page.getByRole('button', { name: 'Another detector' }).click();
    await nameOnServer(page, join(fixtures, 'colours_openvino_model'));
    await found.getByText(/^(red|green field|blue) in \d+ ms$/).waitFor();
    expect(await found.getByRole('listitem').count()).toBe(3);
    await expectAccessible(page, 'what a whole picture is');
    await page.getByRole('button', { name: 'Choose a dataset' }).click();
    await nameOnServer(page, join(folder.path, 'sets', 'colours'));
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    await page.getByRole('row', { name: 'The likeliest class is right 1.000' }).waitFor();
  });

  test.each([
    ['outlined', 'Outlines', 'names: [red, blue]', '0 0.1 0.1 0.5 0.1 0.5 0.5 0.1 0.5'],
    ['posed', 'Points', 'names: [red]\nkpt_shape: [3, 3]', '0 0.3 0.3 0.4 0.4 0.2 0.2 2 0.4 0.2 2 0.3 0.4 1'],
  ])('what a model finds is drawn and measured: %s', async (name, part, description, label) => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'set');
    for (const place of ['images', 'labels']) await mkdir(join(set, place, 'val'), { recursive: true });
    await copyFile(join(fixtures, 'squares.png'), join(set, 'images', 'val', 'one.png'));
    await writeFile(join(set, 'labels', 'val', 'one.txt'), `${label}\n`);
    await writeFile(join(set, 'data.yaml'), `val: images/val\n${description}\n`);
    const page = await open(join(folder.path, 'data'), [fixtures, folder.path]);
    await page.getByRole('button', { name: 'Choose its folder' }).click();
    await nameOnServer(page, join(fixtures, `${name}_openvino_model`));
    await page.getByRole('heading', { name: `${name}_openvino_model` }).waitFor();
    await page.getByRole('button', { name: 'From the server' }).click();
    await nameOnServer(page, join(set, 'images', 'val'));
    const found = page.getByRole('region', { name: 'Found' });
    await found.getByText(/^[1-9]\d* objects? in \d+ ms$/).waitFor();
    // Something is drawn: not all of the overlay is clear.
    const drawn = (): Promise<boolean> =>
      page.locator('canvas.overlay').evaluate((canvas: HTMLCanvasElement) => {
        const { width, height } = canvas;
        const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height);
        return data.some((value) => value > 0);
      });
    await expect.poll(drawn).toBe(true);
    await page.reload();
    await expect.poll(drawn).toBe(true);
    await page.getByRole('button', { name: 'Choose a dataset' }).click();
    await nameOnServer(page, set);
    await page.getByRole('button', { name: 'Measure', exact: true }).click();
    await page.getByRole('columnheader', { name: part }).first().waitFor();
    expect(
      await page
        .getByRole('row', { name: /^mAP 50-95/ })
        .getByRole('cell')
        .count(),
    ).toBe(2);
    await expectAccessible(page, `measured by ${part}`);
  });

  test('a training tells its epochs, is stopped, goes on, and hands over its export', async () => {
    await using folder = await temporaryFolder();
    const set = join(folder.path, 'squares');
    const python = join(folder.path, 'environment');
    await makeSet(set);
    await makePython(python, 1_000);
    const page = await open(join(folder.path, 'data'), [folder.path]);
    await choose(page, 'Train');
    await expectAccessible(page, 'training, without a set');
    await page.getByRole('button', { name: 'Choose a dataset' }).click();
    await nameOnServer(page, set);
    await page.getByRole('button', { name: 'Choose an environment' }).click();
    await nameOnServer(page, python);
    await page.getByText(/^Ultralytics 8\.4\.0 in/).waitFor();
    await expectAccessible(page, 'what is asked before a training');
    await page.getByRole('button', { name: /^Train for/ }).click();
    await page.getByText(/Epoch [2-4] of 6/).waitFor();
    await page.getByRole('button', { name: 'Stop', exact: true }).click();
    await page.getByRole('heading', { name: 'The training was stopped' }).waitFor();
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.getByRole('heading', { name: 'Trained with squares' }).waitFor();
    await page.getByText(/best mAP 50-95 0\.600 in epoch 6/).waitFor();
    await expectAccessible(page, 'a training that is done');
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('heading', { name: 'squares_openvino_model' }).waitFor();
  });

  test('a training that is cut off by the end of Refinery is listed with what remains, and goes on', async () => {
    await using folder = await temporaryFolder();
    const data = join(folder.path, 'data');
    const set = join(folder.path, 'squares');
    const python = join(folder.path, 'environment');
    await makeSet(set);
    await makePython(python, 1_000);
    const page = await open(data, [folder.path]);
    await choose(page, 'Train');
    await page.getByRole('button', { name: 'Choose a dataset' }).click();
    await nameOnServer(page, set);
    await page.getByRole('button', { name: 'Choose an environment' }).click();
    await nameOnServer(page, python);
    await page.getByRole('button', { name: /^Train for/ }).click();
    await page.getByText(/Epoch [2-4] of 6/).waitFor();
    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    const trainings = (on: Page) => on.getByRole('region', { name: 'Trainings' });
    await trainings(page).getByText('Running').waitFor();
    await web?.close();

    const again = await open(data, [folder.path]);
    await again.getByRole('button', { name: 'Activity', exact: true }).click();
    await trainings(again).getByText('Cut off').waitFor();
    await trainings(again)
      .getByText(/^Weights so far: best.pt in .*weights$/)
      .waitFor();
    await trainings(again)
      .getByText(/[1-3] of 6 epochs, best mAP 50-95 0\.[1-3]00/)
      .waitFor();
    await expectAccessible(again, 'a training that was cut off');
    await again.getByRole('button', { name: 'squares', exact: true }).click();
    await again.getByRole('heading', { name: 'The training with squares was cut off' }).waitFor();
    await again.getByRole('button', { name: 'Activity', exact: true }).click();
    await again.getByRole('button', { name: 'Go on: squares' }).click();
    await trainings(again).getByText('Done').waitFor({ timeout: 20_000 });
    await again.getByRole('button', { name: 'Take squares off the list' }).click();
    await trainings(again).waitFor({ state: 'hidden' });
  }, 60_000);
});

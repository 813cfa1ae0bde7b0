import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { fromBufferPromise } from 'yauzl';
import {
  choose,
  expectAccessible,
  makePictures,
  noBrowser,
  node,
  openWeb,
  pasteSample,
  results,
  root,
  sample,
  temporaryFolder,
  type WebMode,
} from './support.ts';

async function openPage(web: WebMode): Promise<Page> {
  const page = await web.browser.newPage({ viewport: { width: 1024, height: 700 } });
  await page.goto(web.address);
  await page.getByRole('status', { name: 'Engine' }).getByText('Engine ready').waitFor();
  return page;
}

/** A request as a program would make it, with any headers. */
function ask(
  address: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; cookie: string }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(address, { method, headers }, (response) => {
      response.resume();
      resolve({
        status: response.statusCode ?? 0,
        cookie: response.headers['set-cookie']?.[0]?.split(';')[0] ?? '',
      });
    });
    request.once('error', reject);
    request.end();
  });
}

function connects(address: string, headers: Record<string, string>): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new WebSocket(address, { headers });
    socket.once('open', () => {
      socket.terminate();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

const upscaleButton = (page: Page) => page.getByRole('button', { name: /^Upscale \d+ picture/ });
const options = (page: Page) => page.getByRole('listbox', { name: 'Queue' }).getByRole('option');

describe.skipIf(noBrowser !== '')(`web mode${noBrowser && ` (${noBrowser})`}`, () => {
  test('uploads, upscales and gives the result back', async () => {
    await using folder = await temporaryFolder();
    const page = await openPage(await openWeb(folder.path));
    await expectAccessible(page, 'the first page in a browser');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add pictures' }).click(),
    ]);
    await chooser.setFiles(sample);
    await upscaleButton(page).click();
    await page.getByRole('region', { name: 'Result' }).waitFor({ timeout: 60_000 });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('chelsea_x4.jpg');
    const { width, height, format } = await sharp(await readFile(await download.path())).metadata();
    expect([width, height, format]).toEqual([1804, 1200, 'jpeg']);
    await expectAccessible(page, 'a result in a browser');

    await page.getByRole('listbox').getByRole('option').click();
    await page.keyboard.press('Delete');
    await page.getByText('Removed from the list').waitFor();
    await page.getByRole('button', { name: 'Activity', exact: true }).click();
    await page.getByRole('button', { name: 'Take chelsea.jpg off the history' }).click();
    await page.getByText('Nothing was finished yet.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).last().click();
    await page.getByRole('button', { name: 'chelsea.jpg', exact: true }).click();
    await page.getByText('chelsea.jpg is on the list again.').waitFor();
    await page.getByText('Receipt: ').waitFor();
    for (const place of ['Models', 'Activity', 'Settings']) {
      await page.getByRole('button', { name: place, exact: true }).click();
      await page.getByRole('heading', { name: place, level: 1 }).waitFor();
      await expectAccessible(page, place);
    }
    await page.keyboard.press('Control+k');
    await expectAccessible(page, 'the palette');
    await page.keyboard.type('dark');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate(() => document.documentElement.dataset['theme'])).toBe('dark');
    await expectAccessible(page, 'the dark theme');
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test('gives several results back as one file, with a word on those that are gone', async () => {
    await using folder = await temporaryFolder();
    const paths = await makePictures(folder.path, 3);
    const page = await openPage(await openWeb(folder.path));
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: 'Add pictures' }).click(),
    ]);
    await chooser.setFiles(paths);
    await upscaleButton(page).click();
    const [batch] = await readdir(join(folder.path, 'uploads'));
    const uploads = join(folder.path, 'uploads', batch!);
    await expect.poll(() => results(uploads).length, { timeout: 60_000 }).toBe(3);
    await page
      .getByText(/^Done in/)
      .first()
      .waitFor();
    await rm(join(uploads, results(uploads)[0]!));
    await options(page).first().click();
    await page.keyboard.press('Control+a');
    await options(page).first().click({ button: 'right' });
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('menuitem', { name: 'Download 3 results' }).click(),
    ]);
    expect(download.suggestedFilename()).toBe('results.zip');
    const zip = await fromBufferPromise(await readFile(await download.path()));
    const names: string[] = [];
    for await (const entry of zip.eachEntry()) names.push(entry.fileName);
    expect(names).toHaveLength(3);
    expect(names.at(-1)).toBe('missing.txt');

    // One that was taken off, and is known to nobody any more, has its name all the same.
    const missing = await page.evaluate(async () => {
      const body = JSON.stringify([{ id: crypto.randomUUID(), name: 'holiday_x4.jpg' }]);
      const { id } = await (await fetch('/bundle', { method: 'POST', body })).json();
      return [...new Uint8Array(await (await fetch(`/bundle/${id}`)).arrayBuffer())];
    });
    const words = await fromBufferPromise(Buffer.from(missing));
    for await (const entry of words.eachEntry())
      expect(await text(await words.openReadStreamPromise(entry))).toContain(
        'holiday_x4.jpg: This job is no longer on the list.',
      );
  });

  test('takes server paths below the allowed folder, and no others', async () => {
    await using folder = await temporaryFolder();
    const allowed = join(folder.path, 'allowed');
    const secret = join(folder.path, 'secret');
    await makePictures(allowed, 2);
    await makePictures(secret, 1);
    const page = await openPage(await openWeb(join(folder.path, 'data'), [allowed]));
    const name = async (path: string): Promise<void> => {
      await page.getByRole('button', { name: 'From the server' }).click();
      await expectAccessible(page, 'a path of the server');
      await page.getByRole('textbox', { name: 'File or folder' }).fill(path);
      await page.getByRole('button', { name: 'Add', exact: true }).click();
    };
    await name(join(allowed, '..', 'secret', 'picture-01.png'));
    await page.getByText(/allow/i).first().waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('listbox', { name: 'Queue' }).count()).toBe(0);
    await name(allowed);
    await upscaleButton(page).waitFor();
    expect(await options(page).count()).toBe(2);
    await upscaleButton(page).click();
    await page.getByText('2 pictures done').waitFor({ timeout: 60_000 });
    expect(results(allowed)).toEqual(['picture-01_x4.png', 'picture-02_x4.png']);
  });

  test('serves nobody without the token, under another name, or from another page', async () => {
    await using folder = await temporaryFolder();
    const { address } = await openWeb(folder.path);
    const { origin, host, search } = new URL(address);
    expect((await ask(`${origin}/`, {})).status).toBe(401);
    expect((await ask(`${origin}/?token=${'a'.repeat(43)}`, {})).status).toBe(401);
    expect((await ask(`${origin}/${search}`, { host: 'evil.example' })).status).toBe(403);
    const { status, cookie } = await ask(`${origin}/${search}`, {});
    expect(status).toBe(303);
    expect((await ask(`${origin}/`, { cookie })).status).toBe(200);
    expect((await ask(`${origin}/..%2f..%2fpackage.json`, { cookie })).status).toBe(404);
    expect((await ask(`${origin}/media/x/input`, { cookie })).status).toBeGreaterThanOrEqual(400);
    expect(
      (await ask(`${origin}/upload?name=a.png`, { cookie, origin: 'http://evil.example' }, 'POST')).status,
    ).toBe(403);
    expect((await ask(`${origin}/upload?name=a.png`, { cookie }, 'POST')).status).toBe(403);
    expect((await ask(`${origin}/`, { cookie }, 'DELETE')).status).toBe(405);
    for (const [path, expected] of [
      ['assets', 404],
      ['%', 400],
      ['a%00b', 400],
      ['media/%/input', 400],
    ] as const)
      expect([path, (await ask(`${origin}/${path}`, { cookie })).status]).toEqual([path, expected]);
    for (const name of ['a%00.png', 'a'.repeat(300), '.hidden', '']) {
      const sent = await ask(`${origin}/upload?name=${name}`, { cookie, origin }, 'POST');
      expect([name, sent.status]).toEqual([name, 400]);
    }
    const socket = `ws://${host}/socket`;
    expect(await connects(socket, { origin })).toBe(false);
    expect(await connects(socket, { cookie, origin: 'http://evil.example' })).toBe(false);
    expect(await connects(socket, { cookie })).toBe(false);
    expect(await connects(socket, { cookie, origin })).toBe(true);
  });

  test('5,000 pictures make a list of which only what is seen is drawn', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    await mkdir(pictures);
    const tiny = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#808080' } })
      .png()
      .toBuffer();
    const names = Array.from({ length: 5_000 }, (_, index) => `tiny ${String(index).padStart(4, '0')}.png`);
    await Promise.all(names.map((name) => writeFile(join(pictures, name), tiny)));
    const page = await openPage(await openWeb(join(folder.path, 'data'), [pictures]));
    await page.getByRole('button', { name: 'From the server' }).click();
    await page.getByRole('textbox', { name: 'File or folder' }).fill(pictures);
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Upscale 5,000 pictures' }).waitFor({ timeout: 60_000 });
    expect(await options(page).count()).toBeLessThan(60);
    await page.getByRole('listbox', { name: 'Queue' }).focus();
    await page.keyboard.press('End');
    await page.getByRole('option', { name: /^tiny 4999.png/ }).waitFor();
    expect(await options(page).last().getAttribute('aria-posinset')).toBe('5000');
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Drop pictures or folders here' }).waitFor();
  });

  test('takes a pasted picture, and keeps choices under a name', async () => {
    await using folder = await temporaryFolder();
    const page = await openPage(await openWeb(folder.path));
    await pasteSample(page, 'pasted.jpg');
    await page.getByRole('option', { name: /^pasted.jpg, 451 × 300 to 1804 × 1200/ }).waitFor();
    await choose(page, 'x3');
    await page.getByRole('button', { name: 'Presets' }).click();
    await expectAccessible(page, 'a menu');
    await page.getByRole('menuitem', { name: 'Save these choices' }).click();
    await expectAccessible(page, 'saving a preset');
    await page.getByRole('textbox', { name: 'Name', exact: true }).last().fill('Three times');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await choose(page, 'x2');
    await page.getByRole('button', { name: 'Presets' }).click();
    await page.getByRole('menuitem', { name: /Three times/ }).click();
    await page.getByRole('option', { name: /to 1353 × 900/ }).waitFor();
    expect(await page.getByRole('radio', { name: 'x3' }).isChecked()).toBe(true);
    await page.reload();
    await page.getByRole('button', { name: 'Three times' }).waitFor();
  });

  test('makes a picture in several ways, and shows the results beside each other', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    await makePictures(pictures, 1);
    const page = await openPage(await openWeb(join(folder.path, 'data'), [pictures]));
    await page.getByRole('button', { name: 'From the server' }).click();
    await page.getByRole('textbox', { name: 'File or folder' }).fill(pictures);
    await page.keyboard.press('Enter');
    await options(page).first().click({ button: 'right' });
    await page.getByRole('menuitem', { name: 'Compare ways' }).click();
    await expectAccessible(page, 'the choice of ways');
    await page.getByRole('button', { name: 'Upscale 3 ways' }).click();
    const results = page.getByRole('region', { name: '3 results of picture-01.png' });
    await results.waitFor({ timeout: 60_000 });
    expect(await results.getByRole('img').count()).toBe(3);
    await expectAccessible(page, 'results beside each other');
    await page.keyboard.press('1');
    expect(await page.getByLabel('Zoom').textContent()).toBe('100 %');
    await choose(page, 'Diffusion');
    const colors = page.getByRole('checkbox', { name: 'Keep the source’s colours' });
    expect(await colors.isChecked()).toBe(true);
    await colors.uncheck();
    expect(await colors.isChecked()).toBe(false);
    await expectAccessible(page, 'choices of the embedded diffusion model');
  });

  const runs = join(root, '..', 'shared', 'jpqd', 'run');
  test.skipIf(!existsSync(runs))(
    'watches a training, and follows it as it grows (needs the recorded runs)',
    async () => {
      await using folder = await temporaryFolder();
      const training = join(folder.path, 'training');
      await cp(join(runs, 'jpqd', 'output'), training, { recursive: true });
      await chmod(training, 0o755);
      const state = join(training, 'trainer_state.json');
      const whole = await readFile(state, 'utf8');
      const page = await openPage(await openWeb(join(folder.path, 'data'), [training]));
      await page.getByRole('button', { name: 'Compression', exact: true }).click();
      await page.getByRole('button', { name: 'Choose a folder' }).click();
      await page.getByRole('textbox', { name: 'File or folder' }).fill(training);
      await page.keyboard.press('Enter');
      await page.getByText('Step 288 of 288').waitFor();
      await page.getByText(/Sparsity falls from 73.0 % to 39.3 %/).waitFor();
      await page.getByRole('cell', { name: '337 of 512' }).waitFor();
      await expectAccessible(page, 'a training');
      await rm(state, { force: true });
      await writeFile(state, whole.replace(/"max_steps": 288/, '"max_steps": 576'));
      await page.getByText('Step 288 of 576').waitFor();
    },
  );

  test.skipIf(!existsSync(runs))(
    'compares trainings, and measures their models (needs the recorded runs)',
    async () => {
      await using folder = await temporaryFolder();
      const page = await openPage(await openWeb(folder.path, [runs]));
      const name = async (...path: string[]): Promise<void> => {
        await page.getByRole('textbox', { name: 'File or folder' }).fill(join(runs, ...path));
        await page.keyboard.press('Enter');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
      };
      await page.getByRole('button', { name: 'Compression', exact: true }).click();
      await choose(page, 'Compare');
      await page.getByRole('button', { name: 'Choose a folder' }).click();
      await name('jpqd', 'output');
      await page.getByRole('button', { name: 'Add a training' }).click();
      await name('qat_only');
      await page.getByRole('heading', { name: '2 trainings' }).waitFor();
      await page.getByRole('img', { name: /^eval_accuracy against size/ }).waitFor();
      await page.getByRole('searchbox', { name: 'Find a metric' }).fill('task_loss');
      await page.getByRole('img', { name: /^task_loss over step/ }).waitFor();
      await expectAccessible(page, 'compared trainings');
      await choose(page, 'Measure');
      await page.getByRole('button', { name: 'Choose models' }).click();
      await name('dense_fp32_ir', 'openvino_model.xml');
      await page.getByRole('button', { name: /^Add models/ }).click();
      await name('jpqd', 'output', 'openvino_model.xml');
      await page.getByRole('spinbutton', { name: 'Seconds for each' }).fill('1');
      await page.getByRole('button', { name: 'Measure', exact: true }).click();
      await page.getByRole('button', { name: 'Measure again' }).waitFor({ timeout: 60_000 });
      await page.getByRole('cell', { name: '835,337' }).waitFor();
      expect(await page.getByRole('row').count()).toBe(3);
      await expectAccessible(page, 'measured models');
    },
  );

  test('a second one on the same data says so, and serves nothing', async () => {
    await using folder = await temporaryFolder();
    await openWeb(folder.path);
    const env = { ...process.env, NODE_OPTIONS: '', REFINERY_DATA_DIR: folder.path };
    const second = promisify(execFile)(node, [join(root, 'src-main', 'cli', 'main.ts'), 'serve'], { env });
    await expect(second).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('Another Refinery that is running works with the same data folder.'),
    });
  });

  test('says when its server has gone', async () => {
    await using folder = await temporaryFolder();
    const web = await openWeb(folder.path);
    const page = await openPage(web);
    web.server.kill('SIGKILL');
    await page.getByRole('status', { name: 'Engine' }).getByText('Offline').waitFor();
    await page.getByRole('alert').getByText('Refinery’s server does not answer.').waitFor();
    await expectAccessible(page, 'a page without its server');
  });
});

import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import type {} from '../src-renderer/transport/client.ts';
import {
  choose,
  type Desktop,
  dropFiles,
  expectAccessible,
  isAlive,
  leftovers,
  makePictures,
  makeTruncated,
  noWindow,
  openDesktop,
  results,
  startAgain,
  temporaryFolder,
  waitUntilIdle,
} from './support.ts';

const open = new Set<Desktop>();
afterEach(async () => {
  for (const desktop of open) await desktop.quit().catch(() => undefined);
  open.clear();
});

async function start(data: string, files: readonly string[] = []): Promise<Desktop> {
  const desktop = await openDesktop(data, files);
  open.add(desktop);
  return desktop;
}

async function quit(desktop: Desktop): Promise<void> {
  open.delete(desktop);
  await desktop.quit();
}

const upscaleButton = (page: Page) => page.getByRole('button', { name: /^Upscale \d+ picture/ });
const firstDone = (page: Page) =>
  page
    .getByRole('option', { name: /Done in/ })
    .first()
    .waitFor({ timeout: 60_000 });
const options = (page: Page) => page.getByRole('listbox', { name: 'Queue' }).getByRole('option');

describe.skipIf(noWindow !== '')(`the desktop window${noWindow && ` (${noWindow})`}`, () => {
  test('a first start upscales the sample at one click, and shows before and after', async () => {
    await using folder = await temporaryFolder();
    const { page } = await start(folder.path);
    await page.getByRole('heading', { name: 'Drop pictures or folders here' }).waitFor();
    await expectAccessible(page, 'the first page');
    await page.getByRole('button', { name: 'Upscale the sample' }).click();
    const result = page.getByRole('region', { name: 'Result' });
    await result.getByText(/^1804 × 1200, \d+ KB$/).waitFor({ timeout: 60_000 });
    expect(await result.getByText('Receipt: nothing was lost').isVisible()).toBe(true);
    await expectAccessible(page, 'a result');

    const slider = page.getByRole('slider', { name: 'Compare' });
    expect(await slider.getAttribute('aria-valuenow')).toBe('50');
    await slider.focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowRight');
    expect(await slider.getAttribute('aria-valuenow')).toBe('61');
    await page.keyboard.press('1');
    expect(await page.getByLabel('Zoom').textContent()).toBe('100 %');
    const after = page.getByRole('img', { name: 'chelsea.jpg, after' });
    expect(await after.evaluate((picture: HTMLImageElement) => picture.naturalWidth)).toBe(1804);
  });

  test('dropped files go through the queue; one that is broken fails alone and says why', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 3);
    const broken = await makeTruncated(join(pictures, 'broken.jpg'));
    const before = await readFile(files[0]!);
    const { page } = await start(folder.path);
    await dropFiles(page, [...files, broken]);
    await upscaleButton(page).waitFor();
    expect(await options(page).count()).toBe(4);
    await upscaleButton(page).click();
    await page.getByText('3 pictures done, 1 failed').waitFor({ timeout: 60_000 });
    expect(results(pictures)).toEqual(['picture-01_x4.png', 'picture-02_x4.png', 'picture-03_x4.png']);
    expect(leftovers(pictures)).toEqual([]);
    const { width, height } = await sharp(join(pictures, 'picture-01_x4.png')).metadata();
    expect([width, height]).toEqual([480, 360]);
    expect(await readFile(files[0]!)).toEqual(before);
    await options(page).filter({ hasText: 'broken.jpg' }).click();
    await page.getByText('broken.jpg ends too early').waitFor();
    await expectAccessible(page, 'a failure');
  });

  test('choices count, are kept, and may differ for one picture', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 2);
    const first = await start(folder.path, files);
    const { page } = first;
    await upscaleButton(page).waitFor();
    await choose(page, 'x2');
    await options(page).nth(1).click();
    await choose(page, 'Only this');
    await choose(page, 'x3');
    await page.getByText('120 × 90 → 360 × 270').waitFor();
    await upscaleButton(page).click();
    await page.getByText('2 pictures done').waitFor({ timeout: 60_000 });
    expect(results(pictures)).toEqual(['picture-01_x2.png', 'picture-02_x3.png']);
    await page.getByRole('button', { name: 'Settings' }).click();
    await choose(page, 'Light');
    await expectAccessible(page, 'the settings, light');
    await quit(first);

    const { page: again } = await start(folder.path);
    expect(await again.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    expect(await again.getByRole('radio', { name: 'x2' }).isChecked()).toBe(true);
    expect(await options(again).count()).toBe(2);
  });

  test('cancel stops the work, leaves no half-written file, and removing can be undone', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 8, { width: 400, height: 280 });
    const { page } = await start(folder.path, files);
    await upscaleButton(page).click();
    await page.getByRole('button', { name: 'Cancel', exact: true }).click();
    await waitUntilIdle(page);
    const done = results(pictures).length;
    expect(done).toBeLessThan(8);
    expect(leftovers(pictures)).toEqual([]);
    const listbox = page.getByRole('listbox', { name: 'Queue' });
    await listbox.focus();
    await page.keyboard.press('Control+a');
    await page.keyboard.press('Delete');
    await page.getByRole('heading', { name: 'Drop pictures or folders here' }).waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await listbox.waitFor();
    expect(await options(page).count()).toBe(8);
  });

  test('pause holds, and a window that was closed in mid-run goes on where it was', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 8, { width: 300, height: 220 });
    const first = await start(folder.path, files);
    await upscaleButton(first.page).click();
    await firstDone(first.page);
    await first.page.getByRole('button', { name: 'Pause', exact: true }).click();
    await first.page.getByText(/^Paused, /).waitFor();
    await quit(first);
    const before = results(pictures);
    expect(before.length).toBeGreaterThan(0);
    expect(before.length).toBeLessThan(8);
    expect(leftovers(pictures)).toEqual([]);

    const { page } = await start(folder.path);
    await page.getByRole('button', { name: 'Resume', exact: true }).click();
    await page.getByText('8 pictures done').waitFor({ timeout: 120_000 });
    expect(results(pictures)).toHaveLength(8);
    expect(leftovers(pictures)).toEqual([]);
  });

  test('an engine that is killed in mid-run comes back, and nothing is lost or done twice', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 8, { width: 300, height: 220 });
    const desktop = await start(folder.path, files);
    const { page } = desktop;
    await upscaleButton(page).click();
    await firstDone(page);
    const killed = desktop.enginePid();
    const outage = page.getByRole('alert').getByText('The engine stopped and is started again.');
    const said = outage.waitFor();
    process.kill(killed, 'SIGKILL');
    await said;
    await outage.waitFor({ state: 'hidden' });
    await page.getByText('8 pictures done').waitFor({ timeout: 120_000 });
    expect(desktop.enginePid()).not.toBe(killed);
    expect(results(pictures)).toHaveLength(8);
    expect(leftovers(pictures)).toEqual([]);
  });

  test('no engine outlives its window, also one that was killed', async () => {
    await using folder = await temporaryFolder();
    const desktop = await start(folder.path);
    const engine = desktop.enginePid();
    expect(isAlive(engine)).toBe(true);
    process.kill(desktop.app.process().pid ?? 0, 'SIGKILL');
    open.delete(desktop);
    await expect.poll(() => isAlive(engine), { timeout: 10_000 }).toBe(false);
  });

  test('the system sees the progress, takes the result by clipboard, and can have it dragged out', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 2, { width: 200, height: 150 });
    const { page, app } = await start(folder.path, files);
    // What the app asks of the system, noted on its way there; a screen in memory has no task bar.
    await app.evaluate(({ BrowserWindow }) => {
      const asked = { progress: [] as number[], dragged: [] as string[] };
      Object.assign(globalThis, { asked });
      const [window] = BrowserWindow.getAllWindows();
      if (!window) throw new Error('There is no window.');
      window.setProgressBar = (fraction) => void asked.progress.push(fraction);
      window.webContents.startDrag = ({ file, icon }) => {
        if (typeof icon !== 'string' && !icon.isEmpty()) asked.dragged.push(file);
      };
    });
    const asked = () =>
      app.evaluate(
        () => (globalThis as unknown as { asked: { progress: number[]; dragged: string[] } }).asked,
      );
    await upscaleButton(page).click();
    await page.getByText('2 pictures done').waitFor({ timeout: 60_000 });
    await expect.poll(async () => (await asked()).progress.at(-1)).toBe(-1);
    const { progress } = await asked();
    expect(progress.some((fraction) => fraction >= 0 && fraction <= 1)).toBe(true);

    await options(page).first().click();
    await page.getByRole('button', { name: 'Copy image' }).click();
    await expect
      .poll(() =>
        app.evaluate(({ clipboard }) => {
          // As Electron 22 has it.
          const { readImage } = clipboard as unknown as { readImage(): Electron.NativeImage };
          return readImage().getSize();
        }),
      )
      .toEqual({ width: 800, height: 600 });

    await page.evaluate(() => {
      const target = document.querySelector('[aria-label="Result"] [draggable="true"]');
      target?.dispatchEvent(new DragEvent('dragstart', { bubbles: true, dataTransfer: new DataTransfer() }));
    });
    await expect.poll(async () => (await asked()).dragged).toEqual([join(pictures, 'picture-01_x4.png')]);
  });

  test('text is copied, a double-click zooms, a deep folder fits, and a result that was deleted is missed', async () => {
    await using folder = await temporaryFolder();
    const pictures = join(folder.path, 'pictures');
    const files = await makePictures(pictures, 1);
    const { page, app } = await start(folder.path, files);
    const deep = join(folder.path, 'a-folder-with-a-long-name'.repeat(4), 'and-one-below'.repeat(4));
    await mkdir(deep, { recursive: true });
    await app.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] });
    }, deep);
    await upscaleButton(page).waitFor();
    await page.getByRole('button', { name: 'Choose', exact: true }).click();
    await page.getByText(deep, { exact: true }).waitFor();
    const panel = page.locator('.inspector-body');
    expect(await panel.evaluate(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)).toBe(0);
    await upscaleButton(page).click();
    await page.getByText('1 picture done').waitFor({ timeout: 60_000 });

    await page.getByRole('button', { name: 'Copy receipt' }).click();
    await page.getByText('Receipt copied').waitFor();
    const copied = await app.evaluate(({ clipboard }) => clipboard.readText());
    expect(JSON.parse(copied)).toMatchObject({ kind: 'upscale', output: { name: 'picture-01_x4.png' } });
    expect(
      await page.evaluate(() =>
        navigator.clipboard.readText().then(
          () => 'read',
          () => 'denied',
        ),
      ),
    ).toBe('denied');

    await page.locator('.viewer-field').dblclick({ position: { x: 60, y: 60 } });
    await expect.poll(() => page.getByLabel('Zoom').textContent()).toBe('100 %');

    await rm(join(deep, 'picture-01_x4.png'));
    await page.getByRole('button', { name: 'Show in folder' }).click();
    await page.getByText('picture-01_x4.png is not there any more.').waitFor();
    await page.reload();
    await page.getByText('The result isn’t there any more, or can’t be shown.').waitFor();
    await expectAccessible(page, 'a result that was deleted');
  });

  test('a second start hands its files to the first window', async () => {
    await using folder = await temporaryFolder();
    const files = await makePictures(join(folder.path, 'pictures'), 2);
    const { page } = await start(folder.path);
    await startAgain(folder.path, files);
    await upscaleButton(page).waitFor();
    expect(await options(page).count()).toBe(2);
  }, 90_000);

  test('a message of 50 MB ends that connection alone: the window loads anew and the queue is there', async () => {
    await using folder = await temporaryFolder();
    const files = await makePictures(join(folder.path, 'pictures'), 2);
    const desktop = await start(folder.path, files);
    const { page } = desktop;
    await upscaleButton(page).waitFor();
    const engine = desktop.enginePid();
    const loaded = page.waitForEvent('load');
    await page.evaluate(() => window.refineryBridge?.send('x'.repeat(50 * 1024 * 1024)));
    await loaded;
    await upscaleButton(page).waitFor();
    expect(await options(page).count()).toBe(2);
    expect(desktop.enginePid()).toBe(engine);
  });

  test('the page can reach neither Node, nor other addresses, nor files that nobody gave it', async () => {
    await using folder = await temporaryFolder();
    await mkdir(join(folder.path, 'pictures'));
    const { page, app } = await start(folder.path);
    const globals = await page.evaluate(() =>
      ['require', 'process', 'Buffer', 'module'].filter((name) => name in window),
    );
    expect(globals).toEqual([]);
    const addresses = [
      'https://example.com/',
      'file:///etc/passwd',
      'app://refinery/../package.json',
      'app://refinery/media/x/input',
    ];
    for (const address of addresses) {
      const status = await page.evaluate(
        (url) =>
          fetch(url).then(
            ({ status }) => status,
            () => 0,
          ),
        address,
      );
      expect([0, 403, 404], address).toContain(status);
    }
    expect(await page.evaluate(() => window.open('https://example.com/') === null)).toBe(true);
    expect(await page.evaluate(() => Notification.requestPermission())).toBe('denied');
    const inline = await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruder = true';
      document.body.append(script);
      return 'intruder' in window;
    });
    expect(inline).toBe(false);
    await app.evaluate(({ webContents }) => {
      void webContents.getAllWebContents()[0]?.executeJavaScript("location.href = 'https://example.com/'");
    });
    await new Promise((resolve) => setTimeout(resolve, 500));
    const shown = await app.evaluate(({ webContents }) =>
      webContents.getAllWebContents().map((all) => all.getURL()),
    );
    expect(shown).toEqual(['app://refinery/index.html']);
  });
});

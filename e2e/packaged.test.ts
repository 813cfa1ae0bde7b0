import { spawn } from 'node:child_process';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { electronPath, makePictures, noWindow, results, root, temporaryFolder } from './support.ts';

/** Only the Electron for the tests is packed here: it is on the disk already, whatever can be downloaded. */
const skip =
  noWindow || (basename(electronPath) === 'fiftyone' ? '' : 'packing needs the Electron for the tests');

function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
    }
    child.once('close', (code) => resolve({ code, output }));
  });
}

const patience = { timeout: 60_000, interval: 200 };
const button = (name: string): string =>
  `[...document.querySelectorAll('button')].find(({ textContent }) => textContent === ${JSON.stringify(name)})`;

/** The window over Chromium's own debugging protocol, which is all that the fuses leave. */
async function openPage(host: string) {
  const pages = (await (await fetch(`http://${host}/json`)).json()) as Array<{
    type: string;
    webSocketDebuggerUrl: string;
  }>;
  const address = pages.find(({ type }) => type === 'page')?.webSocketDebuggerUrl;
  if (!address) throw new Error('There is no window.');
  const socket = new WebSocket(address);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  let last = 0;
  return {
    read(expression: string): Promise<unknown> {
      last += 1;
      const id = last;
      return new Promise((resolve) => {
        const listen = (data: Buffer): void => {
          const answer = JSON.parse(data.toString()) as {
            id: number;
            result: { result: { value: unknown } };
          };
          if (answer.id !== id) return;
          socket.off('message', listen);
          resolve(answer.result.result.value);
        };
        socket.on('message', listen);
        socket.send(
          JSON.stringify({ id, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }),
        );
      });
    },
    close: () => socket.terminate(),
  };
}

describe.skipIf(skip !== '')(`the packaged app${skip && ` (${skip})`}`, () => {
  test('starts by itself, with its own Node and OpenVINO, and upscales a picture', async () => {
    await using folder = await temporaryFolder();
    const distribution = join(folder.path, 'electron');
    await cp(dirname(electronPath), distribution, { recursive: true });
    await rename(join(distribution, 'fiftyone'), join(distribution, 'electron'));
    await rm(join(distribution, 'resources', 'app'), { recursive: true });
    const output = join(folder.path, 'out');
    const packed = await run(
      process.execPath,
      [
        join(root, 'scripts', 'package.mjs'),
        '--dir',
        '--linux',
        `-c.electronDist=${distribution}`,
        '-c.electronVersion=22.3.25',
        `-c.directories.output=${output}`,
      ],
      { ...process.env, NODE_OPTIONS: '' },
    );
    expect(packed.code, packed.output).toBe(0);
    const app = join(output, 'linux-unpacked');
    expect(await readdir(join(app, 'resources'))).toEqual(
      expect.arrayContaining(['app.asar', 'engine', 'node', 'openvino', 'models', 'assets']),
    );

    const pictures = join(folder.path, 'pictures');
    const [picture] = await makePictures(pictures, 1);
    await mkdir(join(folder.path, 'cache'));
    const sandbox = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
    // Its fuses shut the door that tests of the unpacked window come through; Chromium's own is open.
    const child = spawn(join(app, 'refinery'), [...sandbox, '--remote-debugging-port=0', picture!], {
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        REFINERY_NODE: '',
        REFINERY_DATA_DIR: join(folder.path, 'data'),
        REFINERY_CACHE_DIR: join(folder.path, 'cache'),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      const address = await new Promise<string>((resolve, reject) => {
        let printed = '';
        child.stderr.on('data', (chunk: Buffer) => {
          printed += chunk.toString();
          const found = /DevTools listening on (ws:\S+)/.exec(printed)?.[1];
          if (found) resolve(found);
        });
        child.once('exit', () => reject(new Error(printed)));
      });
      const page = await openPage(new URL(address).host);
      await expect
        .poll(() => page.read(`${button('Upscale 1 picture')}?.textContent`), patience)
        .toBeTruthy();
      await page.read(`${button('Upscale 1 picture')}.click()`);
      await expect.poll(() => page.read('document.body.textContent'), patience).toContain('1 picture done');
      await page.read(`${button('Settings')}.click()`);
      const runtime = 'OpenVINO 2026.4.0, Refinery itself';
      await expect.poll(() => page.read('document.body.textContent'), patience).toContain(runtime);
      expect(results(pictures)).toHaveLength(1);
      const { width } = await sharp(join(pictures, results(pictures)[0]!)).metadata();
      expect(width).toBe(480);
      page.close();
    } finally {
      child.kill('SIGKILL');
    }
  }, 240_000);
});

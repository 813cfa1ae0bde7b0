import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { build } from 'vite';
import { afterAll, beforeAll, describe } from 'vitest';
import { carrierOf } from '../src-main/engine/host/carriers/carrier.ts';
import { describeCarrier } from '../src-main/engine/host/carriers/fixtures/suite.ts';
import type {} from '../src-renderer/transport/client.ts';
import { electronPath, noWindow, root } from './support.ts';

describe.skipIf(noWindow !== '')(`Electron IPC${noWindow && ` (${noWindow})`}`, () => {
  let folder: string;
  let app: ElectronApplication;
  let page: Page;
  let receive: (channel: 'message' | 'closed', text: string) => void;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'refinery-carriers-'));
    await writeFile(join(folder, 'index.html'), '<!doctype html><title>Carriers</title>');
    await build({
      configFile: join(root, 'vite.desktop.config.ts'),
      root,
      mode: 'carriers',
      logLevel: 'warn',
      build: { outDir: folder, emptyOutDir: false },
    });
    app = await _electron.launch({
      executablePath: electronPath,
      args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
      env: {
        ...(process.env as Record<string, string>),
        REFINERY_MAIN: join(folder, 'carriers.cjs'),
        REFINERY_TEST_PAGES: folder,
        REFINERY_TEST_PRELOAD: join(root, 'dist', 'preload', 'preload.cjs'),
      },
    });
    page = await app.firstWindow();
    await page.exposeFunction('refineryReceive', (channel: 'message' | 'closed', text: string) =>
      receive(channel, text),
    );
  });

  afterAll(async () => {
    await app?.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  describeCarrier('Electron IPC', async () => {
    await page.reload();
    let ended = false;
    const carrier = carrierOf({
      send(message) {
        void page.evaluate((text) => window.refineryBridge?.send(text), message).catch(() => undefined);
      },
      listen(message, closed) {
        receive = (channel, text) => {
          if (ended) return;
          if (channel === 'message') message(text);
          else closed(text);
        };
      },
      close() {
        ended = true;
      },
    });
    await page.evaluate(() => {
      const { refineryBridge: bridge, refineryReceive: tell } = window as Window & {
        readonly refineryReceive?: (channel: string, text: string) => void;
      };
      bridge?.onMessage((text) => tell?.('message', text));
      bridge?.onClose((reason) => tell?.('closed', reason));
    });
    return carrier;
  });
});

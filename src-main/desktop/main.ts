import { createWriteStream, mkdirSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { app, BrowserWindow, session } from 'electron';
import { createGateway } from '../engine/host/gateway.ts';
import { engineEnvironment, Supervisor } from '../engine/host/supervisor.ts';
import { handleAdmissions } from './admit.ts';
import { followQueue } from './background.ts';
import { setMenu } from './menu.ts';
import { pageCarrier } from './page-carrier.ts';
import { findPlaces } from './places.ts';
import { registerScheme, serveApp } from './protocol.ts';
import { hardenSession, hardenWebContents } from './security.ts';
import { desktopShell } from './shell.ts';
import { openWindow } from './window.ts';

const places = findPlaces();
app.setName('Refinery');
const dataFolder = process.env['REFINERY_DATA_DIR'] || join(app.getPath('appData'), 'refinery');
// Chromium's own files: one profile for each data folder, so that two of them never meet.
app.setPath('userData', join(dataFolder, 'window'));

registerScheme();
hardenWebContents();

/** Files among a command line's arguments, as absolute paths. */
function filesOf(argv: readonly string[], folder: string): string[] {
  return argv
    .slice(1)
    .filter((argument) => !argument.startsWith('-') && argument !== '.' && !argument.endsWith('.cjs'))
    .map((argument) => (isAbsolute(argument) ? argument : resolve(folder, argument)));
}

/** The system's folder of pictures; '' where it has none. */
function picturesFolder(): string {
  try {
    return app.getPath('pictures');
  } catch {
    return '';
  }
}

function engineLog(): (line: string) => void {
  mkdirSync(dataFolder, { recursive: true });
  const file = createWriteStream(join(dataFolder, 'engine.log'), { flags: 'w' });
  return (line) => file.write(`${line}\n`);
}

function run(): void {
  let window: BrowserWindow | undefined;
  const supervisor = new Supervisor({
    node: places.node,
    entry: places.engine,
    environment: {
      ...engineEnvironment(process.env),
      REFINERY_RESOURCES: places.resources,
      REFINERY_DATA_DIR: dataFolder,
      REFINERY_PICTURES_DIR: process.env['REFINERY_PICTURES_DIR'] || picturesFolder(),
    },
    log: engineLog(),
  });
  const engine = () => supervisor.client();
  const shell = desktopShell(
    supervisor,
    () => window,
    () => {
      listening = true;
      void hand([]);
    },
  );
  const gateway = createGateway(supervisor, shell);

  /** Files that came before the page could listen are kept for it. */
  let arrived: string[] = [];
  let listening = false;
  async function hand(paths: string[]): Promise<void> {
    arrived.push(...paths);
    if (arrived.length === 0 || !listening) return;
    const now = arrived;
    arrived = [];
    gateway.emit('shell.filesArrived', await (await engine()).call('files.admit', { paths: now }));
  }

  function open(): void {
    window = openWindow(places, dataFolder);
    const { webContents } = window;
    // The page is there from now on, and none of its scripts has run yet.
    webContents.on('did-navigate', () => {
      listening = false;
      gateway.attach(pageCarrier(webContents));
    });
    window.on('closed', () => {
      window = undefined;
      listening = false;
    });
  }

  app.on('second-instance', (_event, argv, folder) => {
    if (!window) open();
    if (window?.isMinimized()) window.restore();
    // Not every system raises what it gives the focus to.
    window?.show();
    window?.focus();
    void hand(filesOf(argv, folder));
  });
  app.on('open-file', (event, path) => {
    event.preventDefault();
    void hand([path]);
  });
  app.on('activate', () => {
    if (BrowserWindow.getAllWindows().length === 0) open();
  });
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });

  let stopped = false;
  app.on('before-quit', (event) => {
    if (stopped) return;
    event.preventDefault();
    void supervisor.stop().finally(() => {
      stopped = true;
      app.quit();
    });
  });

  supervisor.onReady((client) => followQueue(client, () => window));
  supervisor.start();
  void app.whenReady().then(() => {
    hardenSession(session.defaultSession);
    serveApp(places.renderer, engine);
    handleAdmissions(engine, join(dataFolder, 'pasted'));
    setMenu((command) => gateway.emit('shell.command', { command }));
    open();
    void hand(filesOf(process.argv, process.cwd()));
  });
}

if (app.requestSingleInstanceLock()) run();
else app.quit();

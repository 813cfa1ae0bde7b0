import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BrowserWindow, nativeTheme, type Rectangle, screen } from 'electron';
import { z } from 'zod';
import type { Places } from './places.ts';
import { appOrigin } from './security.ts';

const WindowState = z.object({
  bounds: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }),
  maximized: z.boolean(),
});
type WindowState = z.infer<typeof WindowState>;

const smallest = { width: 1024, height: 700 };
const usual = { width: 1440, height: 900 };

/** Opens the main window where it was last time, if that place is still on a screen. */
export function openWindow(places: Places, dataFolder: string): BrowserWindow {
  const file = join(dataFolder, 'window.json');
  const state = readState(file);
  const window = new BrowserWindow({
    ...usual,
    ...(state ? onScreen(state.bounds) : {}),
    minWidth: smallest.width,
    minHeight: smallest.height,
    show: false,
    title: 'Refinery',
    icon: places.icon,
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#161616' : '#f4f4f4',
    webPreferences: {
      preload: places.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  });
  if (state?.maximized) window.maximize();
  window.once('ready-to-show', () => window.show());
  window.on('close', () => {
    writeState(file, { bounds: window.getNormalBounds(), maximized: window.isMaximized() });
  });
  // A page that crashed is of no use; its jobs live on in the engine, so a fresh one shows them.
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason !== 'clean-exit' && !window.isDestroyed()) window.reload();
  });
  void window.loadURL(`${appOrigin}/index.html`);
  return window;
}

function onScreen(bounds: Rectangle): Partial<Rectangle> {
  const { workArea } = screen.getDisplayMatching(bounds);
  const visible =
    bounds.x < workArea.x + workArea.width - 100 &&
    bounds.x + bounds.width > workArea.x + 100 &&
    bounds.y >= workArea.y &&
    bounds.y < workArea.y + workArea.height - 100;
  return visible ? bounds : { width: bounds.width, height: bounds.height };
}

function readState(file: string): WindowState | undefined {
  try {
    return WindowState.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

function writeState(file: string, state: WindowState): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(state));
  } catch {
    // Only the place of the window is forgotten.
  }
}

import { Menu, type MenuItemConstructorOptions } from 'electron';
import type { ShellCommand } from '../contract/shell.ts';

/** The native menu. Pages carry out what it names, so that menu, palette and buttons do the same thing. */
export function setMenu(run: (command: ShellCommand) => void): void {
  const item = (label: string, accelerator: string, command: ShellCommand): MenuItemConstructorOptions => ({
    label,
    accelerator,
    // The page listens to its own keys; the menu shows them and works where the page doesn't have the focus.
    registerAccelerator: false,
    click: () => run(command),
  });
  const separator: MenuItemConstructorOptions = { type: 'separator' };
  const mac = process.platform === 'darwin';
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      ...(mac ? [{ role: 'appMenu' } satisfies MenuItemConstructorOptions] : []),
      {
        label: '&File',
        submenu: [
          item('Add pictures…', 'CmdOrCtrl+O', 'openPictures'),
          item('Add folder…', 'CmdOrCtrl+Shift+O', 'openFolder'),
          separator,
          item('Upscale', 'CmdOrCtrl+Enter', 'start'),
          item('Pause or resume', 'CmdOrCtrl+.', 'pauseOrResume'),
          separator,
          { role: mac ? 'close' : 'quit' },
        ],
      },
      { role: 'editMenu' },
      {
        label: '&View',
        submenu: [
          item('Command palette', 'CmdOrCtrl+K', 'palette'),
          separator,
          item('Upscale', 'CmdOrCtrl+1', 'showUpscale'),
          item('Datasets', 'CmdOrCtrl+2', 'showDatasets'),
          item('Detectors', 'CmdOrCtrl+3', 'showDetectors'),
          item('Compression', 'CmdOrCtrl+4', 'showCompression'),
          item('Models', 'CmdOrCtrl+5', 'showModels'),
          item('Activity', 'CmdOrCtrl+6', 'showActivity'),
          item('Settings', 'CmdOrCtrl+,', 'showSettings'),
          separator,
          { role: 'togglefullscreen' },
        ],
      },
      { role: 'windowMenu' },
      { label: '&Help', submenu: [item('Keyboard shortcuts', 'CmdOrCtrl+/', 'keys')] },
    ]),
  );
}

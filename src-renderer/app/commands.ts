import type { ShellCommand } from '../../src-main/contract/index.ts';
import { openPictures, pauseOrResume, startJobs, trySample } from '../state/actions.ts';
import { changeSettings, setPalette, showPage, useSession } from '../state/session.ts';
import type { Command } from './page-type.ts';
import { pages } from './pages.ts';

/** Everything that can be done from anywhere: the palette, the keys and the native menu share it. */
export const commands: readonly Command[] = [
  { id: 'openPictures', title: 'Add pictures', shortcut: 'Ctrl+O', run: () => void openPictures('pictures') },
  {
    id: 'openFolder',
    title: 'Add a folder',
    shortcut: 'Ctrl+Shift+O',
    run: () => void openPictures('folder'),
  },
  { id: 'start', title: 'Upscale what is ready', shortcut: 'Ctrl+Enter', run: () => void startJobs() },
  { id: 'pauseOrResume', title: 'Pause or resume', shortcut: 'Ctrl+.', run: pauseOrResume },
  { id: 'sample', title: 'Try a sample', run: () => void trySample() },
  { id: 'palette', title: 'Show all commands', shortcut: 'Ctrl+K', run: () => setPalette(true) },
  ...pages.map((page, index) => ({
    id: `show-${page.id}`,
    title: `Go to ${page.title}`,
    shortcut: page.id === 'settings' ? 'Ctrl+,' : `Ctrl+${index + 1}`,
    run: () => showPage(page.id),
  })),
  ...pages.flatMap(({ id, commands: own = [] }) =>
    own.map(
      (command): Command => ({
        ...command,
        run: () => {
          showPage(id);
          command.run();
        },
      }),
    ),
  ),
  { id: 'dark', title: 'Dark theme', run: () => changeSettings({ theme: 'dark' }) },
  { id: 'light', title: 'Light theme', run: () => changeSettings({ theme: 'light' }) },
  { id: 'system', title: 'Theme of the system', run: () => changeSettings({ theme: 'system' }) },
];

/** Names that the native menu uses where they differ from ours. */
const menuNames: Partial<Record<ShellCommand, string>> = {
  showUpscale: 'show-upscale',
  showDatasets: 'show-datasets',
  showDetectors: 'show-detectors',
  showCompression: 'show-compression',
  showModels: 'show-models',
  showActivity: 'show-activity',
  showSettings: 'show-settings',
};

export function runCommand(name: ShellCommand): void {
  const id = menuNames[name] ?? name;
  commands.find((command) => command.id === id)?.run();
}

/** The key caps of a press. Command is Ctrl on a Mac. */
function capsOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
  const control = event.ctrlKey || event.metaKey;
  return [control && 'Ctrl', event.shiftKey && 'Shift', event.altKey && 'Alt', key].filter(Boolean).join('+');
}

/** Shortcuts that work wherever the focus is. */
export function listenToKeys(): () => void {
  const press = (event: KeyboardEvent): void => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const caps = capsOf(event);
    const command = commands.find(({ shortcut }) => shortcut === caps);
    if (!command || (useSession.getState().palette && command.id !== 'palette')) return;
    event.preventDefault();
    command.run();
  };
  window.addEventListener('keydown', press);
  return () => window.removeEventListener('keydown', press);
}

import type { FileKind, ShellCommand } from '../../src-main/contract/index.ts';
import { handIn } from '../state/inbox.ts';
import { forget, useRecent } from '../state/recent.ts';
import { act, changeSettings, setHelp, setPalette, showPage, toast, useSession } from '../state/session.ts';
import type { Action } from './page-type.ts';
import { pages, placeActions } from './pages.ts';

/** Actions that belong together, under one heading. */
export interface ActionGroup {
  readonly title: string;
  readonly actions: readonly Action[];
}

/** Everything that can be done now: the palette, the keys and the native menu share it. What is shown comes first. */
export function actionGroups(): readonly ActionGroup[] {
  const { page: shown } = useSession.getState();
  const ofPlaces = pages.map(({ id, title }) => ({ id, title, actions: actionsOf(id) }));
  const [own, others] = [
    ofPlaces.filter(({ id }) => id === shown),
    ofPlaces.filter(({ id }) => id !== shown),
  ];
  return [
    ...own,
    { title: 'Go to', actions: places() },
    ...others,
    { title: 'Recent files', actions: recentFiles() },
    { title: 'Window', actions: ofWindow() },
  ].filter(({ actions }) => actions.length > 0);
}

/** What a place can do, wherever one is: it is shown first, unless that is of no use. */
function actionsOf(place: string): Action[] {
  return (placeActions.get(place)?.() ?? []).map((action) => ({
    ...action,
    id: `${place}-${action.id}`,
    run() {
      if (!action.stays) showPage(place);
      action.run();
    },
  }));
}

/** Places have their numbers as keys, in the order of the rail; settings have those that they have everywhere. */
const places = (): Action[] =>
  pages.map(({ id, title }, index) => ({
    id: `show-${id}`,
    title: `Go to ${title}`,
    shortcut: id === 'settings' ? 'Ctrl+,' : `Ctrl+${index + 1}`,
    run: () => showPage(id),
  }));

const recentFiles = (): Action[] =>
  useRecent.getState().files.map(({ kind, handle: { id, name, location } }) => ({
    id: `recent-${id}`,
    title: name,
    words: location,
    run: () => void openRecent(id, kind),
  }));

async function openRecent(id: string, wanted: FileKind): Promise<void> {
  const handle = await act('files.describe', { id });
  // What is gone was told, and is of no use here any more.
  if (handle) await handIn({ handles: [handle], refused: [] }, { wanted });
  else forget(id);
}

function ofWindow(): Action[] {
  const theme = useSession.getState().settings?.theme;
  const themes = [
    ['dark', 'Dark theme'],
    ['light', 'Light theme'],
    ['system', 'Theme of the system'],
  ] as const;
  return [
    { id: 'palette', title: 'Show all commands', shortcut: 'Ctrl+K', run: () => setPalette(true) },
    ...themes
      .filter(([name]) => name !== theme)
      .map(([name, title]) => ({ id: name, title, run: () => changeSettings({ theme: name }) })),
    {
      id: 'keys',
      title: 'Keyboard shortcuts',
      words: 'help keys',
      shortcut: 'Ctrl+/',
      run: () => setHelp(true),
    },
    { id: 'reload', title: 'Load the window again', words: 'refresh', run: () => window.location.reload() },
  ];
}

/** Names that the native menu uses for what is named otherwise here. */
const menuNames: Partial<Record<ShellCommand, string>> = {
  openPictures: 'upscale-add',
  openFolder: 'upscale-addFolder',
  start: 'upscale-start',
  pauseOrResume: 'upscale-hold',
  showUpscale: 'show-upscale',
  showDatasets: 'show-datasets',
  showDetectors: 'show-detectors',
  showCompression: 'show-compression',
  showModels: 'show-models',
  showActivity: 'show-activity',
  showSettings: 'show-settings',
};

const allActions = (): Action[] => actionGroups().flatMap(({ actions }) => actions);

export function runCommand(name: ShellCommand): void {
  const id = menuNames[name] ?? name;
  perform(allActions().find((action) => action.id === id));
}

function perform(action: Action | undefined): void {
  if (action?.unavailable) toast(`${action.unavailable}.`);
  else action?.run();
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
    if (!(event.ctrlKey || event.metaKey) || ['Control', 'Meta'].includes(event.key)) return;
    const caps = capsOf(event);
    const action = allActions().find(({ shortcut }) => shortcut === caps);
    if (!action || (useSession.getState().palette && action.id !== 'palette')) return;
    event.preventDefault();
    perform(action);
  };
  window.addEventListener('keydown', press);
  return () => window.removeEventListener('keydown', press);
}

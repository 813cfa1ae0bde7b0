import { create } from 'zustand';
import {
  type AdmitResult,
  definedOnly,
  type EngineInfo,
  type EngineState,
  type EngineStatus,
  type MethodInput,
  type MethodName,
  type MethodOutput,
  RefineryError,
  type Settings,
  type SettingsChange,
  type ShellCommand,
  type ShellInfo,
  toErrorValue,
  type UpscaleSettings,
} from '../../src-main/contract/index.ts';
import type { Connection } from '../transport/client.ts';
import { forgetDialogProblem, sayInDialog } from '../ui/dialog-problem.ts';
import { keepOverReload } from './reload.ts';

export interface Toast {
  readonly id: number;
  readonly tone: 'information' | 'warning';
  readonly text: string;
  readonly action?: { readonly label: string; readonly run: () => void };
}

interface Session {
  readonly connection: Connection | null;
  readonly offline: string | null;
  readonly engineState: EngineState;
  readonly info: EngineInfo | null;
  readonly status: EngineStatus | null;
  readonly shell: ShellInfo | null;
  readonly settings: Settings | null;
  readonly toasts: readonly Toast[];
  readonly page: string;
  readonly palette: boolean;
  /** Whether the keys are shown. */
  readonly help: boolean;
}

/** What the whole window knows: connection, engine, settings, place, messages. */
export const useSession = create<Session>(() => ({
  connection: null,
  offline: null,
  engineState: { state: 'starting' },
  info: null,
  status: null,
  shell: null,
  settings: null,
  toasts: [],
  page: 'upscale',
  palette: false,
  help: false,
}));

const set = useSession.setState;
const get = useSession.getState;

keepOverReload(
  'place',
  () => get().page,
  (page) => set({ page }),
);

/** Asks the engine. @throws {RefineryError} */
export async function call<Name extends MethodName>(
  name: Name,
  input: MethodInput<Name>,
): Promise<MethodOutput<Name>> {
  const { connection } = get();
  if (!connection) throw new RefineryError('ENGINE_GONE', 'The window is not connected yet.');
  return connection.engine.call(name, input);
}

/** Asks the engine for something that a person wants; a failure becomes a message in the window or its open dialog. */
export async function act<Name extends MethodName>(
  name: Name,
  input: MethodInput<Name>,
): Promise<MethodOutput<Name> | undefined> {
  forgetDialogProblem();
  try {
    return await call(name, input);
  } catch (thrown) {
    const { message, hint } = toErrorValue(thrown);
    const text = hint ? `${message} ${hint}` : message;
    if (!sayInDialog(text)) toast(text, { tone: 'warning' });
    return undefined;
  }
}

let lastToast = 0;

/** Shows a message for some seconds; longer where it offers something to do. */
export function toast(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  lastToast += 1;
  const entry: Toast = { id: lastToast, tone: options.tone ?? 'information', text, ...options };
  const { toasts } = get();
  const oldest = toasts.length > 2 ? toasts.find(({ id }) => !isHeld(id)) : undefined;
  set({ toasts: [...toasts.filter((other) => other !== oldest), entry] });
  const end = (): void => {
    if (isHeld(entry.id)) setTimeout(end, heldPause);
    else dismissToast(entry.id);
  };
  setTimeout(end, options.action ? 10_000 : options.tone === 'warning' ? 9_000 : 4_000);
}

/** Between two looks at a message that somebody reads or is about to press. */
const heldPause = 1_500;

/** Whether the pointer rests on a message, or the focus is in it. */
function isHeld(id: number): boolean {
  const place = get().toasts.findIndex((entry) => entry.id === id);
  return document.querySelectorAll('.toast')[place]?.matches(':hover, :focus-within') ?? false;
}

/** Ctrl+Z takes back what the newest message offers to, but in fields, which have an own way back. */
function undoByKey(event: KeyboardEvent): void {
  if (!(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.defaultPrevented) return;
  if (event.key.toLowerCase() !== 'z') return;
  const target = event.target as HTMLElement;
  const typed =
    'textarea, select, dialog, [contenteditable], input:not([type=radio], [type=checkbox], [type=range])';
  if (target.closest(typed)) return;
  const newest = get().toasts.findLast(({ action }) => action?.label === 'Undo');
  if (!newest) return;
  event.preventDefault();
  newest.action?.run();
  dismissToast(newest.id);
}

export function dismissToast(id: number): void {
  set(({ toasts }) => ({ toasts: toasts.filter((entry) => entry.id !== id) }));
}

export function showPage(page: string): void {
  set({ page, palette: false });
}

export function setPalette(palette: boolean): void {
  set({ palette });
}

export function setHelp(help: boolean): void {
  set({ help });
}

/** Changes settings here at once, and in the engine. */
export function changeSettings(change: SettingsChange): void {
  const { settings } = get();
  if (settings) set({ settings: { ...settings, ...definedOnly(change) } });
  void act('settings.set', { change });
}

export function changeUpscale(change: Partial<UpscaleSettings>): void {
  const { settings } = get();
  if (settings) changeSettings({ upscale: { ...settings.upscale, ...change } });
}

export interface SessionListeners {
  readonly onFiles: (result: AdmitResult) => void;
  readonly onCommand: (command: ShellCommand) => void;
  /** The engine is there, for the first time or again: read everything anew. */
  readonly onReady: () => void;
}

/** Connects the stores to what surrounds the page. */
export function startSession(connection: Connection, listeners: SessionListeners): void {
  const { engine } = connection;
  set({ connection });
  window.addEventListener('keydown', undoByKey);
  engine.on('settings.changed', (settings) => set({ settings }));
  engine.on('engine.notice', ({ tone, message }) => toast(message, { tone }));
  engine.on('shell.filesArrived', listeners.onFiles);
  engine.on('shell.command', ({ command }) => listeners.onCommand(command));
  engine.on('engine.state', (engineState) => {
    const before = get().engineState.state;
    set({ engineState });
    if (engineState.state === 'ready' && before === 'restarting') void load(listeners);
  });
  engine.onClose((reason) => set({ offline: reason }));
  void load(listeners);
  setInterval(() => {
    if (document.hidden || get().engineState.state !== 'ready') return;
    call('engine.status', {}).then(
      (status) => set({ status }),
      () => undefined,
    );
  }, 3_000);
}

async function load(listeners: SessionListeners): Promise<void> {
  try {
    const [settings, info] = await Promise.all([call('settings.get', {}), call('engine.info', {})]);
    set({ settings, info, engineState: { state: 'ready' } });
    listeners.onReady();
    // Asked last: from now on the host may send files.
    set({ shell: await call('shell.info', {}) });
  } catch (thrown) {
    toast(toErrorValue(thrown).message, { tone: 'warning' });
  }
}

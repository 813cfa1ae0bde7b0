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
}));

const set = useSession.setState;
const get = useSession.getState;

/** Asks the engine. @throws {RefineryError} */
export async function call<Name extends MethodName>(
  name: Name,
  input: MethodInput<Name>,
): Promise<MethodOutput<Name>> {
  const { connection } = get();
  if (!connection) throw new RefineryError('ENGINE_GONE', 'The window is not connected yet.');
  return connection.engine.call(name, input);
}

/** Asks the engine for something that a person wants; a failure becomes a message in the window. */
export async function act<Name extends MethodName>(
  name: Name,
  input: MethodInput<Name>,
): Promise<MethodOutput<Name> | undefined> {
  try {
    return await call(name, input);
  } catch (thrown) {
    const { message, hint } = toErrorValue(thrown);
    toast(hint ? `${message} ${hint}` : message, { tone: 'warning' });
    return undefined;
  }
}

let lastToast = 0;

/** Shows a message for some seconds; longer where it offers something to do. */
export function toast(text: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  lastToast += 1;
  const entry: Toast = { id: lastToast, tone: options.tone ?? 'information', text, ...options };
  set(({ toasts }) => ({ toasts: [...toasts.slice(-2), entry] }));
  setTimeout(
    () => dismissToast(entry.id),
    options.action ? 10_000 : options.tone === 'warning' ? 9_000 : 4_000,
  );
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

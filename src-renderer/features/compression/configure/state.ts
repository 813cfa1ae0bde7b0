import { create } from 'zustand';
import type {
  AdmitResult,
  ConfigFile,
  ConfigPlanning,
  ConfigPresetView,
  ConfigTarget,
  ConfigView,
  ErrorValue,
  LayerSource,
  ModelLayersView,
} from '../../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../../src-main/contract/index.ts';
import { chooseFolder } from '../../../app/choose-folder.ts';
import { openServerPath } from '../../../app/server-path.tsx';
import { openDialog } from '../../../state/actions.ts';
import { keepOverReload } from '../../../state/reload.ts';
import { act, call, toast, useSession } from '../../../state/session.ts';
import { saveFile } from '../../../ui/files.ts';
import { type ConfigPath, changeConfig } from './config-text.ts';

interface Editing {
  /** null until a configuration was opened or begun. */
  readonly text: string | null;
  readonly past: readonly string[];
  readonly future: readonly string[];
  /** Name that it is saved under. */
  readonly name: string;
  readonly note: string;
  /** The file that it came from or was saved to. */
  readonly file: ConfigFile | null;
  readonly planning: ConfigPlanning;
  readonly source: LayerSource | null;
  readonly sourceName: string;
  readonly model: ModelLayersView | null;
  readonly view: ConfigView | null;
  readonly presets: readonly ConfigPresetView[];
  /** Whether it is asked where it is to be saved. */
  readonly isSaving: boolean;
  /** Why saving failed; the form asks what to do. */
  readonly refused: ErrorValue | null;
}

/** The configuration that is edited. It stays while other places are shown. */
export const useEditing = create<Editing>(() => ({
  text: null,
  past: [],
  future: [],
  name: 'nncf_config.json',
  note: '',
  file: null,
  planning: { epochs: 5, stepsPerEpoch: null },
  source: null,
  sourceName: '',
  model: null,
  view: null,
  presets: [],
  isSaving: false,
  refused: null,
}));

const set = useEditing.setState;
const get = useEditing.getState;

keepOverReload(
  'configuration',
  () => {
    const { text, past, name, note, file, planning, source, sourceName, model } = get();
    return { text, past: past.slice(-20), name, note, file, planning, source, sourceName, model };
  },
  (kept) => set(kept),
);

/** Checks again what is edited: the engine may be a new one. */
export function checkAgain(): void {
  if (get().text !== null) checkSoon();
}

/** Milliseconds in which typing counts as one change. */
const together = 800;
/** Milliseconds of rest before the text is checked. */
const rest = 120;
const longestPast = 200;

let typedAt = 0;
let waiting: ReturnType<typeof setTimeout> | undefined;
let asked = 0;

export async function loadPresets(): Promise<void> {
  if (get().presets.length > 0) return;
  const found = await act('configure.presets', {});
  if (found) set({ presets: found.presets });
}

/** Begins with a preset, tried on the model that it was published for. */
export async function beginWith({ id, title, note, epochs, text }: ConfigPresetView): Promise<void> {
  set({
    ...begun(text),
    name: `${id}-jpqd.json`,
    note,
    planning: { epochs: epochs ?? 8, stepsPerEpoch: null },
  });
  await takeLayers({ kind: 'preset', id }, `${title} (the preset’s model)`);
}

export async function openConfig({ handles, refused }: AdmitResult): Promise<void> {
  const [handle] = handles;
  if (!handle) {
    if (refused[0]) toast(refused[0].reason, { tone: 'warning' });
    return;
  }
  const file = await act('configure.open', { handle: handle.id });
  if (!file) return;
  set({ ...begun(file.text), file, name: file.handle.name, note: file.handle.location });
  checkSoon();
}

const begun = (text: string): Partial<Editing> => ({
  text,
  past: [],
  future: [],
  file: null,
  view: null,
  refused: null,
});

/** Takes another text. What is typed in one go is one step of undoing. */
export function setText(text: string, typed = false): void {
  const { text: before, past } = get();
  if (before === null || before === text) return;
  const now = Date.now();
  const joined = typed && now - typedAt < together && past.length > 0;
  typedAt = typed ? now : 0;
  set({ text, future: [], ...(joined ? {} : { past: [...past.slice(-longestPast), before] }) });
  checkSoon();
}

/** Sets what stands at a path, or takes it out when the value is undefined. */
export function change(path: ConfigPath, value: unknown): void {
  const { text } = get();
  if (text !== null) setText(changeConfig(text, path, value));
}

export function undo(): void {
  const { text, past, future } = get();
  const before = past.at(-1);
  if (text === null || before === undefined) return;
  typedAt = 0;
  set({ text: before, past: past.slice(0, -1), future: [text, ...future] });
  checkSoon();
}

export function redo(): void {
  const { text, past, future } = get();
  const [next, ...later] = future;
  if (text === null || next === undefined) return;
  set({ text: next, past: [...past, text], future: later });
  checkSoon();
}

export function plan(planning: Partial<ConfigPlanning>): void {
  set({ planning: { ...get().planning, ...planning } });
  checkSoon();
}

/** Takes layers of another model, on which scopes are tried. */
export async function takeLayers(source: LayerSource, name: string): Promise<void> {
  const model = await act('configure.layers', { source });
  if (!model) return;
  const { planning } = get();
  set({
    source,
    sourceName: name,
    model,
    planning: {
      epochs: model.epochs ?? planning.epochs,
      stepsPerEpoch: model.stepsPerEpoch ?? planning.stepsPerEpoch,
    },
  });
  checkSoon();
}

function checkSoon(): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => void check(), rest);
}

async function check(): Promise<void> {
  const { text, planning, source } = get();
  if (text === null) return;
  asked += 1;
  const mine = asked;
  const view = await act('configure.check', { text, planning, source });
  // A later question has a later answer.
  if (view && mine === asked) set({ view });
}

/** @returns whether it was saved; where not, `refused` says why. */
export async function saveTo(target: ConfigTarget): Promise<boolean> {
  const { text } = get();
  if (text === null) return false;
  try {
    const file = await call('configure.save', { text, target });
    set({ file, name: file.handle.name, refused: null });
    toast(`Saved as ${file.handle.name} in ${file.handle.location}`);
    return true;
  } catch (thrown) {
    set({ refused: toErrorValue(thrown) });
    return false;
  }
}

export const askWhere = (isSaving: boolean): void => set({ isSaving });

/** Saves to the file that it came from, or asks where; a browser without a folder of the server downloads it. */
export async function save(): Promise<void> {
  const { text, file, name } = get();
  const { shell } = useSession.getState();
  const isOnDisk = shell === null || shell.native || shell.allowedFolders.length > 0;
  if (!isOnDisk) saveFile(name, new Blob([text ?? ''], { type: 'application/json' }));
  else if (!file) askWhere(true);
  else if (!(await saveTo({ kind: 'same', handle: file.handle.id, stamp: file.stamp }))) askWhere(true);
}

export async function chooseConfig(): Promise<void> {
  const { shell } = useSession.getState();
  if (shell && !shell.native && shell.allowedFolders.length > 0)
    openServerPath((admitted) => void openConfig(admitted));
  else await openConfig(await openDialog('configuration'));
}

/** Chooses the model on whose layers scopes are tried. */
export async function chooseLayers(purpose: 'runFolder' | 'modelLayers'): Promise<void> {
  const take = ({ handles: [handle] }: AdmitResult): void => {
    if (handle) void takeLayers({ kind: 'handle', handle: handle.id }, handle.name);
  };
  const { shell } = useSession.getState();
  const browsing = shell?.native === false && shell.allowedFolders.length > 0;
  if (purpose === 'runFolder' || browsing) await chooseFolder('runFolder', take);
  else take(await openDialog('modelLayers'));
}

/** Whether something is not in the file yet. */
export const isChanged = ({ text, file, past }: Editing): boolean =>
  file ? text !== file.text : past.length > 0;

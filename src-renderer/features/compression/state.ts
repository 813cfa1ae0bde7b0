import { create } from 'zustand';
import type {
  AdmitResult,
  CompareChoices,
  ComparisonView,
  FileHandle,
  MeasureView,
  OverlayView,
  RunView,
} from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { openServerPath } from '../../app/server-path.tsx';
import { openDialog } from '../../state/actions.ts';
import { keepOverReload } from '../../state/reload.ts';
import { act, call, toast, useSession } from '../../state/session.ts';
import { saveFile } from '../../ui/files.ts';
import { openConfig } from './configure/state.ts';
import { findTraining, takeFiles } from './train/state.ts';

export type Mode = 'watch' | 'compare' | 'measure' | 'configure' | 'train';

interface Compression {
  readonly mode: Mode;
  readonly run: RunView | null;
  readonly opening: boolean;
  readonly compared: readonly FileHandle[];
  readonly choices: CompareChoices;
  /** Whether curves are drawn over powers of ten. */
  readonly logarithmic: boolean;
  readonly comparison: ComparisonView | null;
  /** Curves that were asked for, by metric, with the choices they were drawn by. */
  readonly overlays: ReadonlyMap<string, OverlayView>;
  /** The comparison that `overlays` are of: older ones stay until theirs come. */
  readonly overlaysOf: ComparisonView | null;
  readonly models: readonly FileHandle[];
  readonly examples: FileHandle | null;
  readonly seconds: number;
  readonly hint: 'throughput' | 'latency';
  readonly measured: MeasureView | null;
  /** Whether it is asked what quality may be lost. */
  readonly asksBudget: boolean;
}

/** What is watched, compared and measured. It stays while other places are shown. */
export const useCompression = create<Compression>(() => ({
  mode: 'watch',
  run: null,
  opening: false,
  compared: [],
  choices: { axis: 'step', smoothing: 0, clip: 0 },
  logarithmic: false,
  comparison: null,
  overlays: new Map(),
  overlaysOf: null,
  models: [],
  examples: null,
  seconds: 10,
  hint: 'throughput',
  measured: null,
  asksBudget: false,
}));

const set = useCompression.setState;
const get = useCompression.getState;

/** The training that was watched before the page was loaded again. */
let watchedBefore: string | null = null;

keepOverReload(
  'compression',
  () => {
    const { mode, run, compared, choices, logarithmic, models, examples, seconds, hint } = get();
    return {
      watched: run?.id ?? null,
      shown: { mode, compared, choices, logarithmic, models, examples, seconds, hint },
    };
  },
  ({ watched, shown }) => {
    watchedBefore = watched;
    set(shown);
  },
);

/** Opens what was open before the page was loaded again, or the engine started again; what is gone is let go. */
export async function reopen(): Promise<void> {
  const { run, compared } = get();
  const watched = run?.id ?? watchedBefore;
  watchedBefore = null;
  if (compared.length > 0) void compare(compared);
  const folder = watched === null ? null : await call('files.describe', { id: watched }).catch(() => null);
  if (!folder) return;
  const [opened] = await Promise.all([
    call('compression.open', { handle: folder.id }).catch(() => null),
    findTraining(folder),
  ]);
  if (opened) set({ run: opened });
}

export const showMode = (mode: Mode): void => set({ mode });

/** What was dropped or chosen, by what is shown. */
export function take(admitted: AdmitResult): void {
  const { mode } = get();
  if (mode === 'measure') addModels(admitted);
  else if (mode === 'compare') void addRuns(admitted);
  else if (mode === 'configure') void openConfig(admitted);
  else if (mode === 'train') takeFiles(admitted);
  else void openRun(admitted);
}

export async function openRun({ handles, refused }: AdmitResult): Promise<void> {
  const folder = handles.find(({ kind }) => kind === 'folder');
  if (!folder) {
    toast(refused[0]?.reason ?? 'A training is a folder: the output_dir that it was started with.', {
      tone: 'warning',
    });
    return;
  }
  set({ opening: true });
  const [run] = await Promise.all([act('compression.open', { handle: folder.id }), findTraining(folder)]);
  set({ opening: false, ...(run ? { run, mode: 'watch' } : {}) });
}

export const chooseRun = (): void => void chooseFolder('runFolder', (admitted) => void openRun(admitted));

export const chooseCompared = (): void =>
  void chooseFolder('runFolder', (admitted) => void addRuns(admitted));

export async function addRuns({ handles }: AdmitResult): Promise<void> {
  const known = new Set(get().compared.map(({ id }) => id));
  const added = handles.filter(({ id, kind }) => kind === 'folder' && !known.has(id));
  if (added.length > 0) await compare([...get().compared, ...added]);
}

/** Reads the trainings and lays them over each other. */
export async function compare(
  compared: readonly FileHandle[],
  change: Partial<CompareChoices> = {},
): Promise<void> {
  const before = get().compared;
  const choices = { ...get().choices, ...change };
  set({ compared, choices, ...(compared.length === 0 ? { comparison: null } : {}) });
  if (compared.length === 0) return;
  const comparison = await act('compression.compare', { handles: compared.map(({ id }) => id), choices });
  if (get().compared !== compared || get().choices !== choices) return;
  // One that can't be read is not kept on the list.
  set(comparison ? { comparison } : { compared: before });
}

/** Asks for curves that aren't there yet. */
export async function showMetrics(metrics: readonly string[]): Promise<void> {
  const { compared, choices, comparison, overlays, overlaysOf } = get();
  const fresh = overlaysOf === comparison;
  const missing = metrics.filter((metric) => !fresh || !overlays.has(metric));
  if (missing.length === 0 || compared.length === 0) return;
  const found = await act('compression.overlays', {
    handles: compared.map(({ id }) => id),
    choices,
    metrics: missing,
  });
  if (!found || get().comparison !== comparison) return;
  const kept = get().overlaysOf === comparison ? get().overlays : [];
  const added = found.overlays.map((one) => [one.metric, one] as const);
  set({ overlays: new Map([...kept, ...added]), overlaysOf: comparison });
}

/** Shows everything that a training logged, where trainings are compared. */
export async function showAllMetrics({ id, name, location }: RunView): Promise<void> {
  set({ mode: 'compare' });
  if (!get().compared.some((other) => other.id === id)) {
    await compare([...get().compared, { id, name, location, kind: 'folder', size: 0 }]);
  }
}

export function addModels({ handles }: AdmitResult): void {
  const models = handles.filter(({ name }) => /\.(xml|onnx)$/i.test(name));
  const examples = handles.find(({ name }) => /\.(tsv|csv|jsonl)$/i.test(name));
  if (models.length === 0 && !examples)
    toast('A model is an .xml with its .bin beside it, or an .onnx.', { tone: 'warning' });
  set((state) => ({
    models: [...state.models, ...models.filter(({ id }) => !state.models.some((other) => other.id === id))],
    examples: examples ?? state.examples,
  }));
}

export async function chooseMeasured(): Promise<void> {
  const { shell } = useSession.getState();
  if (shell && !shell.native && shell.allowedFolders.length > 0) openServerPath(addModels);
  else addModels(await openDialog('measured'));
}

export async function measure(): Promise<void> {
  const { models, seconds, hint, examples } = get();
  set({ measured: null });
  await act('compression.measure', {
    models: models.map(({ id }) => id),
    seconds,
    hint,
    examples: examples?.id ?? null,
  });
}

export async function saveReport(run: RunView): Promise<void> {
  const { html } = await call('compression.report', { handle: run.id });
  saveFile(`${run.name} report.html`, new Blob([html], { type: 'text/html' }));
}

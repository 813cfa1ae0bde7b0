import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type {
  AdmitResult,
  DetectedPicture,
  DetectorEvaluation,
  DetectorTraining,
  DetectorTrainingChoices,
  DetectorView,
  EngineClient,
  ErrorValue,
  FileHandle,
  Precision,
  TrainerView,
} from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { chooseFolder } from '../../app/choose-folder.ts';
import { openDialog } from '../../state/actions.ts';
import { copyText } from '../../state/clipboard.ts';
import { keepOverReload } from '../../state/reload.ts';
import { act, call, toast } from '../../state/session.ts';
import { quoted, quotedPath } from '../../ui/shell-words.ts';

/** Boxes below this score are never asked for: the slider goes down to here without another inference. */
export const leastScore = 0.05;

export type Mode = 'try' | 'train';

interface Detectors {
  readonly mode: Mode;
  readonly detector: DetectorView | null;
  readonly opening: boolean;
  readonly pictures: readonly FileHandle[];
  /** The picture that is shown. */
  readonly shown: string | null;
  /** What was found, by picture. */
  readonly found: ReadonlyMap<string, DetectedPicture | ErrorValue>;
  /** Boxes of a lower score are not shown. */
  readonly confidence: number;
  /** Boxes of a class that overlap by more are one object. */
  readonly overlap: number;
  readonly hidden: ReadonlySet<number>;
  readonly dataset: FileHandle | null;
  readonly subset: string;
  readonly evaluation: DetectorEvaluation | null;
  /** The set to train with; it is in one of Ultralytics' layouts. */
  readonly trainingSet: FileHandle | null;
  /** What it can be trained for; null while that is not known. */
  readonly trainingTask: string | null;
  /** Folder of a Python environment; null looks in the usual places. */
  readonly python: FileHandle | null;
  readonly trainer: TrainerView | null;
  /** What the network computes in. */
  readonly precision: Precision;
  readonly choices: DetectorTrainingChoices;
  readonly training: DetectorTraining | null;
}

/** What is tried out. It stays while other places are shown; how, is remembered on this machine. */
export const useDetectors = create<Detectors>()(
  persist(
    (): Detectors => ({
      mode: 'try',
      detector: null,
      opening: false,
      pictures: [],
      shown: null,
      found: new Map(),
      confidence: 0.25,
      overlap: 0.7,
      hidden: new Set(),
      dataset: null,
      subset: 'val',
      evaluation: null,
      trainingSet: null,
      trainingTask: null,
      python: null,
      trainer: null,
      precision: 'f32',
      choices: { model: 'yolo11n.pt', epochs: 100, imageSize: 640, batch: 16 },
      training: null,
    }),
    {
      name: 'refinery-detectors',
      partialize: ({ confidence, overlap, precision, choices }) => ({
        ...{ confidence, overlap, precision, choices },
      }),
    },
  ),
);

const set = useDetectors.setState;
const get = useDetectors.getState;

/** The detector that was open before the page was loaded again. */
let openBefore: string | null = null;

keepOverReload(
  'detectors',
  () => {
    const { mode, detector, pictures, shown, hidden, dataset, subset, trainingSet } = get();
    return {
      opened: detector?.id ?? null,
      hidden: [...hidden],
      rest: { mode, pictures, shown, dataset, subset, trainingSet },
    };
  },
  ({ opened, hidden, rest }) => {
    openBefore = opened;
    set({ ...rest, hidden: new Set(hidden) });
  },
);

/** Opens what was open before the page was loaded again, or the engine started again; what is gone is let go. */
export async function reopen(): Promise<void> {
  const { detector: before, trainingSet, python, precision } = get();
  const handle = before?.id ?? openBefore;
  openBefore = null;
  if (trainingSet) {
    void learnTask(trainingSet);
    void findTrainer(python);
  }
  if (handle === null) return;
  const detector = await call('detectors.open', { handle, precision }).catch(() => null);
  set({ detector });
  await look();
}

export function followDetectors(engine: EngineClient): void {
  engine.on('detectors.evaluated', (evaluation) => set({ evaluation }));
  engine.on('detectors.training', (training) => set({ training }));
  // One may run since before this page was there.
  engine.call('detectors.currentTraining', {}).then(set, () => undefined);
}

export const isRunning = ({ phase }: DetectorTraining): boolean =>
  ['starting', 'training', 'exporting'].includes(phase);

/** How far the training is, or the measuring; null when nothing runs. */
export const useTrainingProgress = (): number | null =>
  useDetectors(({ training, evaluation }) => {
    if (training && isRunning(training)) return training.fraction;
    return evaluation?.running ? evaluation.done / Math.max(1, evaluation.total ?? 1) : null;
  });

export const showMode = (mode: Mode): void => void set({ mode });

export async function openDetector({ handles, refused }: AdmitResult): Promise<void> {
  const [handle] = handles;
  if (!handle) {
    toast(refused[0]?.reason ?? 'A detector is the folder that the export made.', { tone: 'warning' });
    return;
  }
  set({ opening: true });
  const detector = await act('detectors.open', { handle: handle.id, precision: get().precision });
  set({ opening: false });
  if (!detector) return;
  set({ detector, mode: 'try', found: new Map(), hidden: new Set(), evaluation: null });
  await look();
}

export const chooseDetector = (): void =>
  void chooseFolder('detectorFolder', (admitted) => void openDetector(admitted));

export const choosePictures = async (): Promise<void> => addPictures(await openDialog('pictures'));

/** Chooses the set that the detector is measured on. */
export const chooseMeasuredSet = (): void =>
  void chooseFolder('datasetFolder', ({ handles: [folder] }) => {
    if (folder) set({ dataset: folder, evaluation: null });
  });

export const chooseSetToTrain = (): void =>
  void chooseFolder('datasetFolder', ({ handles: [folder] }) => folder && chooseTrainingSet(folder));

export const choosePython = (): void =>
  void chooseFolder('pythonFolder', ({ handles: [folder] }) => folder && void findTrainer(folder));

/** Opens the same detector to compute in another way; what was found before is looked for anew. */
export async function changePrecision(precision: Precision): Promise<void> {
  set({ precision });
  const before = get().detector;
  if (!before) return;
  const detector = await act('detectors.open', { handle: before.id, precision });
  if (!detector || get().detector?.id !== before.id) return;
  set({ detector, found: new Map(), evaluation: null });
  await look();
}

/** What was dropped or chosen: an exported model where none is open or it plainly is one, pictures else. */
export function take(admitted: AdmitResult): void {
  if (get().mode === 'train') {
    const folder = admitted.handles.find(({ kind }) => kind === 'folder');
    if (folder) chooseTrainingSet(folder);
    else toast('A dataset is a folder.', { tone: 'warning' });
    return;
  }
  const [first] = admitted.handles;
  const model = first && (/\.xml$/i.test(first.name) || /openvino_model$/i.test(first.name));
  if (model || !get().detector) void openDetector(admitted);
  else void addPictures(admitted);
}

export async function addPictures({ handles, refused }: AdmitResult): Promise<void> {
  const listed =
    handles.length > 0
      ? await act('detectors.pictures', { handles: handles.map(({ id }) => id) })
      : { handles: [], refused: [] };
  if (!listed) return;
  const problem = [...refused, ...listed.refused][0];
  if (problem) toast(`${problem.name}: ${problem.reason}`, { tone: 'warning' });
  const known = new Set(get().pictures.map(({ id }) => id));
  const added = listed.handles.filter(({ id }) => !known.has(id));
  if (listed.handles.length === 0 && !problem) toast('There are no pictures in this.', { tone: 'warning' });
  set({ pictures: [...get().pictures, ...added] });
  const first = added[0] ?? listed.handles[0];
  if (first) await show(first.id);
}

export async function show(id: string): Promise<void> {
  set({ shown: id });
  await look();
}

export function removePicture(id: string): void {
  const { pictures, shown } = get();
  const at = pictures.findIndex((picture) => picture.id === id);
  const left = pictures.filter((picture) => picture.id !== id);
  set({ pictures: left });
  if (shown !== id) return;
  const next = left[Math.min(at, left.length - 1)];
  if (next) void show(next.id);
  else set({ shown: null });
}

/** Another overlap takes other boxes away: everything is looked at anew. */
export async function changeOverlap(overlap: number): Promise<void> {
  set({ overlap, found: new Map() });
  await look();
}

/** Runs the detector on the picture that is shown, unless that was done. */
async function look(): Promise<void> {
  const { detector, shown, overlap, found } = get();
  if (!detector || shown === null || found.has(shown)) return;
  const result = await call('detectors.detect', { picture: shown, confidence: leastScore, overlap }).catch(
    toErrorValue,
  );
  // Something else was asked for meanwhile.
  if (get().detector !== detector || get().overlap !== overlap) return;
  set({ found: new Map(get().found).set(shown, result) });
}

export function toggleClass(label: number): void {
  const hidden = new Set(get().hidden);
  if (!hidden.delete(label)) hidden.add(label);
  set({ hidden });
}

export async function evaluate(): Promise<void> {
  const { dataset, subset } = get();
  if (!dataset) return;
  set({ evaluation: { running: true, done: 0, total: null, figures: null, error: null } });
  const started = await act('detectors.evaluate', { dataset: dataset.id, subset: subset.trim() || 'val' });
  if (!started) set({ evaluation: null });
}

/** What measures the same on the command line. */
export async function copyEvaluate(): Promise<void> {
  const { detector, dataset, subset, precision } = get();
  if (!detector || !dataset) return;
  const isFile = /\.xml$/i.test(detector.name);
  const paths = [pathOf(detector, isFile), pathOf(dataset, dataset.kind === 'file')].map(quotedPath);
  const words = ['refinery', 'evaluate', ...paths, '--subset', quoted(subset.trim() || 'val')];
  await copyText([...words, '--device', 'AUTO', '--precision', precision].join(' '), 'Command copied');
}

/** A file's location is the folder that it lies in. */
const pathOf = ({ name, location }: Pick<FileHandle, 'name' | 'location'>, isFile: boolean): string =>
  isFile ? `${location}/${name}` : location;

export function chooseTrainingSet(trainingSet: FileHandle): void {
  set({ trainingSet, trainingTask: null, mode: 'train' });
  void learnTask(trainingSet);
  if (!get().trainer) void findTrainer(get().python);
}

/** What can't be trained with at all is told when a training begins. */
async function learnTask({ id }: FileHandle): Promise<void> {
  const found = await call('datasets.handOff', { handle: id, absolute: false }).catch(() => null);
  if (get().trainingSet?.id === id) set({ trainingTask: found?.task ?? null });
}

/** Looks for Ultralytics in this environment, or in the usual places. */
export async function findTrainer(python: FileHandle | null): Promise<void> {
  set({ python, trainer: null });
  const trainer = await act('detectors.trainer', { python: python?.id ?? null });
  if (get().python === python) set({ trainer: trainer ?? null });
}

export const changeChoices = (change: Partial<DetectorTrainingChoices>): void =>
  void set((state) => ({ choices: { ...state.choices, ...change } }));

/** Goes on with the training that ran last, as it can: with its export alone, or from its beginning. */
export async function goOnWithLast(): Promise<void> {
  const listed = await act('training.list', {});
  const last = listed?.trainings.find(({ kind }) => kind === 'detector');
  if (last?.goesOn) await act('training.goOn', { id: last.id, how: last.goesOn });
}

export async function train(): Promise<void> {
  const { trainingSet, python, choices } = get();
  if (trainingSet) {
    await act('detectors.train', { python: python?.id ?? null, dataset: trainingSet.id, choices });
  }
}

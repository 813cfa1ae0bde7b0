import { create } from 'zustand';
import type {
  DatasetFilter,
  DatasetLook,
  DatasetMedia,
  DatasetPlan,
  DatasetProgress,
  DatasetResult,
  DatasetStep,
  DatasetSummary,
  DatasetTarget,
  DatasetView,
  EngineClient,
  ErrorValue,
} from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { act, call, toast } from '../../state/session.ts';
import type { Compared, Dropped, Merged } from './others.ts';
import { titleOf } from './words.ts';

export const wizardSteps = ['source', 'look', 'shape', 'target', 'result'] as const;
export type WizardStep = (typeof wizardSteps)[number];

/** Where and how the new set is written. */
export interface Writing {
  /** Handle of the folder that it goes into; null is beside the source. */
  readonly folder: { readonly id: string; readonly location: string } | null;
  readonly name: string;
  readonly media: DatasetMedia;
  readonly overwrite: boolean;
  readonly strict: boolean;
}

/** A set that was found in a folder with several. */
export type InnerSet = DatasetView['sets'][number];

/** Where a set is, as the engine is told. */
export type Place = Pick<InnerSet, 'handle' | 'within'> & { readonly every?: number };

export interface Wizard {
  readonly view: DatasetView | null;
  /** Where it was opened, to open it again. */
  readonly place: Place | null;
  /** The wizard as it was with the set that stays until this one is read. */
  readonly before: Wizard | null;
  /** The sets of the folder that this one was chosen from, itself among them. */
  readonly beside: readonly InnerSet[];
  readonly step: WizardStep;
  /** The sets that it is merged with; null where it is alone. */
  readonly merged: Merged | null;
  readonly isMerging: boolean;
  /** Why sets were not merged as it was asked for last. */
  readonly unmerged: ErrorValue | null;
  readonly compared: Compared | null;
  readonly dropped: Dropped | null;
  /** What the set holds as it was read. */
  readonly summary: DatasetSummary | null;
  readonly filter: DatasetFilter;
  readonly looking: 'pictures' | 'figures' | 'findings' | 'comparison';
  /** Whether the pictures are looked at without the changes. */
  readonly asItIs: boolean;
  readonly steps: readonly DatasetStep[];
  /** Steps as they were, the oldest first, and those that were undone, the next first. */
  readonly past: readonly (readonly DatasetStep[])[];
  readonly future: readonly (readonly DatasetStep[])[];
  /** What the steps make of it, and what each format would keep. Null while that is being found out. */
  readonly shaped: { readonly summary: DatasetSummary; readonly targets: readonly DatasetTarget[] } | null;
  readonly target: string | null;
  /** What the chosen format would lose, measured. Null until it is known. */
  readonly plan: DatasetPlan | null;
  readonly writing: Writing;
  readonly progress: DatasetProgress | null;
  /** Whether another set is being opened; the one that is open stays until that one is. */
  readonly opening: boolean;
  /** Why what was to be opened was not. */
  readonly unopened: ErrorValue | null;
  /** Where that is, when it may be of another format than it was tried as. */
  readonly refused: Place | null;
  /** Whether something is under way that the person waits for. */
  readonly busy: 'reading' | 'shaping' | 'planning' | 'converting' | null;
  /** The conversion in the queue. */
  readonly job: string | null;
  readonly result: DatasetResult | null;
  readonly error: ErrorValue | null;
  /** Why the conversion was not even begun: its name is taken, say. */
  readonly unwritten: ErrorValue | null;
}

/** No filter. */
export const everything: DatasetFilter = {
  subset: null,
  label: null,
  empty: false,
  finding: null,
  difference: null,
  text: '',
};

/** No set. */
export const nothing: Wizard = {
  view: null,
  place: null,
  before: null,
  beside: [],
  step: 'source',
  merged: null,
  isMerging: false,
  unmerged: null,
  compared: null,
  dropped: null,
  summary: null,
  filter: everything,
  looking: 'pictures',
  asItIs: false,
  steps: [],
  past: [],
  future: [],
  shaped: null,
  target: null,
  plan: null,
  writing: { folder: null, name: '', media: 'copy', overwrite: false, strict: false },
  progress: null,
  opening: false,
  unopened: null,
  refused: null,
  busy: null,
  job: null,
  result: null,
  error: null,
  unwritten: null,
};

/** The set that is open, and the way that it goes through the wizard. */
export const useWizard = create<Wizard>(() => nothing);

const set = useWizard.setState;
const get = useWizard.getState;

/** Connects the wizard to the engine's events. */
export function followDatasets(engine: EngineClient): void {
  engine.on('datasets.progress', (progress) => {
    const { view, compared } = get();
    if (progress.id !== view?.id) return;
    if (progress.stage === 'comparing') {
      if (compared) set({ compared: { ...compared, done: progress.total === null ? progress.done : null } });
      return;
    }
    const isUnpacked = ['unpacking', 'merging'].includes(progress.stage) && progress.done === progress.total;
    set({ progress: isUnpacked ? null : progress });
  });
  engine.on('datasets.finished', ({ id, result, error }) => {
    const { view, before, busy } = get();
    const finished = { busy: null, progress: null, result, error };
    if (id === view?.id && busy === 'converting') set(finished);
    else if (id === before?.view?.id && before.busy === 'converting')
      set({ before: { ...before, ...finished } });
    // Something else was begun with the set meanwhile.
    else if (result) toast(`${result.name} was written. Activity lists it.`);
  });
}

/** Formats this near to each other are all asked for. */
const near = 0.05;

/** The likeliest format of a set, and all that are as likely. */
export const likeliest = ({ candidates }: Pick<DatasetLook, 'candidates'>): DatasetLook['candidates'] =>
  candidates.filter(({ confidence }) => candidates[0]!.confidence - confidence < near);

export const isAmbiguous = (look: Pick<DatasetLook, 'candidates'>): boolean => likeliest(look).length > 1;

export function showStep(step: WizardStep): void {
  set({ step, unopened: null, refused: null });
  const { target, plan, busy, error } = get();
  // Where writing was begun before it was known.
  if (step === 'target' && target !== null && plan === null && busy === null && error === null)
    void measureLoss(target);
}
export const changeFilter = (filter: Partial<DatasetFilter>): void =>
  set((state) => ({ filter: { ...state.filter, ...filter } }));
export const lookAt = (looking: Wizard['looking']): void => set({ looking });
/** Shows the pictures in which something was found, after the changes. */
export const lookAtFinding = (check: string): void =>
  set({ looking: 'pictures', asItIs: false, filter: { ...everything, finding: check } });
/** Shows the pictures without the changes, or with them. Classes and splits may be others. */
export const lookAsItIs = (asItIs: boolean): void => set({ asItIs, filter: everything });
export const changeWriting = (writing: Partial<Writing>): void =>
  set((state) => ({ writing: { ...state.writing, ...writing }, unwritten: null }));

/** How many changes of the steps can be undone. */
const longestPast = 100;

/** Changes what is done to the set on its way; it can be undone. */
export function changeSteps(steps: readonly DatasetStep[], said?: string): void {
  const { steps: before, past } = get();
  takeSteps(steps, { past: [...past.slice(1 - longestPast), before], future: [] });
  // Only what this did is taken back, not what came after it.
  if (said) toast(said, { action: { label: 'Undo', run: () => get().steps === steps && undoSteps() } });
}

/** Takes one of the changes out. */
export function removeStep(place: number): void {
  const { steps } = get();
  const name = titleOf(steps[place]?.name ?? '');
  changeSteps(
    steps.filter((_, at) => at !== place),
    `${name} was taken out`,
  );
}

export function undoSteps(): void {
  const { steps, past, future } = get();
  const before = past.at(-1);
  if (before !== undefined) takeSteps(before, { past: past.slice(0, -1), future: [steps, ...future] });
}

export function redoSteps(): void {
  const { steps, past, future } = get();
  const [next, ...later] = future;
  if (next !== undefined) takeSteps(next, { past: [...past, steps], future: later });
}

function takeSteps(steps: readonly DatasetStep[], history: Pick<Wizard, 'past' | 'future'>): void {
  set({ steps, ...history, ...(get().asItIs ? {} : { filter: everything }) });
  void shapeAgain();
}

/** Makes the changes anew. */
export async function shapeAgain(): Promise<void> {
  const { view, steps } = get();
  if (!view) return;
  set({ shaped: null, plan: null, result: null, error: null, unwritten: null, busy: 'shaping' });
  try {
    const shaped = await call('datasets.shape', { id: view.id, steps: [...steps] });
    if (get().steps !== steps || get().view?.id !== view.id) return;
    set({ shaped, busy: null, progress: null });
    if (get().target !== null) await planFor(get().target ?? '');
  } catch (thrown) {
    if (get().steps === steps && get().view?.id === view.id)
      set({ busy: null, progress: null, error: toErrorValue(thrown) });
  }
}

/** Chooses a format, and names the new folder after it; a name that the person gave stays. */
export function takeTarget(target: string): void {
  const { view, writing, target: before } = get();
  const stem = stemOf(view?.name ?? '');
  const isOwn = writing.name !== '' && writing.name !== `${stem}-${before}`;
  set({ target });
  if (!isOwn) changeWriting({ name: `${stem}-${target}` });
}

/** Chooses a format, and measures what it would lose. */
export async function planFor(target: string): Promise<void> {
  if (!get().view) return;
  takeTarget(target);
  set({ plan: null, result: null, error: null, unwritten: null });
  await measureLoss(target);
}

async function measureLoss(target: string): Promise<void> {
  const { view, steps } = get();
  if (!view) return;
  set({ busy: 'planning' });
  const isStillWanted = (): boolean =>
    get().view?.id === view.id && get().target === target && get().steps === steps;
  try {
    const plan = await call('datasets.plan', { id: view.id, to: target, steps: [...steps] });
    if (isStillWanted()) set({ plan, ...planned() });
  } catch (thrown) {
    if (isStillWanted() && get().busy === 'planning') set({ ...planned(), error: toErrorValue(thrown) });
  }
}

/** Planning is over; what was begun meanwhile is not. */
const planned = (): Partial<Wizard> => (get().busy === 'planning' ? { busy: null, progress: null } : {});

/** A set's name without the ending of its archive. */
export const stemOf = (name: string): string => name.replace(/\.(zip|tar|tgz|tar\.gz)$/i, '');

/** Starts the conversion; its end comes as an event. */
export async function convertDataset(): Promise<void> {
  const { view, target, steps, writing, busy } = get();
  if (!view || target === null) return;
  // Both at once would take twice as long, and tell of two things.
  if (busy === 'planning') cancelShaping();
  set({
    step: 'result',
    busy: 'converting',
    progress: null,
    job: null,
    result: null,
    error: null,
    unwritten: null,
  });
  try {
    const { jobId } = await call('datasets.convert', {
      id: view.id,
      to: target,
      steps: [...steps],
      folder: writing.folder?.id ?? null,
      name: writing.name.trim(),
      media: writing.media,
      overwrite: writing.overwrite,
      strict: writing.strict,
    });
    set({ job: jobId });
  } catch (thrown) {
    if (get().view?.id === view.id) set({ step: 'target', busy: null, unwritten: toErrorValue(thrown) });
  }
}

/** Takes note of a conversion that ended without a result. */
export function conversionEnded(error: ErrorValue | null): void {
  const cancelled: ErrorValue = {
    code: 'CANCELLED',
    message: 'The conversion was cancelled. Nothing was written.',
  };
  if (get().busy === 'converting') set({ busy: null, progress: null, error: error ?? cancelled });
}

/** Ends the making of the changes, or the measuring of what is lost; nothing else that is under way. */
export function cancelShaping(): void {
  const { view } = get();
  if (view) void act('datasets.cancel', { id: view.id, stage: 'planning' });
}

export function cancelWork(): void {
  const { view } = get();
  if (view) void act('datasets.cancel', { id: view.id });
}

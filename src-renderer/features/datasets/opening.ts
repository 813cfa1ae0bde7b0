import type { AdmitResult, DatasetView, ErrorValue } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { act, call, toast } from '../../state/session.ts';
import {
  everything,
  type InnerSet,
  isAmbiguous,
  nothing,
  type Place,
  planFor,
  shapeAgain,
  useWizard,
  type Wizard,
} from './state.ts';

const { getState: get, setState: set } = useWizard;

/** Opens what was dropped or chosen, and reads it when it is clear what it is. */
export async function openDataset({ handles, refused }: AdmitResult): Promise<void> {
  const [handle] = handles;
  if (!handle) {
    toast(refused[0]?.reason ?? 'A dataset is a folder, or a zip or tar file of one.', { tone: 'warning' });
    return;
  }
  await openAt({ handle: handle.id, within: '' }, []);
}

/** Opens one of the sets that lie in the folder; the others stay at hand. */
export async function openInner({ handle, within }: InnerSet): Promise<void> {
  const { view, beside } = get();
  await openAt({ handle, within }, beside.length > 0 ? beside : (view?.sets ?? []));
}

/** Opens the video anew, with one of so many of its frames. */
export async function takeEvery(every: number): Promise<void> {
  const { view, beside } = get();
  if (view?.video) await openAt({ handle: view.video.handle, within: '', every }, beside);
}

/** Opens what could not be read, and asks of which format it is. */
export async function askForFormat(): Promise<void> {
  const { refused } = get();
  if (refused) await openAt(refused, [], true);
}

/** Opens a set. The one that was read before stays, out of sight, until this one is. */
export async function openAt(place: Place, beside: readonly InnerSet[], ask = false): Promise<void> {
  set({ opening: true, unopened: null, refused: null });
  let view: DatasetView;
  try {
    view = await call('datasets.open', place);
  } catch (thrown) {
    return set({ opening: false, unopened: toErrorValue(thrown) });
  }
  leave();
  set({ ...nothing, view, place, beside, before: get().before });
  const { before } = get();
  const isKnown = view.video !== null || view.sets.length + view.candidates.length > 0;
  if (before && !isKnown) return backToLast({ unopened: unknownSet(view.name) });
  const [only, another] = view.sets;
  // A folder around the set and nothing else.
  if (only && !another && view.candidates.length === 0) return openInner(only);
  // Taking frames out costs time and room: which ones is asked first.
  if (only || view.video || ask) return;
  const [best] = view.candidates;
  if (!best || isAmbiguous(view)) return;
  const failed = await readDataset(best.format);
  const refused = view.candidates.length > 1 ? place : null;
  if (failed && get().before && get().view?.id === view.id) backToLast({ unopened: failed, refused });
}

/** What is said of a folder that no format fits. */
export const unknownSet = (name: string): ErrorValue => ({
  code: 'INPUT_UNSUPPORTED',
  message: `${name} is no dataset that is known here.`,
  hint: 'Choose the folder that holds both the pictures and the annotations.',
});

/** Puts the set that was read out of sight; one that was not is let go of. */
function leave(): void {
  const { view, summary, compared, before: _, ...now } = get();
  if (!view) return;
  if (!summary) return void act('datasets.close', { id: view.id });
  if (now.isMerging) void act('datasets.cancel', { id: view.id, stage: 'merging' });
  const isCompared = compared?.difference || compared?.failed;
  const before: Wizard = {
    ...{ ...now, view, summary, before: null, opening: false, isMerging: false, progress: null },
    compared: compared && (isCompared ? compared : { ...compared, of: null }),
  };
  set({ before });
}

/** Shows the set again that stayed while another was looked at, and says why that was not taken. */
export function backToLast(why: Partial<Pick<Wizard, 'unopened' | 'refused'>> = {}): void {
  const { view, before } = get();
  if (!before) return;
  if (view) void act('datasets.close', { id: view.id });
  set({ ...before, opening: false, unopened: null, refused: null, ...why });
  if (before.busy !== 'converting' && !before.shaped) void shapeAgain();
  else if (before.busy === 'planning' && before.target !== null) void planFor(before.target);
}

/** What can be done about a set that can't be read, where nothing says it. */
const mendIt = 'Mend or replace the file, and open the set again.';

/** Reads the whole set as one of a format, and shows it. @returns why it can't be read. */
export async function readDataset(format: string): Promise<ErrorValue | null> {
  const { view, merged, before } = get();
  if (!view) return null;
  if (merged) toast('The set is alone again. Merge it anew where that is wanted.');
  set({
    merged: null,
    unmerged: null,
    busy: 'reading',
    step: 'source',
    error: null,
    summary: null,
    shaped: null,
    plan: null,
    result: null,
    filter: everything,
  });
  try {
    const summary = await call('datasets.read', { id: view.id, format });
    if (get().view?.id !== view.id) return null;
    set({ busy: null, progress: null, summary, step: 'look', before: null });
    if (before?.view) void act('datasets.close', { id: before.view.id });
  } catch (thrown) {
    if (get().view?.id !== view.id) return null;
    const error = { hint: mendIt, ...toErrorValue(thrown) };
    set({ busy: null, progress: null, error });
    if (error.code !== 'CANCELLED') return error;
    backToLast();
    return null;
  }
  await shapeAgain();
  return null;
}

/** Closes the set; one that stayed behind it is shown again. */
export function closeDataset(): void {
  const { view, before } = get();
  if (before) {
    backToLast();
    return;
  }
  if (view) void act('datasets.close', { id: view.id });
  set(nothing);
}

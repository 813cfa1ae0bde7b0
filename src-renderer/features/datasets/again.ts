import type { ErrorValue } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { keepOverReload } from '../../state/reload.ts';
import { act, call, useSession } from '../../state/session.ts';
import { openAt } from './opening.ts';
import { placeOf } from './others.ts';
import { nothing, useWizard, type Wizard } from './state.ts';

const { getState: get, setState: set } = useWizard;

/** The set that was open when the page was left, and the way that it was gone with it. */
interface Remembered {
  /** Of Refinery: another one may think otherwise of it. */
  readonly version: string;
  readonly wizard: Partial<Wizard>;
}

let remembered: Remembered | null = null;

/** Goes on with the set after the page was loaded anew, or the engine started anew. */
export function goOnWithDataset(): void {
  keepOverReload(
    'dataset',
    whatIsOpen,
    (kept) => {
      remembered = kept;
    },
    // Without what can be undone it is a hundredth.
    ({ version, wizard }) => ({ version, wizard: { ...wizard, past: [], future: [] } }),
  );
  useSession.subscribe((now, last) => {
    if (isReady(now) && !isReady(last)) void goOn();
  });
}

const isReady = ({ engineState, info }: ReturnType<typeof useSession.getState>): boolean =>
  engineState.state === 'ready' && info !== null;

function whatIsOpen(): Remembered | null {
  const now = get();
  // One that was looked at, and not read yet, is not gone on with.
  const { view, summary, ...of } = now.before ?? now;
  const version = useSession.getState().info?.version ?? '';
  if (!view) return null;
  // One that is being read is read once more; one that was only looked at is not gone on with.
  if (!summary)
    return of.busy === 'reading' ? { version, wizard: { view, place: of.place, beside: of.beside } } : null;
  const { place, beside, step, merged, looking, asItIs, steps, past, future, target, writing } = of;
  const compared = of.compared && { ...of.compared, of: null, difference: null, done: null, failed: null };
  const busy = of.busy === 'converting' ? of.busy : null;
  const { job, result } = of;
  const wizard = {
    ...{ view, summary, place, beside, step, merged, compared, looking, asItIs, steps, past, future },
    ...{ target, writing, busy, job, result },
  };
  return { version, wizard };
}

/** Once: what is closed afterwards stays closed. */
function takeRemembered(): Partial<Wizard> | null {
  const found = remembered;
  remembered = null;
  return found && found.version === useSession.getState().info?.version ? found.wizard : null;
}

async function goOn(): Promise<void> {
  const now = get();
  if (now.before) {
    const gone: ErrorValue = {
      code: 'ENGINE_GONE',
      message: 'The engine ended meanwhile.',
      hint: 'Open it again.',
    };
    set({ ...now.before, opening: false, unopened: gone });
  }
  if (now.view) return openAgain();
  const last = takeRemembered();
  if (!last?.view) return;
  if (!last.summary) {
    void act('datasets.close', { id: last.view.id });
    if (last.place) await openAt(last.place, last.beside ?? []);
    return;
  }
  const { open } = await call('datasets.isOpen', { id: last.view.id });
  if (get().view) return;
  set({ ...nothing, ...last });
  await (open ? catchUp() : openAgain());
}

/** Reads the set once more in an engine that doesn't know it. */
async function openAgain(): Promise<void> {
  const { view, place, summary, merged, step, busy } = get();
  if (!view || !place) return;
  const isStillOpen = (): boolean => get().view?.id === view.id;
  const isShown = step !== 'result' && summary !== null;
  try {
    if (isShown)
      set({ step: 'source', summary: null, shaped: null, plan: null, busy: 'reading', error: null });
    await call('datasets.open', { ...place, again: view.id });
    if (!summary || !isStillOpen()) return;
    let read = await call('datasets.read', { id: view.id, format: summary.format });
    if (merged) {
      const others = merged.others.map(placeOf);
      read = (await call('datasets.merge', { id: view.id, others, merging: merged.asked })).summary;
    }
    if (!isStillOpen()) return;
    set({
      summary: read,
      progress: null,
      ...(isShown ? { step, busy: busy === 'converting' ? busy : null } : {}),
    });
  } catch (thrown) {
    if (isStillOpen()) set({ busy: null, progress: null, error: toErrorValue(thrown) });
    return;
  }
  await catchUp();
}

/** Finds out what the page forgot: what the changes make of the set, and what became of a conversion. */
async function catchUp(): Promise<void> {
  const { view, steps, busy, job, target } = get();
  if (!view) return;
  const isStillWanted = (): boolean => get().view?.id === view.id && get().steps === steps;
  try {
    if (busy === 'converting' && job !== null) {
      const { result } = await call('datasets.outcome', { job });
      if (result && isStillWanted()) set({ busy: null, progress: null, result });
    }
    const shaped = await call('datasets.shape', { id: view.id, steps: [...steps] });
    // What failed while the engine was gone does not count any more; how a conversion ended does.
    const isOver = get().step !== 'result' && get().busy === null;
    if (isStillWanted()) set({ shaped, progress: null, ...(isOver && { error: null }) });
    if (target === null) return;
    const plan = await call('datasets.plan', { id: view.id, to: target, steps: [...steps] });
    if (isStillWanted() && get().target === target) set({ plan, progress: null });
  } catch (thrown) {
    if (isStillWanted() && get().busy === null) set({ error: toErrorValue(thrown) });
  }
}

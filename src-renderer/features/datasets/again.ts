import type { ErrorValue } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { call, showPage, useSession } from '../../state/session.ts';
import { placeOf } from './others.ts';
import { nothing, useWizard, type Wizard } from './state.ts';

const { getState: get, setState: set } = useWizard;

/** Where the page keeps it. It is the tab's own, and gone with it. */
const key = 'refinery.dataset';

/** The set that was open when the page was left, and the way that it was gone with it. */
interface Remembered {
  /** Of Refinery: another one may think otherwise of it. */
  readonly version: string;
  /** Whether the page showed it. */
  readonly shown: boolean;
  readonly wizard: Partial<Wizard>;
}

/** Goes on with the set after the page was loaded anew, or the engine started anew. */
export function goOnWithDataset(): void {
  window.addEventListener('pagehide', remember);
  useSession.subscribe((now, last) => {
    if (isReady(now) && !isReady(last)) void goOn();
  });
}

const isReady = ({ engineState, info }: ReturnType<typeof useSession.getState>): boolean =>
  engineState.state === 'ready' && info !== null;

function remember(): void {
  const now = get();
  // One that was looked at, and not read yet, is not gone on with.
  const { view, summary, ...of } = now.before ?? now;
  if (!view || !summary) {
    sessionStorage.removeItem(key);
    return;
  }
  const { place, beside, step, merged, looking, asItIs, steps, past, future, target, writing } = of;
  const compared = of.compared && { ...of.compared, of: null, difference: null, done: null, failed: null };
  const busy = of.busy === 'converting' ? of.busy : null;
  const { job, result } = of;
  const wizard = {
    ...{ view, summary, place, beside, step, merged, compared, looking, asItIs, steps, past, future },
    ...{ target, writing, busy, job, result },
  };
  const version = useSession.getState().info?.version ?? '';
  const shown = useSession.getState().page === 'datasets';
  const keep = (history: Partial<Wizard>): void =>
    sessionStorage.setItem(key, JSON.stringify({ version, shown, wizard: { ...wizard, ...history } }));
  try {
    keep({});
  } catch {
    // Too long for what a page may keep: without what can be undone it is a hundredth.
    sessionStorage.removeItem(key);
    keep({ past: [], future: [] });
  }
}

function remembered(): Remembered | null {
  const text = sessionStorage.getItem(key);
  sessionStorage.removeItem(key);
  if (text === null) return null;
  const found = JSON.parse(text) as Remembered;
  return found.version === useSession.getState().info?.version ? found : null;
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
  const last = remembered();
  if (!last?.wizard.view) return;
  const { open } = await call('datasets.isOpen', { id: last.wizard.view.id });
  if (get().view) return;
  set({ ...nothing, ...last.wizard });
  if (last.shown) showPage('datasets');
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

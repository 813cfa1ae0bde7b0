import type { DatasetMerging } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { act, call } from '../../state/session.ts';
import { type Other, placeOf } from './others.ts';
import { everything, shapeAgain, useWizard } from './state.ts';

const { getState: get, setState: set } = useWizard;

/** How sets are merged unless one says otherwise. */
export const usualMerging: DatasetMerging = { mode: 'union' };

/** Merges the open set with these and no others. Where that can't be, what was merged stays. */
export async function mergeWith(others: readonly Other[], asked: DatasetMerging): Promise<void> {
  const { view } = get();
  if (!view) return;
  const isTooMany = asked.quorum !== undefined && asked.quorum > others.length + 1;
  const { quorum, ...rest } = asked;
  const merging = quorum === undefined || isTooMany ? rest : { ...rest, quorum };
  set({ isMerging: true, unmerged: null, progress: null });
  try {
    const made = await call('datasets.merge', { id: view.id, others: others.map(placeOf), merging });
    if (get().view?.id !== view.id) return;
    const merged =
      others.length === 0 ? null : { others, sizes: made.sizes, asked: merging, inForce: made.merging };
    set({ isMerging: false, progress: null, merged, summary: made.summary, filter: everything });
  } catch (thrown) {
    const error = toErrorValue(thrown);
    if (get().view?.id !== view.id) return;
    const isOther = error.code === 'BAD_REQUEST' && merging.mode === 'exact';
    const unmerged = isOther ? { ...error, hint: 'Keep everything of them instead.' } : error;
    set({ isMerging: false, progress: null, unmerged: error.code === 'CANCELLED' ? null : unmerged });
    return;
  }
  await shapeAgain();
}

export function addToMerged(other: Other): Promise<void> {
  const { merged } = get();
  return mergeWith([...(merged?.others ?? []), other], merged?.asked ?? usualMerging);
}

export function cancelMerging(): void {
  const { view } = get();
  if (view) void act('datasets.cancel', { id: view.id, stage: 'merging' });
}

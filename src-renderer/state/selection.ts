import { create } from 'zustand';
import { keepOverReload } from './reload.ts';

interface Selection {
  readonly selected: ReadonlySet<string>;
  /** The one that is shown and that arrows move from. */
  readonly current: string | null;
  /** Where a range begins. */
  readonly anchor: string | null;
}

/** Which jobs of the queue are chosen, and which one is shown. */
export const useSelection = create<Selection>(() => ({ selected: new Set(), current: null, anchor: null }));

/** Of a selection of thousands only the part that is seen is worth to be kept. */
const mostKept = 1_000;

keepOverReload(
  'selection',
  () => {
    const { selected, ...rest } = useSelection.getState();
    return { ...rest, selected: [...selected].slice(0, mostKept) };
  },
  ({ selected, ...rest }) => useSelection.setState({ ...rest, selected: new Set(selected) }),
);

export function select(ids: readonly string[], current: string | null, anchor = current): void {
  useSelection.setState({ selected: new Set(ids), current, anchor });
}

/** What a click or an arrow does to a selection, as lists do everywhere. */
export function nextSelection(
  state: Selection,
  order: readonly string[],
  id: string,
  keys: { readonly shift: boolean; readonly control: boolean },
): Selection {
  if (keys.shift && state.anchor !== null) {
    const [from, to] = [order.indexOf(state.anchor), order.indexOf(id)].sort((a, b) => a - b) as [
      number,
      number,
    ];
    if (from >= 0) return { selected: new Set(order.slice(from, to + 1)), current: id, anchor: state.anchor };
  }
  if (keys.control) {
    const selected = new Set(state.selected);
    if (!selected.delete(id)) selected.add(id);
    return { selected, current: id, anchor: id };
  }
  return { selected: new Set([id]), current: id, anchor: id };
}

/** Who takes the place of one that is gone: the next that is still there, else the one before. */
export function neighbour(
  before: readonly string[],
  gone: string | null,
  isThere: (id: string) => boolean,
): string | undefined {
  const index = gone === null ? -1 : before.indexOf(gone);
  if (index < 0) return undefined;
  return before.slice(index + 1).find(isThere) ?? before.slice(0, index).findLast(isThere);
}

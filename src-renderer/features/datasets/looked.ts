import { useMemo } from 'react';
import type { DatasetSummary } from '../../../src-main/contract/index.ts';
import { useWizard } from './state.ts';

/** The set as it is, or as the changes make it: the one of the two whose pictures are looked at. */
export interface Looked {
  readonly id: string;
  readonly summary: DatasetSummary;
  readonly isChanged: boolean;
  /** The engine's name for a picture of it. */
  readonly picture: (index: number) => string;
}

/** Each making of the changes has a number, so that no picture of an earlier one is shown for one of it. */
const numbers = new WeakMap<object, number>();
let made = 0;

function numberOf(shaped: object): number {
  const number = numbers.get(shaped) ?? ++made;
  numbers.set(shaped, number);
  return number;
}

/** Null while the changes are made, and where they can't be. */
export function useLooked(): Looked | null {
  const { view, summary, steps, asItIs, ...state } = useWizard();
  const id = view?.id;
  const isChanged = steps.length > 0 && !asItIs;
  const shaped = isChanged ? state.shaped : null;
  return useMemo(() => {
    if (id === undefined || !summary) return null;
    if (!isChanged) return { id, summary, isChanged, picture: (index) => `${id}.${index}` };
    if (!shaped) return null;
    const own = `${id}.changed${numberOf(shaped)}`;
    return { id, summary: shaped.summary, isChanged, picture: (index) => `${own}.${index}` };
  }, [id, summary, isChanged, shaped]);
}

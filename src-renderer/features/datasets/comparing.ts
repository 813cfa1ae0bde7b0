import type { DatasetDifferenceKind } from '../../../src-main/contract/index.ts';
import { toErrorValue } from '../../../src-main/contract/index.ts';
import { act, call } from '../../state/session.ts';
import { type Compared, type ComparedOf, type Other, placeOf } from './others.ts';
import { everything, useWizard } from './state.ts';

const { getState: get, setState: set } = useWizard;

const unchanged: ComparedOf['steps'] = [];

/** What is to be compared now: the set with its changes or, where it is looked at as it is, without. */
export const wantedOf = ({ summary, steps, asItIs }: ReturnType<typeof get>): ComparedOf => ({
  summary,
  steps: asItIs || steps.length === 0 ? unchanged : steps,
});

const areSame = (one: ComparedOf | null, other: ComparedOf): boolean =>
  one?.summary === other.summary && one.steps === other.steps;

/** Chooses what the open set is compared with; null for nothing. */
export function compareWith(other: Other | null): void {
  set(({ compared }) => ({
    compared: other && { ...nothingYet, other, pictures: compared?.pictures ?? true },
  }));
}

export const comparePictures = (pictures: boolean): void =>
  set(({ compared }) => ({ compared: compared && { ...compared, ...nothingYet, pictures } }));

export const compareAgain = (): void =>
  set(({ compared }) => ({ compared: compared && { ...compared, ...nothingYet } }));

const nothingYet: Pick<Compared, 'of' | 'difference' | 'done' | 'failed'> = {
  of: null,
  difference: null,
  done: null,
  failed: null,
};

/** Compares, unless that was done or is under way. */
export async function compare(): Promise<void> {
  const { view, compared } = get();
  const of = wantedOf(get());
  if (!view || !compared || areSame(compared.of, of)) return;
  const { other, pictures } = compared;
  set({ compared: { ...compared, ...nothingYet, of } });
  const finish = (result: Partial<Compared>): void => {
    const now = get().compared;
    if (now?.of === of) set({ compared: { ...now, done: null, ...result } });
  };
  try {
    const steps = [...of.steps];
    finish({
      difference: await call('datasets.compare', {
        ...{ id: view.id, steps, pictures },
        other: placeOf(other),
      }),
    });
  } catch (thrown) {
    finish({ failed: toErrorValue(thrown) });
  }
}

export function cancelComparing(): void {
  const { view } = get();
  if (view) void act('datasets.cancel', { id: view.id, stage: 'comparing' });
}

/** Shows the pictures that are different in this way, of the set as it was compared. */
export const lookAtDifference = (difference: DatasetDifferenceKind): void =>
  set({ looking: 'pictures', filter: { ...everything, difference } });

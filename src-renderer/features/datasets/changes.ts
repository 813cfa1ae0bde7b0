import { create } from 'zustand';
import type { DatasetStep, DatasetTransform } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import { changeSteps, showStep, useWizard } from './state.ts';
import { titleOf } from './words.ts';

interface Changes {
  /** Every change that there is. */
  readonly known: readonly DatasetTransform[];
  /** Whether one is being chosen. */
  readonly choosing: boolean;
  /** Place of the one that was just added, which takes the focus. */
  readonly fresh: number | null;
}

/** What can be done to a set on its way. */
export const useChanges = create<Changes>(() => ({ known: [], choosing: false, fresh: null }));

/** Asks the engine what changes there are. */
export async function learnChanges(): Promise<void> {
  try {
    const { transforms } = await call('datasets.transforms', {});
    useChanges.setState({ known: transforms });
  } catch {
    // The engine went: it is asked again when it is back.
  }
}

/** Headings that changes are offered under, in their order. */
export const subjects: ReadonlyArray<readonly [DatasetTransform['about'], string]> = [
  ['splits', 'Splits'],
  ['classes', 'Classes'],
  ['choice', 'What stays'],
  ['annotations', 'Annotations'],
  ['pictures', 'Pictures made anew'],
  ['names', 'Names and order'],
];

/** Changes that most people want, ready made. */
const usual: ReadonlyArray<{ readonly title: string; readonly step: DatasetStep }> = [
  {
    title: 'Split 80 % train, 20 % val',
    step: { name: 'random_split', options: { subsets: { train: 0.8, val: 0.2 }, seed: 0 } },
  },
  { title: 'Drop pictures without annotations', step: { name: 'drop_empty', options: {} } },
  { title: 'Clip shapes to the picture', step: { name: 'clip', options: {} } },
  { title: 'Remove duplicate pictures', step: { name: 'remove_duplicates', options: {} } },
];

/** The usual changes among those that there are. */
export const usualOf = (known: Changes['known']): typeof usual =>
  usual.filter(({ step }) => known.some(({ name }) => name === step.name));

/** Adds a change behind the others, and goes to it. */
export function addChange(name: string): void {
  const { steps } = useWizard.getState();
  changeSteps([...steps, { name, options: {} }]);
  useChanges.setState({ choosing: false, fresh: steps.length });
  showStep('shape');
}

export function chooseChange(): void {
  showStep('shape');
  useChanges.setState({ choosing: true });
}

/** What a change is found by besides its title. */
export const wordsOf = ({ name, aliases, description }: DatasetTransform): string =>
  [name, ...aliases, ...aliases.map(titleOf), description].join(' ');

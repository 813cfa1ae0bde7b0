import { chooseFolder } from '../../app/choose-folder.ts';
import type { Action } from '../../app/page-type.ts';
import { trainWith } from '../../state/hand-over.ts';
import { act, call, useSession } from '../../state/session.ts';
import { addChange, useChanges, usualOf, wordsOf } from './changes.ts';
import { cancelComparing, compareAgain, compareWith } from './comparing.ts';
import { cancelMerging } from './merging.ts';
import { closeDataset, openDataset } from './opening.ts';
import { chooseRecipe, saveRecipe } from './recipes.ts';
import {
  cancelWork,
  changeSteps,
  convertDataset,
  lookAsItIs,
  lookAt,
  planFor,
  redoSteps,
  removeStep,
  showStep,
  stemOf,
  undoSteps,
  useWizard,
  type WizardStep,
} from './state.ts';
import { titleOf } from './words.ts';

export const actions = (): readonly Action[] => [
  {
    id: 'open',
    title: 'Open a dataset',
    words: 'COCO YOLO VOC',
    run: () => void chooseFolder('datasetFolder', (admitted) => void openDataset(admitted)),
  },
  ...(useWizard.getState().view
    ? [...going(), ...changing(), ...looking(), ...writing(), ...ofResult()]
    : []),
];

/** One of the set that is open. */
const action = (title: string, run: () => void, unavailable?: string | false): Action => ({
  id: title,
  title,
  unavailable,
  run,
});

const at = (title: string, step: WizardStep, run: () => void = () => undefined): Action =>
  action(title, () => {
    showStep(step);
    run();
  });

function going(): Action[] {
  const { view, summary, shaped, result, busy, isMerging, compared } = useWizard.getState();
  const isComparing = compared?.done != null;
  return [
    at('Source: what it is', 'source'),
    ...(summary
      ? [at('Look at the pictures', 'look', () => lookAt('pictures')), at('Shape: change it', 'shape')]
      : []),
    ...(summary && shaped ? [at('Target: choose a format', 'target')] : []),
    ...(result ? [at('Result: what was written', 'result')] : []),
    ...(busy === 'reading' || busy === 'converting'
      ? [action(busy === 'reading' ? 'Cancel reading' : 'Cancel the conversion', cancelWork)]
      : []),
    ...(isMerging ? [action('Cancel merging', cancelMerging)] : []),
    ...(isComparing ? [action('Cancel comparing', cancelComparing)] : []),
    action(`Close ${view?.name}`, closeDataset),
  ];
}

function changing(): Action[] {
  const { past, future, summary } = useWizard.getState();
  return [
    ...(past.length > 0 ? [action('Undo the last change', undoSteps)] : []),
    ...(future.length > 0 ? [action('Redo the change', redoSteps)] : []),
    ...(summary ? [at('Merge it with another set', 'source'), ...ofRecipes(), ...ofChanges()] : []),
  ];
}

function ofRecipes(): Action[] {
  const { view, steps } = useWizard.getState();
  return [
    action('Open a recipe', () => void chooseRecipe()),
    ...(view && steps.length > 0
      ? [action('Save the changes as a recipe', () => void saveRecipe(stemOf(view.name)))]
      : []),
  ];
}

/** Every change that can be added, and those that are there, to take them out. */
function ofChanges(): Action[] {
  const { steps } = useWizard.getState();
  const { known } = useChanges.getState();
  return [
    ...steps.map(
      ({ name }, place): Action => ({
        id: `remove ${place}`,
        title: `Take out change ${place + 1}: ${titleOf(name)}`,
        run: () => {
          showStep('shape');
          removeStep(place);
        },
      }),
    ),
    ...usualOf(known).map(({ title, step }) =>
      at(`Change: ${title}`, 'shape', () => changeSteps([...steps, step])),
    ),
    ...known.map(
      (transform): Action => ({
        id: `change ${transform.name}`,
        title: `Change: ${titleOf(transform.name)}`,
        words: wordsOf(transform),
        run: () => addChange(transform.name),
      }),
    ),
  ];
}

function looking(): Action[] {
  const { summary, asItIs, steps, compared } = useWizard.getState();
  if (!summary) return [];
  return [
    at('Look at the figures', 'look', () => lookAt('figures')),
    at('Look for faults', 'look', () => lookAt('findings')),
    at('Compare it with another set', 'look', () => {
      compareWith(null);
      lookAt('comparison');
    }),
    ...(compared?.difference ? [at('Compare again', 'look', compareAgain)] : []),
    ...(steps.length > 0
      ? [
          at(asItIs ? 'Look at it with the changes' : 'Look at it as it is', 'look', () =>
            lookAsItIs(!asItIs),
          ),
        ]
      : []),
  ];
}

function writing(): Action[] {
  const { shaped, target, plan, busy } = useWizard.getState();
  return [
    ...(plan && busy === null && target !== null
      ? [action('Write the new set', () => void convertDataset())]
      : []),
    ...(shaped?.targets ?? [])
      .filter(({ format }) => format !== target)
      .map(({ format, title }) => at(`Target: ${title}`, 'target', () => void planFor(format))),
  ];
}

function ofResult(): Action[] {
  const { result } = useWizard.getState();
  const handle = result?.handle;
  if (!handle) return [];
  return [
    ...(useSession.getState().shell?.native
      ? [action('Show the new set in its folder', () => void act('shell.showFolder', { handle }))]
      : []),
    action(
      'Train a detector with the new set',
      () => void call('files.describe', { id: handle }).then(trainWith),
    ),
  ];
}

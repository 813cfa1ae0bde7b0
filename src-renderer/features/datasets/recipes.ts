import { chooseFiles } from '../../state/actions.ts';
import { act } from '../../state/session.ts';
import { saveFile } from '../../ui/files.ts';
import { changeSteps, changeWriting, showStep, takeTarget, useWizard } from './state.ts';

/** Asks for a recipe that was saved here, or that the command line was given. */
export async function chooseRecipe(): Promise<void> {
  const [file] = await chooseFiles({ only: '.yaml,.yml' });
  if (!file) return;
  showStep('shape');
  await openRecipe(file);
}

/** Saves the changes, the format and what becomes of the pictures, for another time or the command line. */
export async function saveRecipe(name: string): Promise<void> {
  const { summary, target, steps, writing, merged } = useWizard.getState();
  if (!summary) return;
  // Merged sets can be of several formats.
  const from = merged === null ? summary.format : null;
  const asked = { from, to: target, steps: [...steps], media: writing.media };
  const made = await act('datasets.recipe', asked);
  if (made) saveFile(`${name}.recipe.yaml`, new Blob([made.recipe], { type: 'application/yaml' }));
}

/** Takes the changes of a recipe in the place of those that are there, and its pictures and format where it says them. */
async function openRecipe(file: File): Promise<void> {
  const { view } = useWizard.getState();
  const recipe = await act('datasets.openRecipe', { text: await file.text() });
  if (!recipe || useWizard.getState().view?.id !== view?.id) return;
  const { steps, to, media } = recipe;
  if (media !== null) changeWriting({ media });
  if (to !== null) takeTarget(to);
  changeSteps(
    steps,
    steps.length === 1
      ? `The change of ${file.name} was taken`
      : steps.length === 0
        ? `${file.name} has no changes: there are none now`
        : `The ${steps.length} changes of ${file.name} were taken`,
  );
}

import { sayInDialog } from '../ui/dialog-problem.ts';
import { toast } from './session.ts';

/** Puts text on the clipboard and says so, or that it did not work. */
export async function copyText(text: string, said: string): Promise<void> {
  try {
    // Pages of other machines have no clipboard at all, unless they came encrypted.
    await navigator.clipboard.writeText(text);
    toast(said);
  } catch {
    const problem = 'Nothing was copied: the clipboard can’t be reached from here.';
    if (!sayInDialog(problem)) toast(problem, { tone: 'warning' });
  }
}

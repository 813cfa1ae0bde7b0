import { create } from 'zustand';

interface DialogProblem {
  /** Dialogs that are open: what goes wrong meanwhile is said in them, as messages below lie out of reach. */
  readonly open: number;
  readonly problem: string | null;
}

export const useDialogProblem = create<DialogProblem>(() => ({ open: 0, problem: null }));

/** Says in the open dialog what went wrong. @returns false where none is open. */
export function sayInDialog(problem: string): boolean {
  if (useDialogProblem.getState().open === 0) return false;
  useDialogProblem.setState({ problem });
  return true;
}

export function forgetDialogProblem(): void {
  if (useDialogProblem.getState().problem !== null) useDialogProblem.setState({ problem: null });
}

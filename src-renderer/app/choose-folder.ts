import type { AdmitResult, DialogPurpose, FileKind } from '../../src-main/contract/index.ts';
import { openDialog } from '../state/actions.ts';
import { remember } from '../state/recent.ts';
import { call, toast, useSession } from '../state/session.ts';
import { openServerPath } from './server-path.tsx';

/** What is chosen then, and comes up among the recent files. */
const kinds: Partial<Record<DialogPurpose, FileKind>> = {
  datasetFolder: 'dataset',
  detectorFolder: 'detector',
  runFolder: 'training',
};

/**
 * Lets a person name a folder of the engine's machine: in the system's dialog or, in a browser, by its path on the
 * server, if folders were allowed there. Large folders are not uploaded.
 */
export async function chooseFolder(
  purpose: DialogPurpose,
  receive: (admitted: AdmitResult) => void,
): Promise<void> {
  const kind = kinds[purpose];
  const take = (admitted: AdmitResult): void => {
    if (kind && admitted.handles.length > 0) remember({ kind, handles: admitted.handles });
    receive(admitted);
  };
  // Asked for before the window knew what surrounds it.
  const shell = useSession.getState().shell ?? (await call('shell.info', {}));
  if (shell.native) {
    const admitted = await openDialog(purpose);
    if (admitted.handles.length > 0) take(admitted);
  } else if (shell.allowedFolders.length > 0) openServerPath(take);
  else {
    toast('Start Refinery with --allow and the folder to use it in a browser.', { tone: 'warning' });
  }
}

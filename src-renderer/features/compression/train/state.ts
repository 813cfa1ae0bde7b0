import { create } from 'zustand';
import { persist } from 'zustand/middleware';
import type {
  AdmitResult,
  DialogPurpose,
  EnvironmentView,
  FileHandle,
  InstallingView,
  StartedTraining,
} from '../../../../src-main/contract/index.ts';
import { chooseFolder } from '../../../app/choose-folder.ts';
import { openServerPath } from '../../../app/server-path.tsx';
import { openDialog } from '../../../state/actions.ts';
import { act, call, useSession } from '../../../state/session.ts';

interface Starting {
  /** Folder of a Python environment; null is Refinery's own. */
  readonly python: FileHandle | null;
  readonly environment: EnvironmentView | null;
  readonly looking: boolean;
  readonly installing: InstallingView | null;
  readonly script: FileHandle | null;
  readonly config: FileHandle | null;
  readonly folder: FileHandle | null;
  readonly name: string;
  readonly arguments: string;
  /** Goes on in a folder that has a training. */
  readonly again: boolean;
  readonly processes: number;
  readonly starting: boolean;
  /** The one whose folder is watched. */
  readonly training: StartedTraining | null;
  /** Whether it is asked if that is to be ended at once. */
  readonly asksToEnd: boolean;
}

/** Names as optimum-intel's examples have them; other scripts may name them otherwise. */
const usual = `--model_name_or_path bert-base-uncased
--nncf_compression_config {config}
--output_dir {output}
--overwrite_output_dir
--do_train --do_eval
--num_train_epochs 5
--per_device_train_batch_size 32
--learning_rate 2e-5
--logging_steps 10
--save_strategy epoch
--report_to tensorboard`;

/** What is typed is remembered on this machine; what is chosen from the disk is chosen anew. */
export const useStarting = create<Starting>()(
  persist(
    (): Starting => ({
      python: null,
      environment: null,
      looking: false,
      installing: null,
      script: null,
      config: null,
      folder: null,
      name: 'jpqd-1',
      arguments: usual,
      again: false,
      processes: 1,
      starting: false,
      training: null,
      asksToEnd: false,
    }),
    {
      name: 'refinery-training',
      partialize: ({ arguments: given, processes }) => ({ arguments: given, processes }),
    },
  ),
);

const set = useStarting.setState;
const get = useStarting.getState;

/** A file of the engine's machine: a script and what it reads lie there already. */
async function chooseFile(purpose: DialogPurpose, take: (handle: FileHandle) => void): Promise<void> {
  const { shell } = useSession.getState();
  const first = ({ handles: [handle] }: AdmitResult): void => {
    if (handle) take(handle);
  };
  if (shell?.native === false) openServerPath(first);
  else first(await openDialog(purpose));
}

const asFolder =
  (take: (folder: FileHandle) => void) =>
  ({ handles: [folder] }: AdmitResult): void => {
    if (folder?.kind === 'folder') take(folder);
  };

export const chooseScript = (): void => void chooseFile('trainingScript', (script) => set({ script }));
export const chooseConfiguration = (): void => void chooseFile('configuration', (config) => set({ config }));
export const chooseOutput = (): void =>
  void chooseFolder(
    'outputFolder',
    asFolder((folder) => set({ folder })),
  );
export const chooseEnvironment = (): void =>
  void chooseFolder(
    'pythonFolder',
    asFolder((folder) => void choosePython(folder)),
  );

/** Looks at the chosen environment; trying the import takes seconds. */
export async function lookAtPython(tryImport = false): Promise<void> {
  const { python } = get();
  set({ looking: true });
  const environment = await act('training.environment', { python: python?.id ?? null, tryImport });
  if (get().python === python) set({ looking: false, ...(environment ? { environment } : {}) });
}

export async function choosePython(python: FileHandle | null): Promise<void> {
  set({ python, environment: null });
  await lookAtPython();
}

/** Files that were dropped: the script and the configuration by their endings, a folder is where it goes. */
export function takeFiles({ handles }: AdmitResult): void {
  for (const handle of handles) {
    if (handle.kind === 'folder') set({ folder: handle });
    else if (/\.py$/i.test(handle.name)) set({ script: handle });
    else if (/\.json$/i.test(handle.name)) set({ config: handle });
  }
}

export function onInstalling(installing: InstallingView): void {
  set({ installing });
  if (installing.doing === null && installing.error === null) void lookAtPython(true);
}

/** @returns the folder of the training that was started. */
export async function startTraining(): Promise<FileHandle | undefined> {
  const { python, script, config, folder, name, again, processes, arguments: given } = get();
  if (!script || !folder) return undefined;
  set({ starting: true });
  const training = await act('training.start', {
    python: python?.id ?? null,
    script: script.id,
    config: config?.id ?? null,
    arguments: given,
    folder: folder.id,
    name: name.trim(),
    again,
    processes,
  });
  set({ starting: false, ...(training ? { training } : {}) });
  return training?.folder;
}

/** Looks whether a folder's training was started here. */
export async function findTraining(folder: FileHandle): Promise<void> {
  const found = await act('training.state', { folder: folder.id });
  set({ training: found?.training ?? null });
}

/** Asks again, quietly: the next time is soon. */
export async function lookAgain(folder: string): Promise<void> {
  const found = await call('training.state', { folder }).catch(() => null);
  if (found?.training) onTraining(found.training);
}

export function onTraining(training: StartedTraining): void {
  if (get().training?.folder.id === training.folder.id) set({ training });
}

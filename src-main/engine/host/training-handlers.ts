import { join } from 'node:path';
import { RefineryError, toErrorValue } from '../../contract/errors.ts';
import type { EventName, EventPayload } from '../../contract/methods.ts';
import type { EnvironmentView, StartedTraining } from '../../contract/training.ts';
import type { Handlers } from '../../contract/wire.ts';
import { type EnvironmentPlan, installEnvironment } from '../python/environment.ts';
import {
  interpreterOf,
  judgeEnvironment,
  type LaunchState,
  launchAgain,
  launchState,
  launchTraining,
  lookAtEnvironment,
  planTrainingEnvironment,
  stopTraining,
} from '../training/index.ts';
import { type Folders, forPeople } from './folders.ts';
import type { Handles } from './handles.ts';
import type { StartedFolders } from './training-list.ts';

interface Parts {
  readonly handles: Handles;
  readonly folders: Folders;
  /** Remembers where trainings were started. */
  readonly started: StartedFolders;
  readonly emit: <Name extends EventName>(name: Name, payload: EventPayload<Name>) => void;
}

type ListMethod = 'training.list' | 'training.goOn' | 'training.forget';
type TrainingMethod = Exclude<Extract<keyof Handlers, `training.${string}`>, ListMethod>;

/** Answers `training.*`: environments for JPQD, and trainings that are started and stopped from here. */
export function trainingHandlers({ handles, folders, started, emit }: Parts): {
  readonly handlers: Pick<Handlers, TrainingMethod>;
  /** Starts the training of a folder again. */
  launchAgain(output: string): Promise<void>;
  close(): void;
} {
  const scripts = join(folders.models, 'training');
  let installing: AbortController | undefined;
  const ownPlan = (): Promise<EnvironmentPlan> => planTrainingEnvironment(folders.cache, scripts);

  async function interpreter(choice: string | null): Promise<string> {
    if (choice !== null) return interpreterOf(handles.path(choice));
    const { python, missing } = await ownPlan();
    if (missing.length === 0) return python;
    throw new RefineryError('RUNTIME_NOT_FOUND', 'Refinery’s environment for trainings isn’t made yet.', {
      hint: 'Make it, or choose the Python of an environment of your own.',
    });
  }

  async function state(folder: string): Promise<StartedTraining | null> {
    const path = handles.path(folder);
    const found = await launchState(path);
    return found ? trainingView(await handles.describe(folder), found) : null;
  }

  const tell = async (folder: string): Promise<void> => {
    const now = await state(folder).catch(() => null);
    if (now) emit('training.changed', now);
  };

  async function install(plan: EnvironmentPlan, cancel: AbortController): Promise<void> {
    let error: unknown = null;
    try {
      await installEnvironment(plan, cancel.signal, (doing) =>
        emit('training.installing', { doing, error: null }),
      );
    } catch (thrown) {
      error = thrown;
    }
    if (installing === cancel) installing = undefined;
    emit('training.installing', { doing: null, error: error === null ? null : toErrorValue(error) });
  }

  return {
    handlers: {
      'training.environment': async ({ python, tryImport }): Promise<EnvironmentView> => {
        const plan = await ownPlan();
        const own = plan.missing.length === 0 ? plan.python : undefined;
        const path = python === null ? own : interpreterOf(handles.path(python));
        const toInstall = own ? null : { download: plan.download, disk: plan.disk };
        if (path === undefined) return { location: null, findings: [], toInstall };
        const found = await lookAtEnvironment(path, scripts, { tryImport });
        return { location: forPeople(path), findings: judgeEnvironment(found), toInstall };
      },
      'training.install': async () => {
        const plan = await ownPlan();
        if (!installing && plan.missing.length > 0) {
          installing = new AbortController();
          emit('training.installing', { doing: 'Looking for Python', error: null });
          void install(plan, installing);
        }
        return {};
      },
      'training.cancelInstall': () => {
        installing?.abort();
        return {};
      },
      'training.start': async ({
        python,
        script,
        config,
        arguments: given,
        folder,
        name,
        again,
        processes,
      }) => {
        const output = join(handles.path(folder), name);
        let handle = '';
        const launched = await launchTraining(
          {
            python: await interpreter(python),
            script: handles.path(script),
            arguments: given,
            ...(config === null ? {} : { config: handles.path(config) }),
            output,
            scripts,
            again,
            processes,
          },
          () => void tell(handle),
        );
        const [described] = (await handles.admit([output])).handles;
        if (!described) throw new RefineryError('OUTPUT_NOT_WRITABLE', 'The training’s folder went away.');
        handle = described.id;
        started.add(output);
        return trainingView(described, launched);
      },
      'training.stop': async ({ folder, how }) => {
        await stopTraining(handles.path(folder), how);
        await tell(folder);
        return {};
      },
      'training.state': async ({ folder }) => ({ training: await state(folder) }),
    },
    async launchAgain(output) {
      const [folder] = (await handles.admit([output])).handles;
      await launchAgain(output, scripts, () => folder && void tell(folder.id));
      started.add(output);
      if (folder) await tell(folder.id);
    },
    // Trainings go on: they are told of again when their folder is opened.
    close: () => installing?.abort(),
  };
}

function trainingView(
  folder: StartedTraining['folder'],
  { phase, record, tail }: LaunchState,
): StartedTraining {
  return {
    folder,
    phase,
    startedAt: Date.parse(record.startedAt),
    endedAt: record.endedAt === null ? null : Date.parse(record.endedAt),
    code: record.code,
    signal: record.signal,
    tail: [...tail],
  };
}

import { basename } from 'node:path';
import { z } from 'zod';
import { RefineryError } from '../../contract/errors.ts';
import type { ListedTraining } from '../../contract/training.ts';
import type { Handlers } from '../../contract/wire.ts';
import type { Journal } from '../jobs/journal.ts';
import { type LaunchState, launchState } from '../training/index.ts';
import { type DetectorTrainings, wayOn, weightsIn } from './detector-training.ts';
import type { Handles } from './handles.ts';
import type { TrainingRecord, TrainingRecords } from './training-records.ts';

/** Folders of trainings with JPQD that were started here, the newest first; they outlive the engine. */
export class StartedFolders {
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  list(): string[] {
    const text = this.#journal.fact(foldersKey);
    return text === undefined ? [] : z.array(z.string()).catch([]).parse(JSON.parse(text));
  }

  add(folder: string): void {
    this.#save([folder, ...this.list().filter((other) => other !== folder)].slice(0, mostFolders));
  }

  remove(folder: string): void {
    this.#save(this.list().filter((other) => other !== folder));
  }

  #save(folders: readonly string[]): void {
    this.#journal.setFact(foldersKey, JSON.stringify(folders));
  }
}

const foldersKey = 'startedTrainings';
const mostFolders = 50;

interface Parts {
  readonly handles: Handles;
  readonly records: TrainingRecords;
  readonly detectors: DetectorTrainings;
  readonly folders: StartedFolders;
  /** Starts a training with JPQD again, as it was started. */
  readonly launchAgain: (folder: string) => Promise<void>;
}

type ListMethod = 'training.list' | 'training.goOn' | 'training.forget';

/** Answers what is asked of all trainings that were started here, whichever they are. */
export function trainingListHandlers(parts: Parts): Pick<Handlers, ListMethod> {
  const { handles, records, detectors, folders, launchAgain } = parts;
  /** The folder of a training with JPQD, which is what it goes by. */
  const folderOf = (id: string): string | undefined => {
    const known = records.list().some((record) => record.id === id);
    return known ? undefined : handles.path(id);
  };
  const handleOf = async (path: string | null): Promise<ListedTraining['folder']> =>
    path === null ? null : ((await handles.admit([path])).handles[0] ?? null);

  async function ofDetector(record: TrainingRecord): Promise<ListedTraining> {
    const { id, wanted, phase, startedAt, endedAt, progress } = record;
    const { epoch, epochs, best } = progress;
    const isRunning = ['starting', 'training', 'exporting'].includes(phase);
    return {
      id,
      kind: 'detector',
      name: basename(wanted.folder),
      state: isRunning ? 'running' : (phase as ListedTraining['state']),
      detail: [
        epochs > 0 && `${epoch} of ${epochs} epochs`,
        best && `best ${best.figure} ${best.value.toFixed(3)} in epoch ${best.epoch}`,
      ]
        .filter(Boolean)
        .join(', '),
      startedAt,
      endedAt,
      folder: await handleOf(progress.folder),
      weights: await handleOf(await weightsIn(progress.folder)),
      goesOn: isRunning || phase === 'done' ? null : await wayOn(record),
    };
  }

  async function withCompression(path: string): Promise<ListedTraining[]> {
    const state = await launchState(path).catch(() => undefined);
    const folder = await handleOf(path);
    // A folder that was removed took its training with it.
    if (!state || !folder) return [];
    const { record } = state;
    const isRunning = state.phase === 'running' || state.phase === 'stopping';
    return [
      {
        id: folder.id,
        kind: 'compression',
        name: folder.name,
        state: listedState(state),
        detail: state.tail.at(-1)?.slice(0, 200) ?? '',
        startedAt: Date.parse(record.startedAt),
        endedAt: record.endedAt === null ? null : Date.parse(record.endedAt),
        folder,
        weights: null,
        goesOn: isRunning || state.phase === 'ended' ? null : 'again',
      },
    ];
  }

  return {
    'training.list': async () => {
      const listed = [
        ...(await Promise.all(records.list().map(ofDetector))),
        ...(await Promise.all(folders.list().map(withCompression))).flat(),
      ];
      const at = ({ startedAt, endedAt }: ListedTraining): number => endedAt ?? startedAt;
      return { trainings: listed.sort((a, b) => at(b) - at(a)) };
    },
    'training.goOn': async ({ id, how }) => {
      const folder = folderOf(id);
      if (folder !== undefined) await launchAgain(folder);
      else if (how === 'again') detectors.again(id);
      else await detectors.resume(id);
      return {};
    },
    'training.forget': async ({ id }) => {
      const folder = folderOf(id);
      if (folder === undefined) detectors.forget(id);
      else if ((await launchState(folder))?.phase === 'running') {
        throw new RefineryError('JOB_STATE', 'This training runs.', { hint: 'Stop it first.' });
      } else folders.remove(folder);
      return {};
    },
  };
}

function listedState({ phase, record }: LaunchState): ListedTraining['state'] {
  switch (phase) {
    case 'running':
    case 'stopping':
      return 'running';
    case 'ended':
      return 'done';
    case 'failed':
      return record.signal === null ? 'failed' : 'stopped';
    case 'lost':
      return 'interrupted';
  }
}

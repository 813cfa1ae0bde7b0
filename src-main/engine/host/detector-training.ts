import { randomUUID } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { DetectorTraining, DetectorTrainingChoices } from '../../contract/detectors.ts';
import { type ErrorValue, RefineryError, toErrorValue } from '../../contract/errors.ts';
import type { ListedTraining } from '../../contract/training.ts';
import { handOff, modelFor } from '../datasets/training/index.ts';
import {
  afterLine,
  findTrainer,
  notStarted,
  parseTrainingLine,
  type TrainingProgress,
  trainingCharts,
} from '../detection/training/index.ts';
import { exists } from '../io/atomic.ts';
import { runProcess } from '../python/process.ts';
import type { Handles } from './handles.ts';
import type { TrainingRecord, TrainingRecords, WantedTraining } from './training-records.ts';

interface TrainingsOptions {
  readonly handles: Handles;
  readonly records: TrainingRecords;
  /** Folder of the script. */
  readonly scripts: string;
  readonly onChanged: (training: DetectorTraining) => void;
}

/** Lines that are kept of what Ultralytics prints. */
const keptLines = 200;

/** Which training it is, and when it began. */
type Course = Pick<TrainingRecord, 'id' | 'wanted' | 'startedAt'>;

/** What is left to do: weights to go on from, or to export. */
type Left = { readonly resume: string } | { readonly export: string };

/** Trains detectors: one at a time, exported to OpenVINO at the end. What was told is remembered. */
export class DetectorTrainings {
  readonly #options: TrainingsOptions;
  #course: Course | undefined;
  #progress: TrainingProgress = notStarted;
  #latest: DetectorTraining | null = null;
  #log: string[] = [];
  #startedAt = 0;
  /** Part that was done when this run of the script began. */
  #begunAt = 0;
  #telling: Promise<void> = Promise.resolve();
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;
  #closing = false;

  constructor(options: TrainingsOptions) {
    this.#options = options;
    const [last] = options.records.list();
    if (last) this.#telling = this.#take(last);
  }

  /** The training that runs, or the one that ran last, before the engine was started as well. */
  async current(): Promise<DetectorTraining | null> {
    await this.#telling;
    return this.#latest;
  }

  /**
   * Begins, once the dataset was looked at as Ultralytics would.
   *
   * @throws {RefineryError} `JOB_STATE` while one runs, `RUNTIME_NOT_FOUND` without Ultralytics, `INPUT_UNSUPPORTED` for
   *   a set that can't be trained with.
   */
  async start(python: string | undefined, dataset: string, choices: DetectorTrainingChoices): Promise<void> {
    this.#refuseTwo();
    const trainer = await findTrainer(python);
    if (!trainer?.version) {
      throw new RefineryError('RUNTIME_NOT_FOUND', 'No Python with Ultralytics was found.', {
        hint: 'Choose the environment that has it, or install it: pip install ultralytics openvino.',
      });
    }
    const checked = await handOff(dataset);
    if (!checked.trains) {
      const reason = checked.findings.find(({ severity }) => severity === 'error');
      throw new RefineryError(
        'INPUT_UNSUPPORTED',
        `Ultralytics would not train with this set: ${reason?.title}.`,
        {
          hint: reason?.hint ?? 'Convert it to YOLO (Ultralytics) first.',
        },
      );
    }
    this.#refuseTwo();
    this.#progress = { ...notStarted, epochs: choices.epochs };
    this.#log = [];
    const { data, task } = checked;
    const folder = task === 'classify' ? data : dirname(data);
    // A model of another task would train, and learn no more than upright boxes.
    const fitting = { ...choices, model: modelFor(task, choices.model) };
    this.#beginAnew({ dataset: data, folder, python: trainer.python, choices: fitting });
  }

  /**
   * Goes on from the last epoch that was finished, or with the export that is left to do.
   *
   * @param id of one of the records; absent: the one that ran last.
   * @throws {RefineryError} `JOB_STATE` where there is nothing to go on with.
   */
  async resume(id?: string): Promise<void> {
    this.#refuseTwo();
    await this.#telling;
    const record = this.#options.records.list().find((one) => id === undefined || one.id === id);
    const last = record && (await lastWeights(record));
    const best = record && (await unexported(record));
    this.#refuseTwo();
    if (!record || !(last || best)) {
      throw new RefineryError('JOB_STATE', 'There is no training to go on with.', {
        hint: 'Start a new one.',
      });
    }
    await this.#take(record);
    this.#progress = { ...this.#progress, phase: 'starting', error: null };
    this.#begin(record, last ? { resume: last } : { export: best! });
  }

  /** Begins one of the records anew, with what it began with. @throws {RefineryError} `JOB_STATE`, `JOB_NOT_FOUND` */
  again(id: string): void {
    this.#refuseTwo();
    const record = this.#options.records.list().find((one) => one.id === id);
    if (!record) throw new RefineryError('JOB_NOT_FOUND', 'This training is not known any more.');
    this.#beginAnew(record.wanted);
  }

  /** Takes a record off, unless it is of the one that runs. */
  forget(id: string): void {
    if (this.#running && this.#course?.id === id) this.#refuseTwo();
    this.#options.records.remove(id);
    if (this.#course?.id !== id) return;
    this.#course = undefined;
    this.#latest = null;
  }

  stop(): void {
    this.#running?.abort.abort();
  }

  async close(): Promise<void> {
    // What is cut off now is remembered as it was: it did not end.
    this.#closing = true;
    this.stop();
    await this.#running?.ended;
  }

  #refuseTwo(): void {
    if (!this.#running) return;
    throw new RefineryError('JOB_STATE', 'A detector is being trained already.', {
      hint: 'Wait until it is done, or stop it.',
    });
  }

  /** Takes over what is remembered of a training. */
  async #take(record: TrainingRecord): Promise<void> {
    const { id, wanted, startedAt, phase, progress, log, error } = record;
    this.#course = { id, wanted, startedAt };
    this.#progress = { ...progress, series: new Map(progress.series) };
    this.#log = [...log];
    this.#latest = await this.#view(phase, this.#progress, error);
  }

  #beginAnew(wanted: WantedTraining): void {
    this.#progress = { ...notStarted, epochs: wanted.choices.epochs };
    this.#log = [];
    this.#begin({ id: randomUUID(), wanted, startedAt: Date.now() });
  }

  #begin({ id, wanted, startedAt }: Course, left?: Left): void {
    const abort = new AbortController();
    this.#course = { id, wanted, startedAt };
    this.#startedAt = Date.now();
    this.#begunAt = this.#progress.fraction;
    this.#running = {
      abort,
      ended: this.#run(wanted, left, abort.signal).finally(() => {
        this.#running = undefined;
      }),
    };
  }

  async #run(
    { dataset, folder, python, choices }: WantedTraining,
    left: Left | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const asked = left
      ? {
          ...('resume' in left ? { resume: true, model: left.resume } : { export: true, model: left.export }),
          imgsz: choices.imageSize,
        }
      : {
          data: dataset,
          model: choices.model,
          epochs: choices.epochs,
          imgsz: choices.imageSize,
          batch: choices.batch,
          project: `${folder}-training`,
          name: 'train',
        };
    await this.#tell('starting');
    try {
      const note = (text: string): void => {
        // Bars are drawn over and over on one line.
        const line = stripVTControlCharacters(text.split('\r').at(-1) ?? '').trimEnd();
        if (line !== '') this.#log = [...this.#log.slice(1 - keptLines), line.slice(0, 400)];
      };
      const { code, errors } = await runProcess(
        python,
        ['-u', join(this.#options.scripts, 'train_detector.py'), JSON.stringify(asked)],
        {
          env: { PYTHONUTF8: '1' },
          signal,
          onLine: (text) => {
            const line = parseTrainingLine(text);
            if (!line) return note(text);
            this.#progress = afterLine(this.#progress, line);
            void this.#tell(this.#progress.phase);
          },
        },
      );
      // Whatever happens at its very end: all that was wanted is there.
      if (code === 0 || this.#progress.exported !== null) return await this.#tell('done');
      const { error, weights } = this.#progress;
      const why = error?.message || 'Ultralytics ended with an error.';
      const failed = new RefineryError(
        'RUNTIME_FAILED',
        weights === null ? why : `The training is done, but its export failed: ${why}`,
        { hint: hintFor(`${error?.kind} ${error?.message} ${errors}`), details: errors },
      );
      await this.#tell(weights === null ? 'failed' : 'done', failed);
    } catch (thrown) {
      if (signal.aborted) await this.#tell('stopped');
      else await this.#tell('failed', thrown);
    }
  }

  /** Tells one after the other: finding a handle may take longer for an earlier one, which must not come last. */
  #tell(phase: DetectorTraining['phase'], error: unknown = null): Promise<void> {
    const progress = this.#progress;
    this.#telling = this.#telling.then(() => this.#send(phase, progress, error));
    return this.#telling;
  }

  async #send(phase: DetectorTraining['phase'], progress: TrainingProgress, error: unknown): Promise<void> {
    const before = this.#latest;
    const failure = error === null ? null : toErrorValue(error);
    if (!this.#closing && (before?.phase !== phase || before.epoch !== progress.epoch))
      this.#remember(phase, progress, failure);
    const training = await this.#view(phase, progress, failure);
    this.#latest = training;
    this.#options.onChanged(training);
  }

  #remember(phase: DetectorTraining['phase'], progress: TrainingProgress, error: ErrorValue | null): void {
    if (!this.#course) return;
    const isOver = !['starting', 'training', 'exporting'].includes(phase);
    const series = Array.from(progress.series, ([name, points]): [string, [number, number][]] => [
      name,
      points.map(([at, value]) => [at, value]),
    ]);
    this.#options.records.save({
      ...this.#course,
      phase,
      endedAt: isOver ? Date.now() : null,
      progress: { ...progress, series },
      log: this.#log,
      error,
    });
  }

  async #view(
    phase: DetectorTraining['phase'],
    progress: TrainingProgress,
    error: ErrorValue | null,
  ): Promise<DetectorTraining> {
    const { epoch, epochs, fraction, best, folder, exported } = progress;
    const since = Date.now() - this.#startedAt;
    const gained = fraction - this.#begunAt;
    return {
      name: basename(this.#course?.wanted.folder ?? ''),
      phase,
      epoch,
      epochs,
      fraction,
      timeLeft: phase === 'training' && gained > 0 ? (since * (1 - fraction)) / gained : null,
      charts: trainingCharts(progress),
      best,
      folder: await this.#handle(folder),
      exported: await this.#handle(exported),
      weights: await this.#handle(await weightsIn(folder)),
      resumable: (await lastWeights({ phase, progress })) !== null,
      log: this.#log,
      error,
    };
  }

  async #handle(path: string | null): Promise<DetectorTraining['folder']> {
    return path === null ? null : ((await this.#options.handles.admit([path])).handles[0] ?? null);
  }
}

/** Ultralytics' weights in a training's folder: the best so far, or those of the last epoch. */
export async function weightsIn(folder: string | null): Promise<string | null> {
  for (const name of folder === null ? [] : ['best.pt', 'last.pt']) {
    const path = join(folder!, 'weights', name);
    if (await exists(path)) return path;
  }
  return null;
}

/** What Ultralytics can go on from; null for one that is not over, or is done, or left nothing. */
async function lastWeights({
  phase,
  progress: { folder, epoch, epochs },
}: {
  readonly phase: DetectorTraining['phase'];
  readonly progress: Pick<TrainingProgress, 'folder' | 'epoch' | 'epochs'>;
}): Promise<string | null> {
  const isOver = phase === 'stopped' || phase === 'failed' || phase === 'interrupted';
  if (!isOver || folder === null || epoch === 0 || epoch >= epochs) return null;
  const last = join(folder, 'weights', 'last.pt');
  return (await exists(last)) ? last : null;
}

/** The best weights of one that was through its epochs and has no export; null for every other. */
async function unexported({
  phase,
  progress,
}: Pick<TrainingRecord, 'phase' | 'progress'>): Promise<string | null> {
  const { folder, epoch, epochs, exported } = progress;
  const isOver = phase === 'stopped' || phase === 'failed' || phase === 'interrupted';
  return isOver && exported === null && epochs > 0 && epoch >= epochs ? weightsIn(folder) : null;
}

/** How one that is over can go on. */
export async function wayOn(
  record: Pick<TrainingRecord, 'phase' | 'progress'>,
): Promise<NonNullable<ListedTraining['goesOn']>> {
  if ((await lastWeights(record)) !== null) return 'resume';
  return (await unexported(record)) === null ? 'again' : 'export';
}

function hintFor(text: string): string {
  if (/out of memory|MemoryError/i.test(text)) return 'Take fewer pictures at once, or smaller ones.';
  if (/ConnectionError|URLError|download|offline/i.test(text)) {
    return 'The weights could not be downloaded. Choose a model that ends with .yaml, or connect this machine.';
  }
  return 'The last lines of its log say more.';
}

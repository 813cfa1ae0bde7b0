import { basename, dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { DetectorTraining, DetectorTrainingChoices } from '../../contract/detectors.ts';
import { RefineryError, toErrorValue } from '../../contract/errors.ts';
import { handOff, modelFor } from '../datasets/training/index.ts';
import {
  afterLine,
  findTrainer,
  notStarted,
  parseTrainingLine,
  type TrainingProgress,
  trainingCharts,
} from '../detection/training/index.ts';
import { runProcess } from '../python/process.ts';
import type { Handles } from './handles.ts';

interface TrainingsOptions {
  readonly handles: Handles;
  /** Folder of the script. */
  readonly scripts: string;
  readonly onChanged: (training: DetectorTraining) => void;
}

/** What the script is asked for. */
interface Wanted {
  /** Its `data.yaml`, or its folder for classes of whole pictures. */
  readonly dataset: string;
  readonly folder: string;
  readonly python: string;
  readonly choices: DetectorTrainingChoices;
  /** A run's last.pt, to go on from. */
  readonly resume?: string;
}

/** Lines that are kept of what Ultralytics prints. */
const keptLines = 200;

/** Trains detectors: one at a time, exported to OpenVINO at the end. */
export class DetectorTrainings {
  readonly #options: TrainingsOptions;
  #wanted: Wanted | undefined;
  #progress: TrainingProgress = notStarted;
  #latest: DetectorTraining | null = null;
  #log: string[] = [];
  #startedAt = 0;
  /** Part that was done when this run of the script began. */
  #begunAt = 0;
  #telling: Promise<void> = Promise.resolve();
  #running: { readonly abort: AbortController; readonly ended: Promise<void> } | undefined;

  constructor(options: TrainingsOptions) {
    this.#options = options;
  }

  get latest(): DetectorTraining | null {
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
    this.#begin({ dataset: data, folder, python: trainer.python, choices: fitting });
  }

  /** @throws {RefineryError} `JOB_STATE` where there is nothing to go on with. */
  resume(): void {
    this.#refuseTwo();
    const { folder } = this.#progress;
    if (!this.#wanted || !this.#latest?.resumable || folder === null) {
      throw new RefineryError('JOB_STATE', 'There is no training to go on with.', {
        hint: 'Start a new one.',
      });
    }
    this.#progress = { ...this.#progress, phase: 'starting', error: null };
    this.#begin({ ...this.#wanted, resume: join(folder, 'weights', 'last.pt') });
  }

  stop(): void {
    this.#running?.abort.abort();
  }

  async close(): Promise<void> {
    this.stop();
    await this.#running?.ended;
  }

  #refuseTwo(): void {
    if (!this.#running) return;
    throw new RefineryError('JOB_STATE', 'A detector is being trained already.', {
      hint: 'Wait until it is done, or stop it.',
    });
  }

  #begin(wanted: Wanted): void {
    const abort = new AbortController();
    this.#wanted = wanted;
    this.#startedAt = Date.now();
    this.#begunAt = this.#progress.fraction;
    this.#running = {
      abort,
      ended: this.#run(wanted, abort.signal).finally(() => {
        this.#running = undefined;
      }),
    };
  }

  async #run({ dataset, folder, python, choices, resume }: Wanted, signal: AbortSignal): Promise<void> {
    const asked = resume
      ? { resume: true, model: resume, imgsz: choices.imageSize }
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
    const { epoch, epochs, fraction, best, folder, exported } = progress;
    const since = Date.now() - this.#startedAt;
    const gained = fraction - this.#begunAt;
    const training: DetectorTraining = {
      name: basename(this.#wanted?.folder ?? ''),
      phase,
      epoch,
      epochs,
      fraction,
      timeLeft: phase === 'training' && gained > 0 ? (since * (1 - fraction)) / gained : null,
      charts: trainingCharts(progress),
      best,
      folder: await this.#handle(folder),
      exported: await this.#handle(exported),
      resumable:
        (phase === 'stopped' || phase === 'failed') && folder !== null && epoch > 0 && epoch < epochs,
      log: this.#log,
      error: error === null ? null : toErrorValue(error),
    };
    this.#latest = training;
    this.#options.onChanged(training);
  }

  async #handle(path: string | null): Promise<DetectorTraining['folder']> {
    return path === null ? null : ((await this.#options.handles.admit([path])).handles[0] ?? null);
  }
}

function hintFor(text: string): string {
  if (/out of memory|MemoryError/i.test(text)) return 'Take fewer pictures at once, or smaller ones.';
  if (/ConnectionError|URLError|download|offline/i.test(text)) {
    return 'The weights could not be downloaded. Choose a model that ends with .yaml, or connect this machine.';
  }
  return 'The last lines of its log say more.';
}

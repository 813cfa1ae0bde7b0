import { z } from 'zod';
import { DetectorTraining, DetectorTrainingChoices } from '../../contract/detectors.ts';
import { ErrorValue } from '../../contract/errors.ts';
import type { Journal } from '../jobs/journal.ts';

/** What the script is asked for. */
export const WantedTraining = z.object({
  /** Its `data.yaml`, or its folder for classes of whole pictures. */
  dataset: z.string(),
  folder: z.string(),
  python: z.string(),
  choices: DetectorTrainingChoices,
});
export type WantedTraining = z.infer<typeof WantedTraining>;

const Point = z.tuple([z.number(), z.number()]);

/** A training of a detector as it is remembered: all that was told of it, and what it takes to go on or begin anew. */
export const TrainingRecord = z.object({
  id: z.uuid(),
  wanted: WantedTraining,
  phase: DetectorTraining.shape.phase,
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  progress: z.object({
    phase: z.enum(['starting', 'training', 'exporting']),
    epoch: z.int(),
    epochs: z.int(),
    fraction: z.number(),
    series: z.array(z.tuple([z.string(), z.array(Point)])),
    best: DetectorTraining.shape.best,
    folder: z.string().nullable(),
    weights: z.string().nullable(),
    exported: z.string().nullable(),
    error: z.object({ kind: z.string(), message: z.string() }).nullable(),
  }),
  log: z.array(z.string()),
  error: ErrorValue.nullable(),
});
export type TrainingRecord = z.infer<typeof TrainingRecord>;

/** Trainings that are remembered, the newest. */
const most = 30;

/** Remembers trainings of detectors in the journal, so that one that was cut off is known after it. */
export class TrainingRecords {
  readonly #journal: Journal;
  readonly #records: TrainingRecord[];

  constructor(journal: Journal) {
    this.#journal = journal;
    this.#records = idsIn(journal.fact(listKey)).flatMap((id) => {
      const record = TrainingRecord.safeParse(parsed(journal.fact(keyOf(id)))).data;
      return record ? [interrupted(record)] : [];
    });
  }

  /** The newest first. */
  list(): readonly TrainingRecord[] {
    return this.#records;
  }

  save(record: TrainingRecord): void {
    // What was at work last is the newest.
    const at = this.#records.findIndex(({ id }) => id === record.id);
    if (at >= 0) this.#records.splice(at, 1);
    this.#records.unshift(record);
    this.#journal.setFact(keyOf(record.id), JSON.stringify(record));
    for (const old of this.#records.splice(most)) this.#journal.removeFact(keyOf(old.id));
    this.#saveList();
  }

  remove(id: string): void {
    const at = this.#records.findIndex((record) => record.id === id);
    if (at < 0) return;
    this.#records.splice(at, 1);
    this.#journal.removeFact(keyOf(id));
    this.#saveList();
  }

  #saveList(): void {
    this.#journal.setFact(listKey, JSON.stringify(this.#records.map(({ id }) => id)));
  }
}

const listKey = 'detectorTrainings';
const keyOf = (id: string): string => `detectorTraining ${id}`;

/** One that was at work when it was remembered last was cut off: its process ends with the engine. */
function interrupted(record: TrainingRecord): TrainingRecord {
  const wasRunning = ['starting', 'training', 'exporting'].includes(record.phase);
  return wasRunning ? { ...record, phase: 'interrupted' } : record;
}

const idsIn = (text: string | undefined): string[] => z.array(z.string()).catch([]).parse(parsed(text));

function parsed(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

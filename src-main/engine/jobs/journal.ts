import { DatabaseSync, type SQLOutputValue, type StatementSync } from 'node:sqlite';
import { ErrorValue, RefineryError } from '../../contract/errors.ts';
import type { JobKindName, JobState } from '../../contract/jobs.ts';

/** One job as the journal holds it. `input`, `spec`, `detail`, `result` and `pending` belong to the job's kind. */
export interface JobRecord {
  readonly id: string;
  readonly kind: JobKindName;
  readonly batch: string;
  readonly title: string;
  state: JobState;
  position: number;
  readonly addedAt: number;
  /** Of one that is done, later by the time that it was held: up to `finishedAt` it was in work. */
  startedAt: number | null;
  finishedAt: number | null;
  attempts: number;
  /** How often the engine died with this job in hand since it was last started by a person. */
  crashes: number;
  /** Where the job comes from; never changes. */
  readonly input: unknown;
  /** The frozen work order; null until the job is started. */
  spec: unknown;
  /** What was learnt or chosen meanwhile: header, override. */
  detail: unknown;
  result: unknown;
  /** A result that is complete on disk but not yet at its final name. */
  pending: unknown;
  error: ErrorValue | null;
  removed: boolean;
  /** One that is off the list and not in the history either. */
  forgotten: boolean;
}

/** SQLITE_BUSY. */
const busy = 5;

/** Milliseconds to wait for an engine that is about to end. */
const patience = 5000;

const schemaVersion = 1;

const schema = `
  CREATE TABLE jobs (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, batch TEXT NOT NULL, title TEXT NOT NULL, state TEXT NOT NULL,
    position REAL NOT NULL, addedAt INTEGER NOT NULL, startedAt INTEGER, finishedAt INTEGER,
    attempts INTEGER NOT NULL, crashes INTEGER NOT NULL,
    input TEXT NOT NULL, spec TEXT, detail TEXT, result TEXT, pending TEXT, error TEXT,
    removed INTEGER NOT NULL DEFAULT 0 /* 2 is forgotten, too */
  ) STRICT;
  CREATE INDEX jobsByPosition ON jobs (removed, position);
  CREATE TABLE handles (id TEXT PRIMARY KEY, path TEXT NOT NULL UNIQUE, addedAt INTEGER NOT NULL) STRICT;
  CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  PRAGMA user_version = ${schemaVersion};
`;

const columns = [
  'id',
  'kind',
  'batch',
  'title',
  'state',
  'position',
  'addedAt',
  'startedAt',
  'finishedAt',
  'attempts',
  'crashes',
  'input',
  'spec',
  'detail',
  'result',
  'pending',
  'error',
  'removed',
] as const;

/**
 * The queue on disk: an SQLite database in write-ahead mode with full syncing, so that what `save` returned from
 * is there after a crash of the process, and of the machine.
 *
 * One engine owns a journal at a time; one that has just lost its window may take a moment to let go.
 */
export class Journal {
  readonly #database: DatabaseSync;
  readonly #insert: StatementSync;
  readonly #statements = new Map<string, StatementSync>();

  /**
   * @param path file of the database, or `:memory:`.
   * @throws {RefineryError} `ENGINE_BUSY` where another engine has it.
   */
  constructor(path: string) {
    this.#database = new DatabaseSync(path);
    try {
      this.#database.exec(
        `PRAGMA busy_timeout = ${patience}; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;`,
      );
    } catch (thrown) {
      this.#database.close();
      if ((thrown as { errcode?: number }).errcode !== busy) throw thrown;
      throw new RefineryError(
        'ENGINE_BUSY',
        'Another Refinery that is running works with the same data folder.',
        {
          hint: 'Close that one, or give this one another folder with REFINERY_DATA_DIR.',
          cause: thrown,
        },
      );
    }
    const version = Number(this.#database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
    if (version === 0) this.transaction(() => this.#database.exec(schema));
    else if (version !== schemaVersion) {
      throw new Error(`The journal has version ${version}; this Refinery knows version ${schemaVersion}.`);
    }
    this.#insert = this.#database.prepare(
      `INSERT OR REPLACE INTO jobs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
  }

  transaction<Result>(work: () => Result): Result {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.#database.exec('COMMIT');
      return result;
    } catch (error) {
      this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** Every job, removed ones too, in queue order. */
  load(): JobRecord[] {
    return this.#prepared('SELECT * FROM jobs ORDER BY position, addedAt').all().map(toRecord);
  }

  /** Writes jobs in one transaction. */
  save(records: Iterable<JobRecord>): void {
    this.transaction(() => {
      for (const record of records) this.#insert.run(...toRow(record));
    });
  }

  /** Forgets jobs that are off the list and ended before this time. */
  purge(before: number): void {
    this.#prepared('DELETE FROM jobs WHERE removed > 0 AND COALESCE(finishedAt, addedAt) < ?').run(before);
  }

  fact(key: string): string | undefined {
    const row = this.#prepared('SELECT value FROM facts WHERE key = ?').get(key);
    return row === undefined ? undefined : String(row['value']);
  }

  setFact(key: string, value: string): void {
    this.#prepared('INSERT OR REPLACE INTO facts (key, value) VALUES (?, ?)').run(key, value);
  }

  removeFact(key: string): void {
    this.#prepared('DELETE FROM facts WHERE key = ?').run(key);
  }

  pathOfHandle(id: string): string | undefined {
    const row = this.#prepared('SELECT path FROM handles WHERE id = ?').get(id);
    return row === undefined ? undefined : String(row['path']);
  }

  /** The handle of a path; the same path always has the same one. */
  handleOfPath(path: string, makeId: () => string): string {
    const known = this.#prepared('SELECT id FROM handles WHERE path = ?').get(path);
    if (known) return String(known['id']);
    const id = makeId();
    this.#prepared('INSERT INTO handles (id, path, addedAt) VALUES (?, ?, ?)').run(id, path, Date.now());
    return id;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepared(text: string): StatementSync {
    const known = this.#statements.get(text);
    if (known) return known;
    const statement = this.#database.prepare(text);
    this.#statements.set(text, statement);
    return statement;
  }
}

function toRow(record: JobRecord): Array<string | number | null> {
  return columns.map((column) => {
    const value = record[column];
    switch (column) {
      case 'input':
      case 'spec':
      case 'detail':
      case 'result':
      case 'pending':
      case 'error':
        return value === null || value === undefined ? null : JSON.stringify(value);
      case 'removed':
        return record.forgotten ? 2 : record.removed ? 1 : 0;
      default:
        return value as string | number | null;
    }
  });
}

function toRecord(row: Record<string, SQLOutputValue>): JobRecord {
  const json = (key: string): unknown => {
    const text = row[key];
    return typeof text === 'string' ? JSON.parse(text) : null;
  };
  const time = (key: string): number | null => (row[key] === null ? null : Number(row[key]));
  const error = ErrorValue.safeParse(json('error'));
  return {
    id: String(row['id']),
    kind: String(row['kind']) as JobKindName,
    batch: String(row['batch']),
    title: String(row['title']),
    state: String(row['state']) as JobState,
    position: Number(row['position']),
    addedAt: Number(row['addedAt']),
    startedAt: time('startedAt'),
    finishedAt: time('finishedAt'),
    attempts: Number(row['attempts']),
    crashes: Number(row['crashes']),
    input: json('input'),
    spec: json('spec'),
    detail: json('detail'),
    result: json('result'),
    pending: json('pending'),
    error: error.success ? error.data : null,
    removed: Number(row['removed']) > 0,
    forgotten: Number(row['removed']) === 2,
  };
}

import { fileNameOf, folderOf, isPicture, safeRelative } from '../../files/paths.ts';
import { type AttributeValue, attributesOf, field, isRecord } from '../../model/index.ts';
import { aboutWork, skippedName, workFacts, workFactsOfMin } from './facts.ts';
import { kindOf } from './geometry.ts';

type Fields = Readonly<Record<string, unknown>>;

export interface Task {
  /** What is known about the picture: its address, its subset, and more. */
  readonly data: Fields;
  readonly results: readonly unknown[];
  /** What it says of the work on it. */
  readonly work: ReadonlyMap<string, AttributeValue>;
  /** Sentences about what is passed over. */
  readonly notes: readonly string[];
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Reads an element of an export, JSON or JSON-MIN. */
export function parseTask(value: unknown): Task | string {
  if (!isRecord(value)) return 'not an object';
  const data = field(value, 'data');
  if (isRecord(data)) {
    const all = list(field(value, 'annotations') ?? field(value, 'completions')).filter(isRecord);
    const kept = all.filter((entry) => field(entry, skippedName) !== true);
    const chosen = kept.find((entry) => field(entry, 'ground_truth') === true) ?? kept[0];
    const work = workFacts(value, chosen ?? all[0]);
    if (chosen === undefined && all.length > 0) work.set(skippedName, true);
    const results = chosen === undefined ? [] : list(field(chosen, 'result'));
    return { data, results, work, notes: notesOn(value, all, kept) };
  }
  const results: unknown[] = [];
  const rest: Record<string, unknown> = Object.create(null);
  for (const [key, entry] of Object.entries(value)) {
    const shapes = list(entry).filter((shape) => kindOf(shape) !== null);
    if (shapes.length > 0) {
      for (const shape of shapes) results.push({ value: shape, from_name: key });
    } else if (isRecord(entry) && Array.isArray(field(entry, 'choices'))) {
      results.push({ type: 'choices', value: entry, from_name: key });
    } else if (/^(choices?|class)$/.test(key) && typeof entry === 'string') {
      results.push({ type: 'choices', value: { choices: [entry] }, from_name: key });
    } else if (!aboutWork.has(key)) rest[key] = entry;
  }
  return { data: rest, results, work: workFactsOfMin(value), notes: [] };
}

/** What of a task is passed over. */
function notesOn(task: Fields, all: readonly Fields[], kept: readonly Fields[]): string[] {
  const notes = kept.length > 1 ? ['several people annotated the picture; one of them is taken'] : [];
  const cancelled = all.filter((entry) => !kept.includes(entry) && list(field(entry, 'result')).length > 0);
  if (cancelled.length > 0) notes.push('an annotation that was cancelled is passed over');
  if (list(field(task, 'predictions')).length > 0) {
    notes.push(kept.length > 0 ? 'predictions are passed over' : 'there are predictions and no annotations');
  }
  if (list(field(task, 'drafts')).length > 0) notes.push('drafts are passed over');
  return notes;
}

/** The field that holds the picture's address. */
export function addressOf(data: Fields): readonly [key: string, address: string] | null {
  const entries = Object.entries(data).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const named = entries.find(([key]) => /^(image|img|picture|photo|url)$/i.test(key));
  return named ?? entries.find(([, text]) => isPicture(text.replace(/[?#].*$/, ''))) ?? null;
}

/** What a task says about its picture besides its address and its subset. What its data call so is not the work's. */
export function itemAttributesOf({ data, work }: Task, without: string): Map<string, AttributeValue> {
  const attributes = attributesOf(data);
  attributes.delete(without);
  attributes.delete('subset');
  for (const [name, value] of work) if (!attributes.has(name)) attributes.set(name, value);
  return attributes;
}

/**
 * Places in the set's folder where the picture of an address may be, the likeliest first: the path of a local file
 * (`/data/local-files/?d=images/a.jpg`), and the name of an upload (`/data/upload/1/0a1b2c3d-a.jpg`) with its random
 * beginning and without.
 */
export function placesOf(address: string): readonly string[] {
  const local = /[?&]d=([^&#]*)/.exec(address);
  const path = local?.[1] ?? address.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, '').replace(/[?#].*$/, '');
  const safe = safeRelative(decode(path).replace(/^[/\\]+/, ''));
  if (safe === null) return [];
  const name = fileNameOf(safe);
  const bare = name.replace(/^[0-9a-f]{8}-/, '');
  const uploaded = /^data\/upload(\/|$)/.test(folderOf(safe));
  const places = uploaded ? [] : [safe, `images/${safe}`];
  return [...new Set([...places, `images/${name}`, name, `images/${bare}`, bare])];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

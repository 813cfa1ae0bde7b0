import {
  type Attributes,
  type AttributeValue,
  attributesOf,
  attributeValue,
  field,
  isRecord,
  objectIn,
  toRecord,
  without,
} from '../../model/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** What an annotation of a task says of the work on it, and whether a value is one that it can hold. */
const ofWork: Readonly<Record<string, (value: unknown) => boolean>> = {
  completed_by: (value) => typeof value === 'number' || isRecord(value),
  lead_time: (value) => typeof value === 'number',
  ground_truth: (value) => value === true,
  created_at: (value) => typeof value === 'string' && value !== '',
  updated_at: (value) => typeof value === 'string' && value !== '',
};

/** The same for the task itself. */
const ofTask: Readonly<Record<string, (value: unknown) => boolean>> = {
  meta: (value) => isRecord(value) && Object.keys(value).length > 0,
  agreement: (value) => typeof value === 'number',
};

/** Fields of JSON-MIN that say the same, by their names there. */
const ofMin: Readonly<Record<string, string>> = {
  annotator: 'completed_by',
  lead_time: 'lead_time',
  created_at: 'created_at',
  updated_at: 'updated_at',
  agreement: 'agreement',
};

/** Fields of JSON-MIN that are about the work and not about the picture. */
export const aboutWork: ReadonlySet<string> = new Set(['id', 'annotation_id', ...Object.keys(ofMin)]);

/**
 * What a task says of the work on its picture: who did it, when and for how long, whether it is the truth for others or
 * was skipped. See https://labelstud.io/guide/task_format
 */
export function workFacts(task: Fields, annotation: Fields | undefined): Map<string, AttributeValue> {
  const facts = new Map<string, AttributeValue>();
  for (const [holder, known] of [
    [annotation ?? {}, ofWork],
    [task, ofTask],
  ] as const) {
    for (const [name, fits] of Object.entries(known)) addWhere(facts, name, field(holder, name), fits);
  }
  return facts;
}

/** What an entry of JSON-MIN says of that. */
export function workFactsOfMin(entry: Fields): Map<string, AttributeValue> {
  const facts = new Map<string, AttributeValue>();
  for (const [given, name] of Object.entries(ofMin)) {
    addWhere(facts, name, field(entry, given), ofWork[name] ?? ofTask[name]!);
  }
  return facts;
}

function addWhere(
  facts: Map<string, AttributeValue>,
  name: string,
  value: unknown,
  fits: (value: unknown) => boolean,
): void {
  if (fits(value)) facts.set(name, attributeValue(value));
}

/** An item's attributes at their places in a task. */
export interface TaskFields {
  readonly task: Fields;
  readonly annotation: Fields;
  readonly data: Fields;
  /** Names that the data have for something else. */
  readonly taken: readonly string[];
}

const takenNames = ['image', 'subset'];

/** @param empty whether there is nothing in the annotation, so that it may be one that was skipped. */
export function taskFields(attributes: Attributes, empty: boolean): TaskFields {
  const taken = takenNames.filter((name) => attributes.has(name));
  const places = { task: fieldsOf(), annotation: fieldsOf(), data: fieldsOf() };
  for (const [name, value] of without(attributes, ...taken)) {
    const full = objectIn(value);
    const skipped = name === skippedName && value === true && empty;
    if (skipped || fitting(ofWork, name, full)) places.annotation[name] = full;
    else if (fitting(ofTask, name, full)) places.task[name] = full;
    else places.data[name] = full;
  }
  return { ...places, taken };
}

const fieldsOf = (): Record<string, unknown> => Object.create(null);

const fitting = (
  known: Readonly<Record<string, (value: unknown) => boolean>>,
  name: string,
  value: unknown,
): boolean => Object.hasOwn(known, name) && known[name]!(value);

/** The mark of an annotation that somebody skipped. */
export const skippedName = 'was_cancelled';

/** Where a region comes from if nobody drew it. */
const origins = new Set<unknown>(['prediction', 'prediction-changed']);

/** What a result says besides its value: a model's score, where it comes from, and the note that somebody made on it. */
export function resultFacts(result: Fields): Map<string, AttributeValue> {
  const facts = new Map<string, AttributeValue>();
  const score = field(result, 'score');
  if (typeof score === 'number') facts.set('score', score);
  const origin = field(result, 'origin');
  if (origins.has(origin)) facts.set('origin', origin as string);
  const meta = field(result, 'meta');
  const note = attributesOf(meta).get('text');
  if (Array.isArray(note) && note.length === 1) facts.set('meta', note[0] as AttributeValue);
  else if (note !== undefined && note !== null && note !== '') facts.set('meta', note);
  return facts;
}

/** The inverse: fields of a result, and the attributes that are said about it by further results. */
export function resultFields(attributes: Attributes): { readonly fields: Fields; readonly rest: Attributes } {
  const rest = new Map(attributes);
  const fields: Record<string, unknown> = {};
  const put = (name: string, fits: boolean, value: unknown): void => {
    if (!fits) return;
    fields[name] = value;
    rest.delete(name);
  };
  const { score, origin, meta } = toRecord(attributes);
  put('score', typeof score === 'number', score);
  put('origin', origins.has(origin), origin);
  const notes = Array.isArray(meta) ? meta : [meta];
  const noted = notes.every((note) => typeof note === 'string' && note !== '');
  put('meta', noted && (!Array.isArray(meta) || meta.length > 1), { text: notes });
  return { fields, rest };
}

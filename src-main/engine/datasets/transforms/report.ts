import { z } from 'zod';
import { RefineryError, toErrorValue } from '../../../contract/errors.ts';
import { isFile } from '../files/folder.ts';
import { jsonEntries } from '../files/json.ts';

/** A change to the classes that a report asks for. */
export type ClassChange =
  /** The set has none: those that the annotations have. */
  | { readonly kind: 'all' }
  | { readonly kind: 'class'; readonly label: string }
  /** A class declares one more attribute. */
  | { readonly kind: 'attribute'; readonly label: string; readonly attribute: string };

/** What a report of Datumaro's validation asks for. Items are `subset/id`. */
export interface Report {
  /** Items that anything is said of. */
  readonly named: Set<string>;
  /** In the report's order. */
  readonly classes: ClassChange[];
  readonly items: Set<string>;
  /** Numbers of annotations, by item. */
  readonly annotations: Map<string, Set<number>>;
  /** Attributes that labels lack, by item. */
  readonly attributes: Map<string, { readonly label: string; readonly attribute: string }[]>;
  /** How many faults are about tables of text. */
  tables: number;
}

const Entry = z.looseObject({
  anomaly_type: z.string(),
  description: z.string(),
  item_id: z.string().optional(),
  subset: z.string().optional(),
});
type Entry = z.output<typeof Entry>;

/** Faults that are only in tables, which have columns in the place of annotations. */
const ofTables = [
  'EmptyLabel',
  'EmptyCaption',
  'RedundanciesInCaption',
  'OutlierInCaption',
  'FarFromCaptionMean',
];

const hint = 'Give the file that `datum validate` wrote for this set.';

/** Fields of Datumaro's report, and of ours, by which the two are told apart. */
const theirs = ['validation_reports', 'summary'];
const ours = ['findings', 'task'];

/**
 * Reads a report as Datumaro 1.13's `datum validate` writes it, entry by entry: that of a large set has many megabytes.
 *
 * @throws {RefineryError} `INPUT_NOT_FOUND` for no file, `INPUT_CORRUPT` for damaged JSON or an entry without what its
 * kind of fault is about, `BAD_REQUEST` for JSON of another kind.
 */
export async function readReport(path: string): Promise<Report> {
  if (!(await isFile(path))) {
    throw new RefineryError('INPUT_NOT_FOUND', `correct: there is no report ${path}.`, { hint });
  }
  const report: Report = {
    ...{ named: new Set(), classes: [], items: new Set(), annotations: new Map(), attributes: new Map() },
    tables: 0,
  };
  const seen = new Set<string>();
  const mends = new Set<string>();
  for await (const { key, index, value } of entriesOf(path)) {
    seen.add(key);
    if (key === 'findings') mends.add(mendIn(value));
    if (key === 'validation_reports') take(value, `${path}: entry ${index}`, report);
  }
  if (theirs.some((key) => seen.has(key))) return report;
  if (ours.some((key) => seen.has(key))) throw ownReport(path, [...mends].filter(Boolean));
  throw new RefineryError('BAD_REQUEST', `correct: ${path} is no report of a validation.`, { hint });
}

async function* entriesOf(path: string): ReturnType<typeof jsonEntries> {
  try {
    yield* jsonEntries(path, new Set([...theirs, ...ours]));
  } catch (thrown) {
    const { message } = toErrorValue(thrown);
    throw new RefineryError('INPUT_CORRUPT', `correct: ${message}`, { hint, cause: thrown });
  }
}

/** Ours has ten examples of each fault and no more, but names the change that mends them all. */
function ownReport(path: string, mends: readonly string[]): RefineryError {
  const instead = mends.length > 0 ? `Use instead the changes that it names: ${mends.join(', ')}.` : hint;
  return new RefineryError('BAD_REQUEST', `correct: ${path} is a report of Refinery's, with examples only.`, {
    hint: instead,
  });
}

const Finding = z.looseObject({ mend: z.looseObject({ name: z.string() }) });

const mendIn = (value: unknown): string => Finding.safeParse(value).data?.mend.name ?? '';

/** Adds what one entry asks for; kinds of faults that Datumaro doesn't mend ask for nothing. */
function take(value: unknown, place: string, report: Report): void {
  const { data: entry } = Entry.safeParse(value);
  if (entry === undefined) throw lacks(place, 'anomaly_type or description');
  const item = itemOf(entry);
  if (item !== null) report.named.add(item);
  const first = (): string => quotedIn(entry, 0, place);
  const second = (): string => quotedIn(entry, 1, place);
  const named = (): string => item ?? fail(lacks(place, 'item_id or subset'));
  switch (entry.anomaly_type) {
    case 'MissingLabelCategories':
      report.classes.push({ kind: 'all' });
      break;
    case 'UndefinedLabel':
      report.classes.push({ kind: 'class', label: first() });
      break;
    case 'UndefinedAttribute':
      report.classes.push({ kind: 'attribute', attribute: first(), label: second() });
      break;
    case 'MissingAnnotation':
    case 'MultiLabelAnnotations':
      report.items.add(named());
      break;
    case 'NegativeLength':
    case 'InvalidValue':
    case 'FarFromLabelMean':
    case 'FarFromAttrMean':
      grown(report.annotations, named(), () => new Set<number>()).add(numberIn(entry, place));
      break;
    case 'MissingAttribute':
      grown(report.attributes, named(), () => []).push({ attribute: first(), label: second() });
      break;
    default:
      if (ofTables.includes(entry.anomaly_type)) report.tables += 1;
  }
}

const itemOf = ({ item_id, subset }: Entry): string | null =>
  item_id === undefined || subset === undefined ? null : `${subset}/${item_id}`;

/** The value of a key, made where there is none. */
function grown<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const value = map.get(key) ?? make();
  map.set(key, value);
  return value;
}

/** Names stand in a description between single quotes; one in the midst of a word is the name's own. */
const quoted = /(?<=^|\s)'(.*?)'(?=[\s.,]|$)/gsu;

function quotedIn({ description }: Entry, at: number, place: string): string {
  const [, name] = [...description.matchAll(quoted)][at] ?? [];
  return name ?? fail(lacks(place, 'a name in quotes'));
}

/** The first number in quotes is that of the annotation. */
function numberIn({ description }: Entry, place: string): number {
  const number = [...description.matchAll(quoted)].find(([, name]) => /^-?\d+$/.test(name!))?.[1];
  return number === undefined ? fail(lacks(place, "an annotation's number")) : Number(number);
}

const lacks = (place: string, what: string): RefineryError =>
  new RefineryError('INPUT_CORRUPT', `correct: ${place} lacks ${what}.`, { hint });

function fail(error: RefineryError): never {
  throw error;
}

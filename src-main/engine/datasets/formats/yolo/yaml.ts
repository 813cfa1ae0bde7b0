import {
  Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Scalar,
  type Tags,
  visit,
} from 'yaml';
import type { JsonValue } from '../../model/index.ts';

/** A value of the part of YAML that YOLO's own fields have. */
export type YamlValue = string | readonly string[] | ReadonlyMap<string, string>;

/** Longest text; a set with ten thousand classes needs a twentieth of it. */
const mostCharacters = 4 * 1024 * 1024;

/** Most times that a value may be referred to. A file that describes a set needs none. */
const mostAliases = 16;

/** Deepest nesting of a value, on both ways. */
const deepest = 32;

/** A `data.yaml`. Scalars are kept as they are written, so that a class `1.10` or `null` keeps its name. */
export class DataYaml {
  /** The outermost fields: scalars, lists and maps of scalars. Deeper nesting is passed over: see {@link value}. */
  readonly fields: ReadonlyMap<string, YamlValue>;
  /** Names of all outermost fields. */
  readonly names: readonly string[];
  readonly #document: Document | null;
  readonly #values = new Map<string, unknown>();
  #aliases = mostAliases;

  /** @param note is told what is wrong with the text; what can be read in spite of it is. */
  constructor(text: string, note: (reason: string) => void = () => undefined) {
    const fields = new Map<string, YamlValue>();
    const names: string[] = [];
    const [document, whole] = parsed(text, note);
    for (const [key, value] of whole) {
      if (typeof key !== 'string') continue;
      names.push(key);
      const simple = simpleValue(value);
      if (simple !== null) fields.set(key, simple);
    }
    this.fields = fields;
    this.names = names;
    this.#document = document;
    if (!isMap(document?.contents)) return;
    for (const { key, value } of document.contents.items) {
      if (isScalar(key)) this.#values.set(textOf(key), value);
    }
  }

  /**
   * An outermost field of any depth, or undefined where there is none.
   *
   * @throws {RangeError} for a value that is nested too deeply or refers to others too often.
   */
  value(name: string, scalarOf: (scalar: Scalar) => JsonValue): JsonValue | undefined {
    return this.#values.has(name) ? this.#valueOf(this.#values.get(name), scalarOf, 0) : undefined;
  }

  #valueOf(node: unknown, scalarOf: (scalar: Scalar) => JsonValue, depth: number): JsonValue {
    if (depth > deepest) throw new RangeError('it is nested too deeply');
    const inner = (part: unknown): JsonValue => this.#valueOf(part, scalarOf, depth + 1);
    if (isScalar(node)) return scalarOf(node);
    if (isSeq(node)) return node.items.map(inner);
    if (isMap(node)) {
      const entries = node.items.map(({ key, value }) => [keyOf(key), inner(value)] as const);
      return Object.fromEntries(entries);
    }
    if (!isAlias(node)) return null;
    this.#aliases -= 1;
    if (this.#aliases < 0) throw new RangeError('it refers to other values too often');
    return inner(node.resolve(this.#document!));
  }
}

/** The outermost fields of a `data.yaml`. */
export function readDataYaml(text: string, note?: (reason: string) => void): ReadonlyMap<string, YamlValue> {
  return new DataYaml(text, note).fields;
}

function parsed(
  text: string,
  note: (reason: string) => void,
): readonly [Document | null, ReadonlyMap<unknown, unknown>] {
  const nothing = [null, new Map()] as const;
  if (text.length > mostCharacters) {
    note('the text is too long to be read');
    return nothing;
  }
  try {
    const lineCounter = new LineCounter();
    // The schema `failsafe` knows text, lists and maps only: no numbers, no dates, no tags that make something.
    const document = parseDocument(text, { schema: 'failsafe', lineCounter, prettyErrors: false });
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      note(`line ${lineCounter.linePos(pos[0]).line}: ${message}`);
    }
    const whole: unknown = document.toJS({ mapAsMap: true, maxAliasCount: mostAliases });
    return whole instanceof Map ? [document, whole] : nothing;
  } catch (thrown) {
    note(thrown instanceof Error ? thrown.message : 'the text is no YAML');
    return nothing;
  }
}

function simpleValue(value: unknown): YamlValue | null {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (Array.isArray(value)) return value.filter((entry) => typeof entry === 'string');
  if (!(value instanceof Map)) return null;
  const map = new Map<string, string>();
  for (const [key, entry] of value) {
    if (typeof key === 'string' && typeof entry === 'string') map.set(key, entry);
  }
  return map;
}

/** A scalar's text as it is written. */
export function textOf({ value }: Scalar): string {
  return typeof value === 'string' ? value : '';
}

function keyOf(key: unknown): string {
  if (!isScalar(key)) throw new RangeError('a name in it is no text');
  return textOf(key);
}

/**
 * A scalar as JSON has it. Only what is written as JSON would write it is a number: `1.10` (a version), `007` and `1e3`
 * stay text, as do `yes` and dates. What stands in quotes is text.
 */
export function jsonOf(scalar: Scalar): JsonValue {
  const text = textOf(scalar);
  if (scalar.type !== 'PLAIN' || scalar.tag !== undefined) return text;
  if (/^(~|null|Null|NULL|)$/.test(text)) return null;
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  const number = Number(text);
  return Number.isFinite(number) && String(number) === text ? number : text;
}

/**
 * What PyYAML, which Ultralytics reads with, would take for something else though it needs no quotes elsewhere: a merge,
 * a default value, white space, a break between lines, a mark of byte order, or nothing at all.
 */
const oddLetters = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;
const misread = new RegExp(`^(=|<<)$|\\t|${oddLetters.source}`);

const toYaml = {
  schema: 'yaml-1.1',
  version: '1.1',
  aliasDuplicateObjects: false,
  // Without the tag for merges, `<<` is a text.
  customTags: (tags: Tags) => tags.filter((tag) => typeof tag === 'string' || !tag.tag.endsWith(':merge')),
} as const;

function written(value: unknown): string {
  const document = new Document(value, toYaml);
  visit(document, {
    Scalar: (_, node) => {
      if (typeof node.value === 'string' && misread.test(node.value)) node.type = 'QUOTE_DOUBLE';
    },
  });
  const text = document.toString({ lineWidth: 0, blockQuote: false });
  // All of these stand in double quotes now.
  return text.replace(oddLetters, (odd) => `\\u${odd.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A scalar for YAML: plain where that is safe in every version (`yes` is a boolean for YAML 1.1), else in quotes. */
export function yamlScalar(value: string): string {
  return written(value).replace(/\n$/, '');
}

/** An outermost field with a value of any kind, or null where it is nested too deeply. */
export function yamlField(name: string, value: JsonValue): string | null {
  return isDeeper(value, deepest) ? null : written(Object.fromEntries([[name, value]]));
}

function isDeeper(value: JsonValue, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((part: JsonValue) => isDeeper(part, most - 1));
}

/** The classes of `names`: a list, or a map by number. Gaps in the numbers get their number as a name. */
export function namesOf(value: YamlValue | undefined): string[] {
  if (value === undefined || typeof value === 'string') return [];
  if (!(value instanceof Map)) return [...(value as readonly string[])];
  const names: string[] = [];
  for (const [key, name] of value) {
    const index = Number(key);
    if (!Number.isInteger(index) || index < 0 || index > 100_000) continue;
    while (names.length <= index) names.push(String(names.length));
    names[index] = name;
  }
  return names;
}

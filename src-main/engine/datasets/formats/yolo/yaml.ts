import { LineCounter, parseDocument, stringify } from 'yaml';

/** A value of the part of YAML that is read here. */
export type YamlValue = string | readonly string[] | ReadonlyMap<string, string>;

/** Longest text; a set with ten thousand classes needs a twentieth of it. */
const mostCharacters = 4 * 1024 * 1024;

/** Most times that a value may be referred to. A file that describes a set needs none. */
const mostAliases = 16;

/**
 * Reads the outermost fields of a `data.yaml`: scalars, lists and maps of scalars. Deeper nesting is passed over. All
 * values are text as it is written, so that a class `1.10` or `null` keeps its name.
 *
 * @param note is told what is wrong with the text; what can be read in spite of it is.
 */
export function readDataYaml(text: string, note: (reason: string) => void = () => undefined) {
  const fields = new Map<string, YamlValue>();
  if (text.length > mostCharacters) {
    note('the text is too long to be read');
    return fields;
  }
  try {
    const lineCounter = new LineCounter();
    // The schema `failsafe` knows text, lists and maps only: no numbers, no dates, no tags that make something.
    const document = parseDocument(text, { schema: 'failsafe', lineCounter, prettyErrors: false });
    for (const { message, pos } of [...document.errors, ...document.warnings]) {
      note(`line ${lineCounter.linePos(pos[0]).line}: ${message}`);
    }
    const whole: unknown = document.toJS({ mapAsMap: true, maxAliasCount: mostAliases });
    if (!(whole instanceof Map)) return fields;
    for (const [key, value] of whole) {
      const simple = simpleValue(value);
      if (typeof key === 'string' && simple !== null) fields.set(key, simple);
    }
  } catch (thrown) {
    note(thrown instanceof Error ? thrown.message : 'the text is no YAML');
  }
  return fields;
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

/** A scalar for YAML: plain where that is safe in every version (`yes` is a boolean for YAML 1.1), else in quotes. */
export function yamlScalar(value: string): string {
  const options = { schema: 'yaml-1.1', version: '1.1', lineWidth: 0, blockQuote: false } as const;
  return stringify(value, options).trimEnd();
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

/** A value of the part of YAML that is read here. */
export type YamlValue = string | readonly string[] | ReadonlyMap<string, string>;

/**
 * Reads the outermost fields of a `data.yaml`: scalars, lists and maps of scalars, in blocks or in brackets, with
 * comments and quotes. That is all that YOLO's files use; deeper nesting is passed over. All values are text.
 */
export function readDataYaml(text: string): Map<string, YamlValue> {
  const fields = new Map<string, YamlValue>();
  const lines = text.split(/\r?\n/).map(withoutComment);
  for (let at = 0; at < lines.length; at += 1) {
    const match = /^([^\s:#][^:]*):(?:\s+(.*))?$/.exec(lines[at]!);
    if (match === null) continue;
    const key = unquote(match[1]!);
    let value = (match[2] ?? '').trim();
    if (value.startsWith('[') || value.startsWith('{')) {
      const end = value.startsWith('[') ? ']' : '}';
      while (!value.endsWith(end) && at + 1 < lines.length) {
        at += 1;
        value += ` ${lines[at]!.trim()}`;
      }
      fields.set(key, value.startsWith('[') ? splitFlow(value) : flowMap(value));
    } else if (value !== '') fields.set(key, unquote(value));
    else {
      const block: string[] = [];
      while (at + 1 < lines.length && /^(\s+\S|-\s|-$|\s*$)/.test(lines[at + 1]!)) {
        at += 1;
        if (lines[at]!.trim() !== '') block.push(lines[at]!);
      }
      fields.set(key, blockValue(block));
    }
  }
  return fields;
}

function blockValue(lines: readonly string[]): YamlValue {
  if (lines.length === 0) return '';
  const indent = (line: string): number => line.length - line.trimStart().length;
  const outer = lines.filter((line) => indent(line) === indent(lines[0]!)).map((line) => line.trim());
  if (outer[0]!.startsWith('-')) {
    return outer.filter((line) => line.startsWith('-')).map((line) => unquote(line.slice(1).trim()));
  }
  return mapOf(outer);
}

function mapOf(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  for (const pair of pairs) {
    const match = /^("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^:]+?)\s*:(?:\s+(.*))?$/.exec(pair.trim());
    if (match !== null) map.set(unquote(match[1]!), unquote((match[2] ?? '').trim()));
  }
  return map;
}

const flowMap = (value: string): Map<string, string> => mapOf(splitRaw(value));
const splitFlow = (value: string): string[] => splitRaw(value).map(unquote);

/** Splits what is in brackets at commas that are in no quotes. */
function splitRaw(value: string): string[] {
  const inner = value.slice(1, -1);
  const pieces = inner.match(/(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^,])+/g) ?? [];
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
}

function withoutComment(line: string): string {
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const character = line[at]!;
    if (quote !== '') {
      if (character === '\\' && quote === '"') at += 1;
      else if (character === quote) quote = '';
    } else if ((character === '"' || character === "'") && /^$|[\s[{,:]/.test(line[at - 1] ?? '')) {
      quote = character;
    } else if (character === '#' && /^$|\s/.test(line[at - 1] ?? '')) return line.slice(0, at).trimEnd();
  }
  return line.trimEnd();
}

function unquote(value: string): string {
  const text = value.trim();
  if (text.length >= 2 && text.startsWith("'") && text.endsWith("'")) {
    return text.slice(1, -1).replaceAll("''", "'");
  }
  if (text.length >= 2 && text.startsWith('"') && text.endsWith('"')) {
    try {
      return String(JSON.parse(text));
    } catch {
      return text.slice(1, -1);
    }
  }
  return text;
}

/** A scalar for YAML: plain where that is safe, else in quotes as in JSON, which YAML takes. */
export function yamlScalar(value: string): string {
  const plain = /^[\p{L}_][\p{L}\p{N}_ .()/+-]*$/u.test(value) && !/\s$/.test(value);
  const special = /^(true|false|yes|no|on|off|null|y|n)$/i.test(value);
  return plain && !special ? value : JSON.stringify(value);
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

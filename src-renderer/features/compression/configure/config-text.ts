import {
  applyEdits,
  findNodeAtLocation,
  type JSONPath,
  modify,
  type Node,
  type ParseError,
  parse,
  parseTree,
} from 'jsonc-parser';

const reading = { allowTrailingComma: true, allowEmptyContent: false };
const writing = { formattingOptions: { insertSpaces: true, tabSize: 2, eol: '\n' } };

export type ConfigPath = readonly (string | number)[];

type JsonObject = Readonly<Record<string, unknown>>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a form shows of the text; `whole` is false while the text is not JSON yet. */
export interface ConfigValue {
  readonly whole: boolean;
  readonly value: unknown;
}

/** Reads the text as far as it goes, comments and trailing commas allowed, as optimum-intel's scripts read it. */
export function readConfig(text: string): ConfigValue {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, reading);
  return { whole: errors.length === 0, value };
}

/** Puts a value in, or takes it out when it is undefined; everything else of the text, comments too, stays as it is. */
export function changeConfig(text: string, path: ConfigPath, value: unknown): string {
  return applyEdits(text, modify(text, [...path], value, writing));
}

/** `$.compression[0].params` for a path; names of the rules' findings. */
export const pathText = (path: ConfigPath): string =>
  `$${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}`;

function parsePath(text: string): JSONPath {
  return [...text.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) =>
    index === undefined ? (key ?? '') : Number(index),
  );
}

/** Where in the text a path is, or the nearest that is there of what surrounds it. */
export function placeOf(text: string, path: string): { offset: number; length: number; line: number } {
  const tree = parseTree(text, [], reading);
  const parts = parsePath(path);
  let node: Node | undefined;
  for (let depth = parts.length; tree && !node && depth >= 0; depth--) {
    node = depth === 0 ? tree : findNodeAtLocation(tree, parts.slice(0, depth));
  }
  const offset = node?.offset ?? 0;
  const line = text.slice(0, offset).split('\n').length;
  return { offset, length: Math.min(node?.length ?? 0, 400), line };
}

/** The algorithms of a configuration and where they are: a list, one alone, or what an OVConfig holds. */
export function algorithmsIn(value: unknown): Array<{ path: ConfigPath; value: JsonObject }> {
  const list = (held: unknown, base: ConfigPath): Array<{ path: ConfigPath; value: JsonObject }> => {
    if (Array.isArray(held)) {
      return held.flatMap((one: unknown, index) =>
        isObject(one) ? [{ path: [...base, index], value: one }] : [],
      );
    }
    return isObject(held) ? [{ path: base, value: held }] : [];
  };
  if (Array.isArray(value)) return list(value, []);
  if (!isObject(value)) return [];
  return 'compression' in value ? list(value['compression'], ['compression']) : list(value, []);
}

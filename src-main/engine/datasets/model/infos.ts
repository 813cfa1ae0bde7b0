import { isDeepStrictEqual } from 'node:util';
import { field, isRecord } from './check.ts';

/** A value of JSON. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

/**
 * What a set says of itself as a whole: who made it, when, under which licences. The name is Datumaro's. `licenses` is a
 * list as COCO has it, to which the attribute `license` of its pictures refers.
 */
export type Infos = ReadonlyMap<string, JsonValue>;

export const noInfos: Infos = new Map();

/** Most characters of all values, as JSON. They are in memory as long as the set is open. */
const mostCharacters = 1024 * 1024;

/** Puts together what the files of a set say. What two of them say otherwise is kept of both. */
export class InfosBuilder {
  readonly #infos = new Map<string, JsonValue>();
  #characters = 0;

  /**
   * @param value as it was parsed from JSON or YAML. What says nothing (an empty text or list, null) is passed over.
   * @param where the subset or file, for a name that another one has used for something else.
   * @returns false where there is no more room.
   */
  add(name: string, value: unknown, where: string): boolean {
    if (!saysSomething(value)) return true;
    const text = JSON.stringify(value);
    if (this.#characters + text.length > mostCharacters) return false;
    const known = this.#infos.get(name);
    if (known !== undefined && JSON.stringify(known) === text) return true;
    this.#characters += text.length;
    const joined = name === 'licenses' && known !== undefined ? joinedLists(known, value) : undefined;
    if (joined !== undefined) this.#infos.set(name, joined);
    else this.#infos.set(known === undefined ? name : `${name} (${where})`, value as JsonValue);
    return true;
  }

  build(): Infos {
    return new Map(this.#infos);
  }
}

/** Both lists in one, or undefined where a number means something else in each. */
function joinedLists(known: JsonValue, added: unknown): JsonValue | undefined {
  if (!Array.isArray(known) || !Array.isArray(added)) return undefined;
  const byId = new Map<unknown, JsonValue>();
  for (const entry of [...known, ...added] as JsonValue[]) {
    const id = isRecord(entry) ? field(entry, 'id') : entry;
    const before = byId.get(id);
    if (before !== undefined && !isDeepStrictEqual(before, entry)) return undefined;
    byId.set(id, entry);
  }
  return [...byId.values()];
}

function saysSomething(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

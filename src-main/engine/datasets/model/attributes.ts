import { isRecord, numberOf } from './check.ts';
import type { Attributes, AttributeValue } from './types.ts';

/** Attributes out of a JSON object; anything that is not one gives none. Objects inside are kept as JSON text. */
export function attributesOf(value: unknown): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  if (!isRecord(value)) return attributes;
  for (const name of Object.keys(value)) attributes.set(name, attributeValue(value[name]));
  return attributes;
}

/** Deepest list in a list that is kept. */
const deepest = 32;

/** A value out of JSON; what is none is null. An object is kept as JSON text, what is nested beyond reason is null. */
export function attributeValue(value: unknown): AttributeValue {
  return isTooDeep(value) ? null : plainValue(value);
}

function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth > deepest || Object.values(value).some((part) => isTooDeep(part, depth + 1));
}

function plainValue(value: unknown): AttributeValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map(plainValue);
  return JSON.stringify(value) ?? null;
}

/** Attributes out of JSON text; null where it is none. */
export function attributesIn(text: string): Map<string, AttributeValue> | null {
  try {
    return attributesOf(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The inverse for objects inside. Another text that is JSON, with blanks in it, stays text. */
export function objectIn(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith('{')) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return JSON.stringify(parsed) === value ? parsed : value;
  } catch {
    return value;
  }
}

/** The object that goes into JSON. It has no prototype, so that `__proto__` is written as a field. */
export function toRecord<Value>(named: ReadonlyMap<string, Value>): Record<string, Value> {
  const record: Record<string, Value> = Object.create(null);
  for (const [name, value] of named) record[name] = value;
  return record;
}

/**
 * Attributes as further fields of an object in JSON, and the names of those that can't be, as the format has a meaning of
 * its own for them.
 */
export function furtherFields(
  attributes: Attributes,
  own: ReadonlySet<string>,
): { readonly fields: Readonly<Record<string, unknown>>; readonly taken: readonly string[] } {
  const taken = [...attributes.keys()].filter((name) => own.has(name));
  const fields: Record<string, unknown> = toRecord(without(attributes, ...taken));
  for (const [name, value] of Object.entries(fields)) fields[name] = objectIn(value);
  return { fields, taken };
}

/** A copy without some names. */
export function without(attributes: Attributes, ...names: readonly string[]): Map<string, AttributeValue> {
  const rest = new Map(attributes);
  for (const name of names) rest.delete(name);
  return rest;
}

/**
 * What an attribute says of yes or no, in the ways in which formats write it: many have only text, some have grades, of
 * which 0 is no. Undefined where it says neither.
 */
export function flagOf(value: AttributeValue | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(true|yes)$/i.test(value)) return true;
  if (typeof value === 'string' && /^(false|no)$/i.test(value)) return false;
  const grade = numberOf(value);
  return Number.isFinite(grade) && grade >= 0 ? grade > 0 : undefined;
}

/** Whether an annotation is a region with a crowd in it. VOC's XML has only text, and so the word for it. */
export function isCrowd(attributes: Attributes): boolean {
  return flagOf(attributes.get('is_crowd')) === true;
}

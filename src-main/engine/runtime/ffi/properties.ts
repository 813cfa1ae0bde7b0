export type OVAny = string | number | boolean;

/** Properties for the C library, which takes texts. */
export function propertyStructs(properties: unknown): Array<{ key: string; value: string }> {
  if (properties === undefined || properties === null) return [];
  if (typeof properties !== 'object' || Array.isArray(properties))
    throw new TypeError('Properties must be an object.');
  return Object.entries(properties).map(([key, value]) => {
    switch (typeof value) {
      case 'string':
        return { key, value };
      case 'number':
        return { key, value: String(value) };
      case 'boolean':
        return { key, value: value ? 'YES' : 'NO' };
      default:
        throw new TypeError(`The property ${key} must be a string, a number or a boolean.`);
    }
  });
}

/** The value that a property's text stands for. */
export function propertyValue(text: string): OVAny {
  if (text === 'YES' || text === 'NO') return text === 'YES';
  if (!/^-?\d+(\.\d+)?(e[+-]\d+)?$/.test(text)) return text;
  const value = Number(text);
  // A hash or an identity of digits alone would lose the last of them.
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? text : value;
}

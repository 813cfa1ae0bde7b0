/** What an expression works on. */
export type Value = string | number | boolean | null | readonly Value[];

/** Whether a value counts as yes: as in most languages, and a list where it has entries. */
export function truth(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function equal(one: Value, other: Value): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((entry, at) => equal(entry, other[at]!));
  }
  return one === other;
}

/** Compares two values by an operator of the language; what can't be compared by size is neither smaller nor larger. */
export function compare(sign: string, one: Value, other: Value): boolean {
  switch (sign) {
    case '==':
    case '=':
      return equal(one, other);
    case '!=':
      return !equal(one, other);
    case 'in':
      return contains(other, one);
    case 'contains':
      return contains(one, other);
    case 'like':
      return typeof one === 'string' && typeof other === 'string' && like(one, other);
    default: {
      const comparable =
        (typeof one === 'number' && typeof other === 'number') ||
        (typeof one === 'string' && typeof other === 'string');
      if (!comparable) return false;
      if (sign === '<') return one < other;
      if (sign === '<=') return one <= other;
      return sign === '>' ? one > other : one >= other;
    }
  }
}

function contains(whole: Value, part: Value): boolean {
  if (typeof whole === 'string') return typeof part === 'string' && whole.includes(part);
  return Array.isArray(whole) && whole.some((entry) => equal(entry, part));
}

/** Compares with `*` and `?` in time proportional to text times pattern at worst, whatever the pattern. */
function like(text: string, pattern: string): boolean {
  let [at, place, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[place] === '*') {
      star = place;
      mark = at;
      place += 1;
    } else if (place < pattern.length && (pattern[place] === '?' || pattern[place] === text[at])) {
      place += 1;
      at += 1;
    } else if (star >= 0) {
      place = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  while (pattern[place] === '*') place += 1;
  return place === pattern.length;
}

// Several texts in one field. One that has a comma, an equals sign or a quote in it stands in quotes, a quote in it twice.

type Pair = readonly [name: string, value: string];

export const listText = (entries: readonly string[]): string => entries.map(quoted).join(', ');

export const listIn = (text: string): string[] =>
  partsIn(text, ',')
    .map(([part]) => plain(part))
    .filter(Boolean);

export const pairsText = (pairs: readonly Pair[]): string =>
  pairs.map(([name, value]) => `${quoted(name)} = ${value === '' ? '' : quoted(value)}`).join(', ');

/** The value is empty where there is none. */
export function pairsIn(text: string): Pair[] {
  const pairs: Pair[] = [];
  let before: string[] = [];
  for (const [part, end] of partsIn(text, ',=')) {
    before.push(part);
    if (end === '=') continue;
    const [name = '', ...value] = before;
    if (before.length > 1 || name.trim() !== '') pairs.push([plain(name), plain(value.join('='))]);
    before = [];
  }
  return pairs;
}

function quoted(text: string): string {
  const isPlain = text !== '' && text === text.trim() && !/[",=]/.test(text);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

function plain(part: string): string {
  const text = part.trim();
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  return isQuoted ? text.slice(1, -1).replaceAll('""', '"') : text;
}

/** The parts between separators that stand in no quotes, each with the separator behind it. */
function partsIn(text: string, separators: string): [part: string, end: string][] {
  const parts: [string, string][] = [];
  let part = '';
  let isInside = false;
  for (const sign of text) {
    if (!isInside && separators.includes(sign)) {
      parts.push([part, sign]);
      part = '';
      continue;
    }
    // A quote in the midst of a word is a part of it; one behind the end of a quotation makes it go on.
    const opens = part.trim() === '' || (part.trimStart().startsWith('"') && part.endsWith('"'));
    if (sign === '"' && (isInside || opens)) isInside = !isInside;
    part += sign;
  }
  return [...parts, [part, '']];
}

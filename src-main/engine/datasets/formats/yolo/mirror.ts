const opposites: ReadonlyMap<string, string> = new Map([
  ['left', 'right'],
  ['right', 'left'],
  ['l', 'r'],
  ['r', 'l'],
]);

/** Runs of capitals, words with or without a capital, words of scripts without capitals, and numbers. */
const words = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+|[\p{Lo}\p{M}]+|\p{N}+/gu;

const wordsOf = (name: string): string[] => (name.match(words) ?? [name]).map((word) => word.toLowerCase());

/** The words on the other side. A letter alone is no side: points can be called by letters. */
const opposite = (parts: readonly string[]): readonly string[] =>
  parts.join('').length === 1 ? parts : parts.map((word) => opposites.get(word) ?? word);

/**
 * For each point the one that takes its place in a mirrored picture, told by names that come in pairs of left and
 * right: `left_eye` and `right_eye`, `eyeL` and `eyeR`. Points without a side stay where they are.
 *
 * @returns undefined where the names don't tell: without a pair, where a point lacks its partner, where two names are
 * the same, and where points in the middle differ by their number alone, as those of an outline do (`face_1`, `face_2`).
 */
export function mirroredByNames(names: readonly string[]): number[] | undefined {
  const split = names.map(wordsOf);
  const indexOf = new Map(split.map((parts, index) => [parts.join(' '), index]));
  if (indexOf.size < names.length || hasOutline(split)) return undefined;
  const mirrored: number[] = [];
  for (const parts of split) {
    const partner = indexOf.get(opposite(parts).join(' '));
    if (partner === undefined) return undefined;
    mirrored.push(partner);
  }
  return mirrored.some((to, from) => to !== from) ? mirrored : undefined;
}

function hasOutline(split: readonly (readonly string[])[]): boolean {
  const middle = split.filter((parts) => !parts.some((word) => opposites.has(word)));
  const stems = middle.map((parts) => parts.filter((word) => !/^\p{N}/u.test(word)).join(' '));
  return new Set(stems).size < stems.length;
}

/** Whether each point has another one, or itself, for its place, which in turn has it. */
export function isMirroring(mirrored: readonly number[], points: number): boolean {
  return mirrored.length === points && mirrored.every((to, from) => mirrored[to] === from);
}

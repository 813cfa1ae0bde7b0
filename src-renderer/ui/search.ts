import { defaultFilter } from 'cmdk';

/** Letters that lie about in a long name are no match. */
const leastScore = 0.05;

/** Of an entry whose words begin as what was typed does. */
const scoreOfWords = 0.6;

/** How well an entry fits what was typed, 0..1: by the letters of its title, or by whole beginnings of its other words. */
export function byWords(_value: string, search: string, [title = '', ...others]: string[] = []): number {
  const words = [title, ...others].join(' ').toLowerCase().split(/\s+/);
  const typed = search.toLowerCase().split(/\s+/).filter(Boolean);
  const isNamed = typed.every((part) => words.some((word) => word.startsWith(part)));
  const score = defaultFilter(title, search, []);
  return Math.max(score < leastScore ? 0 : score, isNamed ? scoreOfWords : 0);
}

import { listIfThere, textIfThere } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';

/** Lines of a list with their numbers from 1, without empty ones; none where there is no file. An empty one is told. */
export async function linesOf(folder: string, path: string): Promise<readonly [number, string][]> {
  return numbered((await listIfThere(inside(folder, path))) ?? '');
}

/** {@link linesOf} for what a single picture has, which may be nothing. */
export async function ownLines(folder: string, path: string): Promise<readonly [number, string][]> {
  return numbered((await textIfThere(inside(folder, path))) ?? '');
}

function numbered(text: string): readonly [number, string][] {
  return text
    .split(/\r?\n/)
    .map((line, index): [number, string] => [index + 1, line.trim()])
    .filter(([, line]) => line !== '');
}

/** A list of names, one on each line, or null where there is no file. */
export async function namesFile(folder: string, path: string): Promise<string[] | null> {
  const text = await listIfThere(inside(folder, path));
  if (text === undefined) return null;
  const names = text.split(/\r?\n/).map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  return names;
}

/** A list of names as a file's text. */
export function namesText(names: readonly { readonly name: string }[]): string {
  return names.map(({ name }) => `${oneLine(name)}\n`).join('');
}

export const oneLine = (text: string): string => text.replace(/\s*[\r\n]+\s*/g, ' ');

/**
 * Class names for formats whose fields end at a space: `traffic light` becomes `traffic_light`, and where that is
 * a class already, `traffic_light_2`.
 */
export function wordNames(labels: readonly { readonly name: string }[]): readonly string[] {
  const taken = new Set(labels.map(({ name }) => name).filter((name) => !/\s/.test(name) && name !== ''));
  return labels.map(({ name }) => {
    if (!/\s/.test(name) && name !== '') return name;
    const word = name.trim().replace(/\s+/g, '_') || 'unnamed';
    let free = word;
    for (let turn = 2; taken.has(free); turn += 1) free = `${word}_${turn}`;
    taken.add(free);
    return free;
  });
}

import { isFile } from '../../files/folder.ts';
import { inside, safeRelative } from '../../files/paths.ts';
import { type ProblemLog, wholeOf } from '../../model/index.ts';
import { csvRows } from './csv.ts';
import { below } from './read.ts';

/** Names that pictures had before their files were named by frames. It is our own, and other readers pass it over. */
export const framesFile = 'frames.csv';

/**
 * The names of pictures by their frames.
 *
 * @param folders whether a name may have folders in front.
 */
export async function readFrameNames(
  folder: string,
  path: string,
  problems: ProblemLog,
  folders = false,
): Promise<ReadonlyMap<number, string>> {
  const names = new Map<number, string>();
  const list = below(path, framesFile);
  if (!(await isFile(inside(folder, list)))) return names;
  const complain = (line: number, reason: string): void => problems.add(list, `line ${line}`, reason);
  for await (const row of csvRows(inside(folder, list), complain)) {
    const name = safeRelative(row.get('name'));
    if (name === null || (!folders && name.includes('/')))
      complain(row.line, 'the name is no name of a file');
    else names.set(wholeOf(row.get('frame'), -1), name);
  }
  return names;
}

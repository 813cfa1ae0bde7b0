import { hashFile } from '../../io/hash.ts';
import { statsOf } from '../files/stats.ts';

/** Whether two paths hold the same bytes; null where one of them holds nothing. Files are read only where their lengths are equal. */
export async function isSameFile(one: string, other: string): Promise<boolean | null> {
  const [a, b] = [one, other].map((path) => statsOf(path));
  if (a?.isFile() !== true || b?.isFile() !== true) return null;
  if (a.dev === b.dev && a.ino === b.ino && a.ino !== 0) return true;
  return a.size === b.size && (await hashFile(one)) === (await hashFile(other));
}

import { sep } from 'node:path';

/** Whether a path is a folder or lies below it. Both are absolute; links are not looked at. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

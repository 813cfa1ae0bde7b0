import { listIfThere } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import { field, isRecord, wholeOf } from '../../model/index.ts';

/** Files with a class a line that tools leave beside the labels, or, as labelImg does, among them. */
const lists = ['classes.txt', 'obj.names', '_darknet.labels', 'labels/classes.txt'];

/** Label Studio's, which has the classes as COCO does. */
const notes = 'notes.json';

/** The classes of a file with one a line; lines without a name at its end are none. */
export function listedNames(text: string): string[] {
  const names = text.split(/\r?\n/).map((name) => name.trim());
  while (names.at(-1) === '') names.pop();
  return names;
}

/** Names of the classes from files beside a set without any in its `data.yaml`; empty where there are none. */
export async function namesBeside(folder: string): Promise<string[]> {
  for (const file of lists) {
    const names = listedNames((await listIfThere(inside(folder, file))) ?? '');
    if (names.length > 0) return names;
  }
  return notedNames((await listIfThere(inside(folder, notes))) ?? '');
}

function notedNames(text: string): string[] {
  const names: string[] = [];
  for (const category of categoriesIn(text)) {
    const name = isRecord(category) ? field(category, 'name') : undefined;
    const number = isRecord(category) ? wholeOf(field(category, 'id'), names.length) : -1;
    if (typeof name !== 'string' || number < 0 || number > 100_000) continue;
    while (names.length <= number) names.push(String(names.length));
    names[number] = name;
  }
  return names;
}

function categoriesIn(text: string): readonly unknown[] {
  try {
    const parsed: unknown = JSON.parse(text);
    const categories = isRecord(parsed) ? field(parsed, 'categories') : undefined;
    return Array.isArray(categories) ? categories : [];
  } catch {
    return [];
  }
}

import { child, childText, type XmlElement } from '../../files/xml.ts';
import { wholeOf } from '../../model/index.ts';

const idsIn = (text: string | undefined): number[] =>
  (text ?? '')
    .split(',')
    .map((word) => wholeOf(word, -1))
    .filter((id) => id >= 0);

/**
 * Groups by an object's number, from what the objects say of their parts. The roots are numbered from the last to the
 * first, as Datumaro does. An object that is its own part is followed once.
 */
export function groupsOf(objects: readonly XmlElement[]): ReadonlyMap<number, number> {
  const children = new Map<number, readonly number[]>();
  const roots: number[] = [];
  for (const [index, object] of objects.entries()) {
    const id = wholeOf(childText(object, 'id'), index);
    const parts = child(object, 'parts');
    const own = parts === undefined ? [] : idsIn(childText(parts, 'hasparts'));
    children.set(id, own);
    const above = parts === undefined ? [] : idsIn(childText(parts, 'ispartof'));
    if (own.length > 0 && above.length === 0) roots.push(id);
  }
  const groups = new Map<number, number>();
  for (const [index, root] of roots.toReversed().entries()) {
    const waiting = [root];
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      if (groups.has(id)) continue;
      groups.set(id, index + 1);
      waiting.push(...(children.get(id) ?? []));
    }
  }
  return groups;
}

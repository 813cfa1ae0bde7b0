import { folded } from '../files/paths.ts';
import type { Dataset } from '../format.ts';
import { mapItems } from '../transforms/transform.ts';

/**
 * A view in which no two items have one name, whatever their subsets and the case of their letters: a later one gets a
 * number behind its name.
 */
export function uniqueNames(dataset: Dataset): { readonly dataset: Dataset; renamed(): number } {
  const taken = new Set<string>();
  let renamed = 0;
  const view = mapItems(dataset, (item, index) => {
    if (index === 0) {
      taken.clear();
      renamed = 0;
    }
    let { id } = item;
    for (let number = 2; taken.has(folded(id)); number += 1) id = `${item.id}_${number}`;
    taken.add(folded(id));
    if (id === item.id) return item;
    renamed += 1;
    return { ...item, id };
  });
  return { dataset: view, renamed: () => renamed };
}

import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';

/** A small set's items, read once. */
export async function itemsOf(dataset: Dataset): Promise<Item[]> {
  const items: Item[] = [];
  for await (const item of dataset.items()) items.push(item);
  return items;
}

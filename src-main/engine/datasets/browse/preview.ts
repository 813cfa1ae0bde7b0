import type { Dataset } from '../format.ts';
import type { Item } from '../model/index.ts';
import { breathing } from '../operations/pace.ts';
import { summaryOf } from '../operations/receipt.ts';
import type { Reading } from './kept.ts';

/** The first pictures of a set as one of its formats reads them. */
export interface Preview extends Pick<Reading, 'categories' | 'problems'> {
  readonly items: readonly Item[];
  /** Pictures that were looked at for them. */
  readonly looked: number;
}

/** Pictures that a preview shows, and that it looks at to find annotated ones. */
const previewed = { shown: 4, looked: 60 } as const;

/** The first pictures, those with annotations before others. */
export async function previewOf(dataset: Dataset, signal: AbortSignal): Promise<Preview> {
  const [annotated, plain]: [Item[], Item[]] = [[], []];
  let looked = 0;
  for await (const item of breathing(dataset.items(), { signal })) {
    (item.annotations.length > 0 ? annotated : plain).push(item);
    looked += 1;
    if (annotated.length >= previewed.shown || looked >= previewed.looked) break;
  }
  const items = [...annotated, ...plain].slice(0, previewed.shown);
  return { items, looked, categories: dataset.categories, problems: summaryOf(dataset.problems) };
}

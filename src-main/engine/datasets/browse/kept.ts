import type { Dataset } from '../format.ts';
import { type Categories, type Infos, type Item, noInfos, ProblemLog } from '../model/index.ts';
import type { ConversionPlan } from '../operations/index.ts';
import { breathing, counting } from '../operations/pace.ts';
import { summaryOf } from '../operations/receipt.ts';
import { type Statistics, StatisticsCounter } from '../statistics.ts';
import { ItemStore } from './store.ts';

/** A look at a set, or at what its transforms make of it. */
export interface Reading {
  readonly format: { readonly name: string; readonly title: string };
  readonly statistics: Statistics;
  readonly categories: Categories;
  readonly infos: Infos;
  readonly problems: ConversionPlan['problems'];
  /** What the transforms tell of. */
  readonly changes: ConversionPlan['changes'];
}

export interface Work {
  readonly signal: AbortSignal;
  readonly onProgress: (done: number) => void;
}

export interface Changed {
  readonly dataset: Dataset;
  /** What the transforms tell of. */
  readonly changes?: ProblemLog;
}

/** Reads a set, and keeps its items. @param format that it is read as. */
export async function kept(
  format: Reading['format'],
  { dataset, changes = new ProblemLog() }: Changed,
  work: Work,
): Promise<{ readonly store: ItemStore; readonly reading: Reading }> {
  const store = await ItemStore.create();
  const counter = new StatisticsCounter({ looks: true });
  try {
    for await (const item of watched(dataset, work)) {
      counter.add(item);
      await store.add(item);
    }
    await store.flush();
  } catch (thrown) {
    await store[Symbol.asyncDispose]();
    throw thrown;
  }
  const reading = {
    format: { name: format.name, title: format.title },
    statistics: counter.result(dataset),
    categories: dataset.categories,
    infos: dataset.infos ?? noInfos,
    problems: summaryOf(dataset.problems),
    changes: summaryOf(changes),
  };
  return { store, reading };
}

/** Items, counted as they go by, with pauses in which others get a turn. */
export async function* watched(dataset: Dataset, { signal, onProgress }: Work): AsyncGenerator<Item> {
  const tick = counting({ onProgress: ({ done }) => onProgress(done) }, 'planning', null);
  for await (const item of breathing(dataset.items(), { signal })) {
    yield item;
    tick();
  }
}

import { useEffect, useMemo, useState } from 'react';
import type { DatasetFilter, DatasetItem } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';
import type { Looked } from './looked.ts';

/** Items that are asked for at once. */
const page = 48;

/** Milliseconds that a range must be looked at for before it is fetched. */
const passing = 40;

/** Pages that are kept, about the ones on the screen. */
const keptPages = 40;

export interface Items {
  /** Those of the last filter until it is known how many fit this one. */
  readonly total: number;
  readonly isCounted: boolean;
  /** Whether some of the pictures are only made when the set is written. */
  readonly areLater: boolean;
  /** Undefined while it is not here yet. */
  readonly at: (place: number) => DatasetItem | undefined;
}

/** The items that fit a filter, of which those about a range are fetched. */
export function useItems(looked: Looked | null, filter: DatasetFilter, from: number, to: number): Items {
  const source = useMemo(() => ({ looked, filter }), [looked, filter]);
  const [known, setKnown] = useState<Known>({ source, total: 0, pages: noPages });
  const isCounted = known.source === source;
  const pages = isCounted ? known.pages : noPages;
  // Nothing flickers while the next are asked for.
  const shown = known.source.looked === looked ? known : { total: 0, pages: noPages };
  const first = Math.floor(Math.max(0, from) / page);
  const last = Math.floor(Math.max(0, to) / page);
  const missing = useMemo(
    () =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
        (index) => !pages.has(index),
      ),
    [first, last, pages],
  );
  useEffect(() => {
    if (!looked) return undefined;
    const { id, isChanged: changed } = looked;
    let current = true;
    const fetch = (index: number): void => {
      call('datasets.items', { id, filter, changed, offset: index * page, count: page }).then(
        ({ total: all, items }) => {
          if (!current) return;
          setKnown((before) => {
            const same = before.source === source;
            const next = new Map(same ? before.pages : []);
            next.set(index, items);
            for (const old of [...next.keys()].slice(0, -keptPages)) next.delete(old);
            return { source, total: all, pages: next };
          });
        },
        () => undefined,
      );
    };
    // What is only scrolled past is not asked for.
    const timer = setTimeout(() => missing.forEach(fetch), isCounted ? passing : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [missing, looked, filter, source, isCounted]);
  return {
    total: shown.total,
    isCounted,
    areLater: [...shown.pages.values()].some((items) => items.some(({ picture }) => picture === 'later')),
    at: (place) => shown.pages.get(Math.floor(place / page))?.[place % page],
  };
}

type Pages = ReadonlyMap<number, DatasetItem[]>;

const noPages: Pages = new Map();

/** What is here of the items that fit a filter. */
interface Known {
  readonly source: { readonly looked: Looked | null; readonly filter: DatasetFilter };
  readonly total: number;
  readonly pages: Pages;
}

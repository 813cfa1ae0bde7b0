import { useEffect, useMemo, useState } from 'react';
import type { DatasetFilter, DatasetItem } from '../../../src-main/contract/index.ts';
import { call } from '../../state/session.ts';

/** Items that are asked for at once. */
const page = 48;

/** Pages that are kept, about the ones on the screen. */
const keptPages = 40;

export interface Items {
  readonly total: number;
  /** Undefined while it is not here yet. */
  readonly at: (place: number) => DatasetItem | undefined;
}

/** The items that fit a filter, of which those about a range are fetched. */
export function useItems(id: string, filter: DatasetFilter, from: number, to: number): Items {
  const source = useMemo(() => ({ id, filter }), [id, filter]);
  const [known, setKnown] = useState<{
    source: object;
    total: number;
    pages: ReadonlyMap<number, DatasetItem[]>;
  }>({
    source,
    total: 0,
    pages: new Map(),
  });
  const pages = known.source === source ? known.pages : new Map<number, DatasetItem[]>();
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
    let current = true;
    for (const index of missing) {
      call('datasets.items', { id, filter, offset: index * page, count: page }).then(
        ({ total, items }) => {
          if (!current) return;
          setKnown((before) => {
            const same = before.source === source;
            const next = new Map(same ? before.pages : []);
            next.set(index, items);
            for (const old of [...next.keys()].slice(0, -keptPages)) next.delete(old);
            return { source, total, pages: next };
          });
        },
        () => undefined,
      );
    }
    return () => {
      current = false;
    };
  }, [missing, id, filter, source]);
  return {
    total: known.source === source ? known.total : 0,
    at: (place) => pages.get(Math.floor(place / page))?.[place % page],
  };
}

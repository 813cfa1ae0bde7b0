import { type AnyFormat, type Dataset, type ReadOptions, toldOnce } from '../format.ts';
import { withoutBackground } from '../transforms/labels.ts';
import { inFull, type Merged, type MergeOptions, merge } from './merge.ts';
import { breathing } from './pace.ts';
import type { Source } from './source.ts';

/** Sets that are one from here on: browsed, changed and converted as any other. Those that it is of stay whoever's they are. */
export interface MergedSource extends Source {
  open(options?: ReadOptions): Promise<Merged>;
}

/** Only VOC counts its background as a class. */
export const countsBackground = ({ name }: Pick<AnyFormat, 'name'>): boolean => name.startsWith('voc');

/** Two sets without the background of one where the other counts none. */
export function withoutLoneBackground(
  sets: readonly [Dataset, Dataset],
  formats: readonly [Pick<AnyFormat, 'name'>, Pick<AnyFormat, 'name'>],
): readonly [Dataset, Dataset] {
  const [one, other] = formats.map(countsBackground);
  if (one === other) return sets;
  return one ? [withoutBackground(sets[0]), sets[1]] : [sets[0], withoutBackground(sets[1])];
}

/** @param sources two or more. They are merged while they are read, which throws as `merge` does. */
export function mergedSource(sources: readonly Source[], options: MergeOptions): MergedSource {
  const [first] = sources;
  const plain = sources.find(({ format }) => !countsBackground(format));
  return {
    path: sources.map(({ path }) => path).join(', '),
    folder: first!.folder,
    // Where only some of them have a background, it is taken out of these, and the whole has none.
    format: (plain ?? first!).format,
    merged: { sources, options: inFull(options, sources.length) },
    async open(reading = {}) {
      const { signal, waitWhilePaused } = reading;
      const pace = { ...(signal && { signal }), ...(waitWhilePaused && { waitWhilePaused }) };
      const sets = await Promise.all(
        sources.map(async (source): Promise<Dataset> => {
          const set = await source.open(reading);
          const own = plain && countsBackground(source.format) ? withoutBackground(set) : set;
          return { ...own, items: () => breathing(own.items(), pace) };
        }),
      );
      return toldOnce(await merge(sets, options));
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** The set or, of a merged one, those that it is of. */
export const sourcesIn = (source: Source): readonly Source[] => source.merged?.sources ?? [source];

/** The titles of the formats that a source is of. */
export const titlesIn = (source: Source): string =>
  [...new Set(sourcesIn(source).map(({ format }) => format.title))].join(' + ');

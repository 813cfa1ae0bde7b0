import { hashFile } from '../../io/hash.ts';
import { paced } from '../breathing.ts';
import { statsOf } from '../files/stats.ts';
import type { Dataset } from '../format.ts';
import { alike, usualDistance } from '../transforms/duplicates.ts';

/** Items that have one picture, byte by byte. */
export interface SamePicture {
  /** `subset/name` of each. */
  readonly names: readonly string[];
  /** Places of the items in the set. */
  readonly places: readonly number[];
  /** How many subsets they are in. More than one is leakage: what is tested was trained with. */
  readonly subsets: number;
}

interface Entry {
  readonly name: string;
  readonly place: number;
  readonly subset: string;
  readonly path: string;
}

const namesOf = (entries: readonly Entry[]): SamePicture => ({
  names: entries.map(({ name }) => name),
  places: entries.map(({ place }) => place),
  subsets: new Set(entries.map(({ subset }) => subset)).size,
});

/** Finds pictures that several items have. Only files of one length are read. */
export async function samePictures(dataset: Dataset, signal?: AbortSignal): Promise<SamePicture[]> {
  const bySize = new Map<number, Entry[]>();
  let place = -1;
  for await (const { id, subset, media } of paced(dataset, signal).items()) {
    place += 1;
    const size = media === null ? undefined : statsOf(media.path)?.size;
    if (media === null || size === undefined || size === 0) continue;
    const known = bySize.get(size);
    const entry = { name: `${subset}/${id}`, place, subset, path: media.path };
    if (known === undefined) bySize.set(size, [entry]);
    else known.push(entry);
  }
  const same: SamePicture[] = [];
  for (const entries of bySize.values()) {
    if (entries.length < 2) continue;
    const byHash = new Map<string, typeof entries>();
    for (const entry of entries) {
      signal?.throwIfAborted();
      const hash = await hashFile(entry.path);
      const twins = byHash.get(hash);
      if (twins === undefined) byHash.set(hash, [entry]);
      else twins.push(entry);
    }
    for (const group of byHash.values()) {
      if (group.length < 2) continue;
      same.push(namesOf(group));
    }
  }
  return same;
}

/** Finds pictures that look alike, and are not the same byte by byte. */
export async function similarPictures(given: Dataset, signal?: AbortSignal): Promise<SamePicture[]> {
  const dataset = paced(given, signal);
  const groups = await alike(dataset, usualDistance, signal);
  const byGroup = new Map<number, Entry[]>();
  let place = 0;
  for await (const { id, subset, media } of dataset.items()) {
    const group = groups[place] ?? place;
    place += 1;
    if (media === null) continue;
    const entries = byGroup.get(group) ?? [];
    byGroup.set(group, entries);
    entries.push({ name: `${subset}/${id}`, place: place - 1, subset, path: media.path });
  }
  const similar: SamePicture[] = [];
  for (const entries of byGroup.values()) {
    if (entries.length < 2) continue;
    const hashes = new Set<string>();
    for (const { path } of entries) {
      signal?.throwIfAborted();
      hashes.add(await hashFile(path));
    }
    if (hashes.size < 2) continue;
    similar.push(namesOf(entries));
  }
  return similar;
}

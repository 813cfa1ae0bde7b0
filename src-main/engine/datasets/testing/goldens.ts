import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset, Format } from '../format.ts';
import { formatNamed } from '../formats/index.ts';
import { noCategories, ProblemLog } from '../model/index.ts';
import { type Allowance, allowances } from './allowances.ts';
import { corpus, data, type Golden, type GoldenItem, haveData, toGolden } from './golden.ts';
import { itemsOf } from './items.ts';

/** A conversion that Datumaro made, or CVAT's fork of it: `<folder>/<set>__<to>`. */
export interface Pair {
  readonly folder: string;
  readonly set: string;
  readonly to: string;
  readonly name: string;
}

/** Every conversion there is. */
export function allPairs(folder: 'golden' | 'golden_cvat_fork' = 'golden'): Pair[] {
  if (!haveData) return [];
  return readdirSync(join(data, folder))
    .filter((name) => name.includes('__'))
    .sort()
    .map((name) => ({ folder, name, set: name.split('__')[0]!, to: name.split('__')[1]! }));
}

/** Where Datumaro's name for writing is another one than for reading. */
const otherNames: Readonly<Record<string, string>> = { mot_seq_gt: 'mot_seq', mots_png: 'mots' };

export const allowancesOf = ({ set, to }: Pair): Allowance[] =>
  allowances.filter(({ applies }) => applies(set, to));

/** Our conversion and Datumaro's, both read by us, made comparable by some allowances. */
export async function compared(
  { folder: from, set, to, name }: Pair,
  folder: string,
  allowed: readonly Allowance[],
): Promise<{ ours: Golden; theirs: Golden }> {
  const target = formatNamed(otherNames[to] ?? to) as Format;
  const [own, golden] = [join(folder, 'ours'), join(folder, 'theirs')];
  let source: Dataset = await formatNamed(set.split('@')[0]!)!.read(corpus(set));
  for (const { source: change } of allowed) source = change?.(source, join(data, from, name)) ?? source;
  await target.write(source, own, { media: 'copy' });
  cpSync(join(data, from, name), golden, { recursive: true });
  await lendPictures(await readOrEmpty(target, own), own, golden);
  let ours = await toGolden(await readOrEmpty(target, own));
  let theirs = await toGolden(await readOrEmpty(target, golden));
  for (const { compare } of allowed) [ours, theirs] = compare?.(ours, theirs) ?? [ours, theirs];
  return { ours: level(ours), theirs: level(unsaid(theirs, ours)) };
}

/** Datumaro writes no file at all for a set that has nothing of what a format takes. */
async function readOrEmpty(format: Format, folder: string): Promise<Dataset> {
  try {
    return await format.read(folder);
  } catch (thrown) {
    if (!(thrown instanceof RefineryError) || thrown.code !== 'INPUT_NOT_FOUND') throw thrown;
    return {
      categories: noCategories,
      media: 'image',
      problems: new ProblemLog(),
      items: async function* () {},
    };
  }
}

/** Datumaro's conversions come without their pictures, which some formats can't be read without. */
async function lendPictures(dataset: Dataset, from: string, to: string): Promise<void> {
  for (const { media } of await itemsOf(dataset)) {
    if (media === null || !existsSync(media.path) || !media.path.startsWith(from)) continue;
    const target = join(to, media.path.slice(from.length));
    if (existsSync(target)) continue;
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(media.path, target);
  }
}

/** Takes out of Datumaro's what a golden set can't say: sizes of pictures that are not there, and what has no items. */
function unsaid(theirs: Golden, ours: Golden): Golden {
  if (theirs.items.length === 0 && theirs.labels.length === 0) return { labels: ours.labels, items: [] };
  return theirs;
}

/** What is a matter of numbering: an item's and an annotation's number, and the number that a group has. */
function level(golden: Golden): Golden {
  return { ...golden, items: golden.items.map(levelItem) };
}

function levelItem({ id, subset, attributes, annotations }: GoldenItem): GoldenItem {
  const { id: _, frame: __, ...rest } = attributes;
  const members = new Map<number, string[]>();
  for (const { group, type, label } of annotations) {
    if (group !== 0) members.set(group, [...(members.get(group) ?? []), `${type} ${label}`]);
  }
  const together = new Map<string, number>();
  return {
    id,
    subset,
    attributes: rest,
    annotations: annotations.map((annotation) => {
      const parts = members.get(annotation.group) ?? [];
      // A group of one says nothing. Others are told apart by what is in them.
      const key = parts.length > 1 ? parts.sort().join() : '';
      if (key !== '' && !together.has(key)) together.set(key, hash(key));
      const { box_id: ___, ...attributes } = annotation.attributes;
      return { ...annotation, id: 0, group: together.get(key) ?? 0, attributes };
    }),
  };
}

const hash = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 1_000_003, 7);

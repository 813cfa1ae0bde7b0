import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { type Kind, kinds, readSynthia } from './read.ts';

async function detect(kind: Kind, { folders, files }: Listing): Promise<Verdict | null> {
  if (!folders.includes(kind.pictures)) return null;
  const drawn = kind.masks.filter((name) => folders.includes(name));
  if (drawn.length === 0) return null;
  const listed = files.includes('label_colors.txt');
  const others = kind.marks.filter((name) => folders.includes(name)).length;
  return {
    confidence: others === kind.marks.length ? 0.92 : listed ? 0.85 : 0.83,
    reasons: [`There are the folders ${[kind.pictures, ...drawn].join(' and ')} of SYNTHIA.`],
    against: others === kind.marks.length ? [] : [`There is no folder ${kind.marks.join(' or ')}.`],
  };
}

/** SYNTHIA: https://synthia-dataset.net/downloads/ */
export const synthiaFormats: readonly ReadOnlyFormat[] = kinds.map((kind) => ({
  name: kind.name,
  title: kind.title,
  aliases: [],
  abilities: null,
  detect: (listing) => detect(kind, listing),
  read: (folder, options) => readSynthia(folder, kind, options),
}));

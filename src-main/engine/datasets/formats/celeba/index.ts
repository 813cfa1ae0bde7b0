import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { readCeleba } from './read.ts';

async function detect(aligned: boolean, { files, folders }: Listing): Promise<Verdict | null> {
  if (!files.includes('Anno/identity_CelebA.txt')) return null;
  const own = aligned ? 'Img/img_align_celeba' : 'Img/img_celeba';
  const there = folders.includes(own);
  return {
    confidence: there ? (aligned ? 0.95 : 0.97) : 0.5,
    reasons: ['There is Anno/identity_CelebA.txt.', ...(there ? [`There are pictures in ${own}.`] : [])],
    against: there ? [] : [`There are no pictures in ${own}.`],
  };
}

/** CelebA: https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html */
export const celebaFormats: readonly ReadOnlyFormat[] = [false, true].map((aligned) => ({
  name: aligned ? 'align_celeba' : 'celeba',
  title: aligned ? 'CelebA, aligned' : 'CelebA',
  aliases: [],
  abilities: null,
  detect: (listing) => detect(aligned, listing),
  read: (folder, options) => readCeleba(folder, aligned, options),
}));

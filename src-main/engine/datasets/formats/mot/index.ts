import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readMots } from './mots-read.ts';
import { writeMots } from './mots-write.ts';
import { readMotSeq } from './read.ts';
import { writeMotSeq } from './write.ts';

const boxes: Abilities = {
  ...noAbilities,
  types: ['box'],
  attributes: ['track_id', 'ignored', 'visibility', 'occluded'],
  subsets: true,
};

const masks: Abilities = {
  ...boxes,
  types: ['mask'],
  attributes: ['track_id'],
  limits: { needsClass: true, flatMasks: 'objects' },
};

async function detectMotSeq(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => /(^|\/)(gt\/gt|det\/det)\.txt$/.test(path));
  if (own === undefined) return null;
  const [line = ''] = (await listing.head(own)).split(/\r?\n/);
  const fits = /^\s*\d+\s*,\s*-?\d+\s*,(\s*-?[\d.eE+-]+\s*,){4}/.test(line);
  const reasons = [`There is ${own}${fits ? ', with lines of frame, track and box' : ''}.`];
  return fits
    ? { confidence: 0.97, reasons, against: [] }
    : { confidence: 0.4, reasons, against: ['Its first line is no frame, track and box.'] };
}

async function detectMots(listing: Listing): Promise<Verdict | null> {
  const masksThere = listing.files.some((path) => /(^|\/)instances\/.*\.png$/.test(path));
  const images = listing.folders.some((path) => /(^|\/)images$/.test(path));
  const named = listing.files.some((path) => /(^|\/)instances\/labels\.txt$/.test(path));
  if (!masksThere) return null;
  const reasons = ['There are mask pictures in a folder instances.'];
  if (named)
    return { confidence: 0.93, reasons: [...reasons, 'There is instances/labels.txt.'], against: [] };
  return { confidence: images ? 0.7 : 0.45, reasons, against: ['There is no instances/labels.txt.'] };
}

/** Tracks of objects through a video, as boxes (https://motchallenge.net/instructions/) and as masks. */
export const motFormats: readonly Format[] = [
  {
    name: 'mot_seq',
    title: 'MOT Challenge, tracked boxes',
    aliases: ['mot', 'mot_seq_gt', 'mot_challenge'],
    abilities: boxes,
    detect: detectMotSeq,
    read: readMotSeq,
    write: (dataset, folder, options) => writeMotSeq(dataset, folder, boxes, options),
  },
  {
    name: 'mots',
    title: 'MOTS, tracked masks',
    aliases: ['mots_png', 'mots_png_extractor'],
    abilities: masks,
    detect: detectMots,
    read: readMots,
    write: (dataset, folder, options) => writeMots(dataset, folder, masks, options),
  },
];

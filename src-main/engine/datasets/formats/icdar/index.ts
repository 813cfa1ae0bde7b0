import type { Abilities, Format, Listing, Verdict } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { readLocalization, writeLocalization } from './localization.ts';
import { readRecognition, writeRecognition } from './recognition.ts';
import { readSegmentation, writeSegmentation } from './segmentation.ts';

const abilitiesOf = (
  types: readonly AnnotationType[],
  attributes: readonly string[],
  groups = false,
): Abilities => ({
  types,
  attributes,
  itemAttributes: false,
  groups,
  zOrder: false,
  labelParents: false,
  skeletons: false,
  subsets: true,
});

const localization = { ...abilitiesOf(['box', 'polygon'], ['text']), limits: { classes: 'none' } } as const;
const recognition = abilitiesOf(['caption'], []);
const segmentation = {
  ...abilitiesOf(['mask'], ['text', 'index', 'color', 'center'], true),
  limits: { classes: 'none', flatMasks: 'objects' },
} as const;

async function detectLocalization(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.filter((path) => /(^|\/)gt_[^/]*\.txt$/.test(path));
  if (own.length === 0) return null;
  const reasons = [`There are ${own.length} files named gt_….txt.`];
  for (const path of own.slice(0, 8)) {
    const [line = ''] = (await listing.head(path)).split(/\r?\n/);
    if (/^(-?[\d.]+[\s,]+){3,}-?[\d.]+([\s,]|$)/.test(line)) {
      return { confidence: 0.93, reasons: [...reasons, 'Their lines begin with coordinates.'], against: [] };
    }
  }
  return { confidence: 0.5, reasons, against: ['No line with coordinates was seen.'] };
}

async function detectRecognition(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => /(^|\/)gt\.txt$/.test(name)).slice(0, 4)) {
    const head = await listing.head(path);
    if (!/^.*\.(jpe?g|png|bmp|tiff?|webp), ?("|$)/im.test(head)) continue;
    return { confidence: 0.93, reasons: [`${path} has a picture and a word on each line.`], against: [] };
  }
  return null;
}

async function detectSegmentation(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.filter((path) => /_GT\.(bmp|txt)$/.test(path));
  if (own.length === 0) return null;
  return { confidence: 0.93, reasons: [`There are ${own.length} files named …_GT.`], against: [] };
}

/** The three tasks of ICDAR's robust reading competitions: https://rrc.cvc.uab.es/?ch=2&com=tasks */
export const icdarFormats: readonly Format[] = [
  {
    name: 'icdar_text_localization',
    title: 'ICDAR, where text is',
    aliases: ['icdar'],
    abilities: localization,
    detect: detectLocalization,
    read: readLocalization,
    write: (dataset, folder, options) => writeLocalization(dataset, folder, localization, options),
  },
  {
    name: 'icdar_word_recognition',
    title: 'ICDAR, words',
    aliases: [],
    abilities: recognition,
    detect: detectRecognition,
    read: readRecognition,
    write: (dataset, folder, options) => writeRecognition(dataset, folder, recognition, options),
  },
  {
    name: 'icdar_text_segmentation',
    title: 'ICDAR, characters as masks',
    aliases: [],
    abilities: segmentation,
    detect: detectSegmentation,
    read: readSegmentation,
    write: (dataset, folder, options) => writeSegmentation(dataset, folder, segmentation, options),
  },
];

import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { pairsIn } from './places.ts';
import { readMaskDirs } from './read.ts';
import { writeMaskDirs } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['mask'],
  subsets: true,
  limits: { needsClass: true, flatMasks: 'class' },
};

async function detect({ files }: Listing): Promise<Verdict | null> {
  // What lies deeper is in sets of its own.
  const pairs = pairsIn(files.filter((path) => path.split('/').length <= 4));
  const masks = pairs.filter(({ mask }) => mask !== undefined);
  const [example] = masks.filter(({ picture }) => picture !== undefined);
  const whole = masks.filter(({ picture }) => picture !== undefined).length;
  if (example === undefined || whole * 2 < masks.length || whole * 4 < pairs.length) return null;
  return {
    confidence: 0.82,
    reasons: [`${example.mask} is called as the picture ${example.picture}, and lies where masks do.`],
    against: ['No file says what the masks show.'],
  };
}

/** Pictures with masks of the same names in another folder or beside them, as most trainers of segmentation take them. */
export const maskDirsFormat: Format = {
  name: 'mask_dirs',
  title: 'Folders of pictures and masks',
  aliases: ['masks', 'png_masks', 'mmseg', 'mmsegmentation', 'kaggle_image_mask'],
  abilities,
  detect,
  read: readMaskDirs,
  write: (dataset, folder, options) => writeMaskDirs(dataset, folder, abilities, options),
};

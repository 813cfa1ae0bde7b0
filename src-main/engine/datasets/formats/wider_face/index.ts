import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { faceAttributes } from './lines.ts';
import { readWiderFace } from './read.ts';
import { writeWiderFace } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'label'],
  attributes: faceAttributes,
  subsets: true,
  limits: { oneLabel: true, textAttributes: [], attributesOf: { label: [] } },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const list = listing.files.find((path) => /(^|\/)wider_face_[^/]+_(bbx_gt|filelist)\.txt$/.test(path));
  if (list === undefined) return null;
  return { confidence: 0.97, reasons: [`${list} is named as WIDER FACE names its lists.`], against: [] };
}

/** WIDER FACE: http://shuoyang1213.me/WIDERFACE/ */
export const widerFaceFormat: Format = {
  name: 'wider_face',
  title: 'WIDER FACE',
  aliases: ['widerface'],
  abilities,
  detect,
  read: readWiderFace,
  write: (dataset, folder, options) => writeWiderFace(dataset, folder, abilities, options),
};

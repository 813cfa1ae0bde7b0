import type { Abilities, Format, Listing, Verdict } from '../../format.ts';
import { faceAttributes } from './lines.ts';
import { readWiderFace } from './read.ts';
import { writeWiderFace } from './write.ts';

const abilities: Abilities = {
  types: ['box', 'label'],
  attributes: faceAttributes,
  itemAttributes: false,
  groups: false,
  zOrder: false,
  labelParents: false,
  skeletons: false,
  subsets: true,
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

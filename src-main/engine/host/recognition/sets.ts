import { archiveIn, type Candidate, detectSets, listFolder } from '../../datasets/index.ts';
import { findPictures, isPictureName } from '../pictures.ts';
import { headOf } from './networks.ts';
import type { Recognizer } from './recognizer.ts';

/** From here on a folder counts as an annotated set, and not as one of pictures that happen to lie like it. */
const sure = 0.8;

/** The same where there are no pictures, which it might be dropped for. */
const likely = 0.4;

/** Formats that say no more of a picture than where it lies: any folder of photos is one of them. */
function saysMore({ format }: Candidate, others: boolean): boolean {
  const shapes = format.abilities?.types.some((type) => type !== 'label' && type !== 'caption') ?? true;
  return shapes || others;
}

/** A folder with annotations, an archive or a video. */
export const dataset: Recognizer = {
  kind: 'dataset',
  leavesOpen: true,
  async recognize({ path, handle }) {
    if (handle.kind === 'file') return (await archiveIn(path)) ? {} : undefined;
    const listing = await listFolder(path);
    const others = listing.files.some((name) => !isPictureName(name));
    const least = listing.files.some(isPictureName) ? sure : likely;
    const { candidates, inner } = await detectSets(listing);
    const [best] = [...candidates, ...inner].sort((a, b) => b.confidence - a.confidence);
    if (best === undefined || best.confidence < least || !saysMore(best, others)) return undefined;
    return { format: best === candidates[0] ? best.format.title : null };
  },
};

/** How the formats that are read begin: a picture is one whatever it is called. */
const beginning =
  /^(?:\x89PNG|\xff\xd8\xff|GIF8|II[*+]\0|MM\0[*+]|RIFF.{4}WEBP|.{4}ftyp(?:avi[fs]|hei[cxsm]|mif1|msf1|hev[cx]))/s;

const beginsAsPicture = async (path: string): Promise<boolean> => beginning.test(await headOf(path, 12));

/** A picture, or a folder with some below it; formats that are not read are told by who takes them. */
export const pictures: Recognizer = {
  kind: 'pictures',
  async recognize({ path, handle }) {
    if (handle.kind === 'file')
      return isPictureName(path) || (await beginsAsPicture(path)) ? { count: 1 } : undefined;
    const found = await findPictures(path);
    const some = found.pictures.length + found.others.length + found.unreadable.length;
    return some > 0 ? { count: found.pictures.length } : undefined;
  },
};

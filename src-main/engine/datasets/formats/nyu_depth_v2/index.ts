import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';

async function detect({ files }: Listing): Promise<Verdict | null> {
  const holder = files.find((path) => /\.h5$/i.test(path));
  if (holder === undefined) return null;
  const all = files.every((path) => /\.(h5|csv|txt|md)$/i.test(path));
  return {
    confidence: all ? 0.7 : 0.3,
    reasons: [`${holder} is a file of HDF5.`],
    against: all ? [] : ['There are files of other kinds beside it.'],
  };
}

/** NYU Depth V2 with a file of HDF5 for each picture: https://cs.nyu.edu/~fergus/datasets/nyu_depth_v2.html */
export const nyuDepthFormat: ReadOnlyFormat = {
  name: 'nyu_depth_v2',
  title: 'NYU Depth V2, HDF5',
  aliases: [],
  abilities: null,
  detect,
  read: async (folder, options) => (await import('./read.ts')).readNyuDepth(folder, options),
};

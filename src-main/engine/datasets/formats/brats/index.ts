import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';

async function detect({ files }: Listing): Promise<Verdict | null> {
  const volume = files.find((path) => /^images[^/]*\/[^/]+\.nii(\.gz)?$/i.test(path));
  if (volume === undefined) return null;
  const classes = files.some((path) => /^labels[^/]*\/[^/]+\.nii(\.gz)?$/i.test(path));
  return {
    confidence: classes ? 0.95 : 0.7,
    reasons: [`${volume} is a volume of NIfTI.`],
    against: classes ? [] : ['There are no volumes of classes in a folder labels….'],
  };
}

/** Brain tumours and what else lies so: https://decathlon-10.grand-challenge.org/ */
export const bratsFormat: ReadOnlyFormat = {
  name: 'brats',
  title: 'BraTS, volumes of NIfTI',
  aliases: ['nifti'],
  abilities: null,
  detect,
  read: async (folder, options) => (await import('./read.ts')).readBrats(folder, options),
};

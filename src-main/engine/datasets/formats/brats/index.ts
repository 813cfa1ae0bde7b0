import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { idsFile } from './layout.ts';

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

async function detectNumpy({ files }: Listing): Promise<Verdict | null> {
  if (!files.includes(idsFile)) return null;
  const arrays = files.some((path) => path.endsWith('_data_cropped.npy'));
  return {
    confidence: arrays ? 0.95 : 0.5,
    reasons: [`There is ${idsFile}.`],
    against: arrays ? [] : ['There are no arrays …_data_cropped.npy.'],
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

/** BraTS as a training program of NumPy's cuts it. */
export const bratsNumpyFormat: ReadOnlyFormat = {
  name: 'brats_numpy',
  title: 'BraTS, arrays of NumPy',
  aliases: [],
  abilities: null,
  detect: detectNumpy,
  read: async (folder, options) => (await import('./numpy.ts')).readBratsNumpy(folder, options),
};

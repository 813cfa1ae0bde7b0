import { fileNameOf, isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { rowLimits } from '../common/rows.ts';
import { isMetadata, readImagefolder } from './imagefolder.ts';
import { writeImagefolder } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'box', 'caption'],
  itemAttributes: true,
  subsets: true,
  limits: rowLimits,
};

async function detectImagefolder(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((file) => isMetadata(fileNameOf(file))).slice(0, 4)) {
    if (!/\b(file_name|[a-z_]*_file_name)\b/.test(await listing.head(path))) continue;
    const pictures = listing.files.some(isPicture);
    return {
      confidence: pictures ? 0.93 : 0.75,
      reasons: [`${path} names pictures under file_name, as Hugging Face's imagefolder does.`],
      against: pictures ? [] : ['There are no pictures.'],
    };
  }
  return null;
}

async function detectParquet({ files }: Listing): Promise<Verdict | null> {
  const own = files.find((path) => path.endsWith('.parquet'));
  if (own === undefined) return null;
  const others = files.filter(
    (path) => !path.endsWith('.parquet') && !/(^|\/)(\.[^/]*|readme\.md|[^/]*\.json)$/i.test(path),
  );
  return {
    confidence: others.length === 0 ? 0.85 : 0.4,
    reasons: [`${own} is a table of Parquet.`],
    against: others.length === 0 ? [] : [`There are ${others.length} other files.`],
  };
}

/** Hugging Face datasets: https://huggingface.co/docs/datasets/image_dataset */
export const huggingfaceFormats: readonly Format[] = [
  {
    name: 'hf_imagefolder',
    title: 'Hugging Face imagefolder',
    aliases: ['huggingface'],
    abilities,
    detect: detectImagefolder,
    read: readImagefolder,
    write: (dataset, folder, options) => writeImagefolder(dataset, folder, abilities, options),
  },
  {
    name: 'hf_parquet',
    title: 'Hugging Face, Parquet with pictures',
    aliases: ['parquet'],
    abilities,
    detect: detectParquet,
    read: async (folder, options) => (await import('./parquet.ts')).readParquet(folder, options),
    write: async (dataset, folder, options) =>
      (await import('./parquet-write.ts')).writeParquet(dataset, folder, abilities, options),
  },
];

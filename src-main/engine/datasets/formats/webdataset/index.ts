import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { rowLimits } from '../common/rows.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'box', 'caption'],
  itemAttributes: true,
  subsets: true,
  limits: rowLimits,
};

async function detect({ files }: Listing): Promise<Verdict | null> {
  const shards = files.filter((path) => path.endsWith('.tar'));
  const numbered = shards.filter((path) => /\d{3,}\.tar$/.test(path));
  if (shards.length === 0) return null;
  const others = files.filter(
    (path) => !path.endsWith('.tar') && !/(^|\/)(\.[^/]*|[^/]*\.(json|md|txt|ya?ml))$/i.test(path),
  );
  const alone = others.length === 0;
  return {
    confidence: alone ? (numbered.length > 0 ? 0.9 : 0.6) : 0.3,
    reasons: [`${shards[0]} could be a shard of WebDataset.`],
    against: alone ? [] : [`There are ${others.length} other files.`],
  };
}

/** WebDataset: https://github.com/webdataset/webdataset */
export const webdatasetFormat: Format = {
  name: 'webdataset',
  title: 'WebDataset shards',
  aliases: ['wds'],
  abilities,
  detect,
  read: async (...given) => (await import('./read.ts')).readWebdataset(...given),
  write: async (dataset, folder, options) =>
    (await import('./write.ts')).writeWebdataset(dataset, folder, abilities, options),
};

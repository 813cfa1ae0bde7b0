import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { batchesIn, readCifar } from './read.ts';
import { writeCifar } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label'],
  labelParents: true,
  subsets: true,
  limits: { oneLabel: true },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const top = listing.files.filter((path) => !path.includes('/'));
  const meta = ['batches.meta', 'meta'].find((name) => top.includes(name));
  if (meta === undefined) return null;
  const batches = batchesIn(top);
  if (batches.length === 0) return null;
  const own =
    /^(\x80|\(dp)/.test(await listing.head(batches[0]!)) ||
    (await listing.head(batches[0]!)).startsWith('\uFFFD');
  return {
    confidence: own ? 0.95 : 0.4,
    reasons: [`There are ${meta} and ${batches[0]}, as CIFAR has them.`],
    against: own ? [] : [`${batches[0]} does not begin as a pickle does.`],
  };
}

/** CIFAR-10 and CIFAR-100, as Python pickles: https://www.cs.toronto.edu/~kriz/cifar.html */
export const cifarFormat: Format = {
  name: 'cifar',
  title: 'CIFAR',
  aliases: ['cifar10', 'cifar100'],
  abilities,
  detect,
  read: readCifar,
  write: (dataset, folder, options) => writeCifar(dataset, folder, abilities, options),
};

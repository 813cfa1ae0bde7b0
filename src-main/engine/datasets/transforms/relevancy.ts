import { z } from 'zod';
import { RefineryError } from '../../../contract/errors.ts';
import type { Dataset } from '../format.ts';
import type { Annotation } from '../model/index.ts';
import { Seed, SubsetName } from './dealing.ts';
import { Random } from './random.ts';
import { defineTransform, mapItems } from './transform.ts';

/** An item that can be picked. */
interface Candidate {
  /** In the order of the set. */
  readonly place: number;
  readonly key: string;
  /** Nats. */
  readonly uncertainty: number;
}

type Method = 'topk' | 'lowk' | 'randk' | 'mixk' | 'randtopk';

/** Picks items for labelling, as Datumaro 1.13's `relevancy_sampler` does. */
export const relevancySampler = defineTransform({
  name: 'relevancy_sampler',
  about: 'choice',
  description:
    'Puts the items of which a model is least sure into a subset, by the probabilities in `scores` of each annotation.',
  options: z.strictObject({
    count: z.number().int().min(1).describe('how many items; more than there are is all'),
    algorithm: z.enum(['entropy']).default('entropy').describe('what uncertainty is'),
    sampling_method: z
      .enum(['topk', 'lowk', 'randk', 'mixk', 'randtopk'])
      .default('topk')
      .describe(
        'the least sure, the surest, at random, half least sure and half surest, or the least sure of three times as many at random',
      ),
    input_subset: z.string().optional().describe('subset whose items are picked; without it the whole set'),
    sampled_subset: SubsetName.default('sample').describe('where picked items go'),
    unsampled_subset: SubsetName.default('unsampled').describe('where the others of that subset go'),
    seed: Seed,
  }),
  async apply(dataset, { count, sampling_method, input_subset, seed, ...subsets }) {
    const candidates = await candidatesOf(dataset, input_subset);
    const picked = pick(candidates, count, sampling_method, new Random(seed));
    const places = new Set(picked.map(({ place }) => place));
    return mapItems(dataset, (item, index) => {
      if (input_subset !== undefined && item.subset !== input_subset) return item;
      return { ...item, subset: places.has(index) ? subsets.sampled_subset : subsets.unsampled_subset };
    });
  },
});

/** Items of a subset, the least sure first, and by name where two are as sure. */
async function candidatesOf(dataset: Dataset, subset: string | undefined): Promise<Candidate[]> {
  const candidates: Candidate[] = [];
  const subsets = new Set<string>();
  let place = 0;
  for await (const item of dataset.items()) {
    subsets.add(item.subset);
    if (subset === undefined || item.subset === subset) {
      const key = `${item.subset}/${item.id}`;
      candidates.push({ place, key, uncertainty: uncertaintyOf(item.annotations, key) });
    }
    place += 1;
  }
  if (candidates.length === 0) {
    throw new RefineryError('BAD_REQUEST', `relevancy_sampler: no item is in the subset ${subset ?? ''}.`, {
      hint: `There are ${[...subsets].join(', ') || 'no items at all'}.`,
    });
  }
  return candidates.sort(
    (one, other) => other.uncertainty - one.uncertainty || (one.key < other.key ? -1 : 1),
  );
}

/** The mean of the entropies of an item's annotations, in nats. */
function uncertaintyOf(annotations: readonly Annotation[], key: string): number {
  if (annotations.length === 0) throw unsuitable(`${key} has no annotation`);
  const entropies = annotations.map(({ attributes }) => entropyOf(attributes.get('scores'), key));
  return entropies.reduce((sum, entropy) => sum + entropy, 0) / annotations.length;
}

const Scores = z.array(z.number().min(0).max(1)).min(1);

/** Keeps the logarithm of a probability of 0 finite; Datumaro's. */
const tiny = 1e-14;

function entropyOf(scores: unknown, key: string): number {
  if (scores === undefined) throw unsuitable(`an annotation of ${key} has no attribute scores`);
  const { data } = Scores.safeParse(scores);
  if (data === undefined) throw unsuitable(`in ${key}, scores is no list of probabilities`);
  return data.reduce((entropy, part) => entropy - part * Math.log(part + tiny), 0);
}

const unsuitable = (why: string): RefineryError =>
  new RefineryError('BAD_REQUEST', `relevancy_sampler: ${why}.`, {
    hint: 'Each annotation needs an attribute scores, as [0.7, 0.2, 0.1]: for each class how likely it is, 0 to 1.',
  });

/** How many times as many items `randtopk` draws at random. */
const drawn = 3;

/** @param ranked the least sure first. */
function pick(
  ranked: readonly Candidate[],
  count: number,
  method: Method,
  random: Random,
): readonly Candidate[] {
  if (count >= ranked.length) return ranked;
  switch (method) {
    case 'topk':
      return ranked.slice(0, count);
    case 'lowk':
      return ranked.slice(-count);
    case 'randk':
      return atRandom(ranked, count, random);
    case 'mixk': {
      const top = Math.ceil(count / 2);
      return [...ranked.slice(0, top), ...ranked.slice(ranked.length - (count - top))];
    }
    case 'randtopk':
      return (drawn * count <= ranked.length ? atRandom(ranked, drawn * count, random) : ranked).slice(
        0,
        count,
      );
  }
}

/** Some of the candidates, in their order. */
function atRandom(ranked: readonly Candidate[], count: number, random: Random): readonly Candidate[] {
  const order = random.shuffle(Uint32Array.from(ranked.keys())).subarray(0, count);
  return [...order.sort()].map((at) => ranked[at]!);
}

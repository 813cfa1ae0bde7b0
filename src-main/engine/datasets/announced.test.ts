import { readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RefineryError } from '../../contract/errors.ts';
import { detectFormats } from './detect.ts';
import type { Abilities, Dataset, Format } from './format.ts';
import { formats } from './formats/index.ts';
import { type Annotation, type AttributeValue, flagOf, isCrowd } from './model/index.ts';
import type { ConversionPlan, ConversionResult } from './operations/conversion.ts';
import { runConversion } from './operations/index.ts';
import { corpus, haveData, whyNot } from './testing/golden.ts';

/**
 * The heart of it: whatever a conversion loses was announced before it, or told of the annotation when it was written. What
 * is lost is counted here from the two sets, and not by what the report is made with.
 */

let scratch = '';
let turn = 0;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-announced-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

/** What is counted of a set. */
interface Counted {
  items: number;
  /** Objects with an attribute, by its name, whichever of their parts has it; items likewise. */
  readonly attributes: Map<string, number>;
  readonly itemAttributes: Map<string, number>;
  readonly subsets: Set<string>;
  withOrder: number;
  /** Annotations that share a group with another. */
  grouped: number;
}

const count = (into: Map<string, number>, name: string): void => {
  into.set(name, (into.get(name) ?? 0) + 1);
};

/** An empty text says nothing, and neither does it that an object is no crowd. */
const saysSomething = (name: string, value: AttributeValue): boolean =>
  value !== '' && !(name === 'is_crowd' && flagOf(value) === false);

/** @param held leaves out annotations of which the plan says that they are dropped. */
async function counted(dataset: Dataset, held: (part: Annotation) => boolean): Promise<Counted> {
  const all: Counted = {
    items: 0,
    attributes: new Map(),
    itemAttributes: new Map(),
    subsets: new Set(),
    withOrder: 0,
    grouped: 0,
  };
  for await (const { subset, attributes, annotations } of dataset.items()) {
    all.items += 1;
    all.subsets.add(subset);
    for (const name of attributes.keys()) count(all.itemAttributes, name);
    const groups = new Map<number, number>();
    const known = new Set<string>();
    for (const part of annotations.filter(held)) {
      for (const [name, value] of part.attributes) {
        if (!saysSomething(name, value)) continue;
        const key = `${part.group} ${name}`;
        if (part.group === 0 || !known.has(key)) count(all.attributes, name);
        known.add(key);
      }
      if ('zOrder' in part && part.zOrder !== 0) all.withOrder += 1;
      if (part.group !== 0) groups.set(part.group, (groups.get(part.group) ?? 0) + 1);
    }
    for (const number of groups.values()) if (number > 1) all.grouped += number;
  }
  return all;
}

const isHeldBy =
  ({ types, limits }: Abilities) =>
  (part: Annotation): boolean =>
    types.includes(part.type) &&
    !(limits?.needsClass === true && 'label' in part && part.label === null) &&
    !(limits?.withoutCrowds === true && isCrowd(part.attributes));

/** What is gone and nobody spoke of. */
function unannounced(
  source: Counted,
  back: Counted,
  plan: ConversionPlan,
  result: ConversionResult,
  { itemAttributes }: Abilities,
): string[] {
  const { loss } = plan;
  const notes = loss.notes.join(' ');
  const held = loss.types.reduce(
    (sum, { kept, approximated, merged }) => sum + kept + approximated + merged,
    0,
  );
  // What a writer told of single annotations, with everything that these have.
  const told = Math.max(0, held - result.annotations);
  const gone: string[] = [];
  const absent = result.roundTrip.items.expected - result.roundTrip.items.found;
  if (result.check === 'failed')
    gone.push(`the check failed: ${result.roundTrip.damaged.slice(0, 3).join()}`);
  if (source.items - back.items > absent) gone.push(`items: ${source.items} became ${back.items}`);
  if (absent > 0) return gone;
  for (const [name, number] of source.attributes) {
    // Cityscapes says of an object that it is none, and nothing of a crowd: it is a region of its class.
    if (plan.to === 'cityscapes' && name === 'is_crowd') continue;
    const left = back.attributes.get(name) ?? 0;
    if (number - left > told && !loss.attributes.has(name)) gone.push(`${name}: ${number} became ${left}`);
  }
  for (const [name, number] of source.itemAttributes) {
    const left = back.itemAttributes.get(name) ?? 0;
    if (itemAttributes && left < number && !notes.includes(name))
      gone.push(`${name} of items: ${number} became ${left}`);
  }
  if (back.withOrder < source.withOrder - told && !notes.includes('order in depth'))
    gone.push('order in depth');
  const speaksOfGroups = /comes? apart|belong|in one plane/.test(notes);
  if (back.grouped < source.grouped - 2 * told && !speaksOfGroups)
    gone.push(`groups: ${source.grouped} became ${back.grouped}`);
  // Subsets of other names than the usual ones become parts of the items' names, which is told of each.
  const toldOfSubsets = Object.keys(result.problems.byReason).some((reason) => /subset|archive/.test(reason));
  if (back.subsets.size < source.subsets.size && !toldOfSubsets && !notes.includes('subsets become one'))
    gone.push(`subsets: ${[...source.subsets].join()} became ${[...back.subsets].join()}`);
  return gone;
}

const writable = formats.filter((format): format is Format => format.write !== undefined);
const sets = haveData ? readdirSync(corpus('.')).sort() : [];

async function lossesOf(set: string, target: Format): Promise<string[]> {
  const [best] = await detectFormats(corpus(set));
  const from = best!.format;
  const output = join(scratch, String(++turn));
  let plan: ConversionPlan | undefined;
  try {
    const request = { source: corpus(set), from: from.name, to: target.name, output, receipt: false };
    const result = await runConversion({ ...request, media: 'copy' }, (told) => {
      plan = told;
    });
    const held = isHeldBy(target.abilities);
    const source = await counted(await from.read(corpus(set)), held);
    const back = await counted(await target.read(output), held);
    return unannounced(source, back, plan!, result, target.abilities);
  } catch (thrown) {
    // Clouds are refused for formats of pictures, and so is a set of which nothing would be left.
    if (thrown instanceof RefineryError && /point clouds|left/.test(thrown.message)) return [];
    throw thrown;
  } finally {
    await rm(output, { recursive: true, force: true });
  }
}

describe.skipIf(!haveData)(`conversions lose nothing that was not announced${whyNot}`, () => {
  test('random sets to random formats', async () => {
    const pair = fc.record({ set: fc.constantFrom(...sets), target: fc.constantFrom(...writable) });
    await fc.assert(
      fc.asyncProperty(pair, async ({ set, target }) => {
        expect([set, target.name, await lossesOf(set, target)]).toEqual([set, target.name, []]);
      }),
      { numRuns: 25, interruptAfterTimeLimit: 60_000 },
    );
  }, 120_000);

  /** Every pair takes half an hour: `REFINERY_PAIRS=all`. */
  const every = process.env['REFINERY_PAIRS'] === 'all' ? sets : [];
  test.each(every)(
    '%s to every format',
    async (set) => {
      const found: (readonly [string, readonly string[]])[] = [];
      for (const target of writable) found.push([target.name, await lossesOf(set, target)]);
      expect(found.filter(([, gone]) => gone.length > 0)).toEqual([]);
    },
    600_000,
  );
});

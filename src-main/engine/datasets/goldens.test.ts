import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { differences, whyNot } from './testing/golden.ts';
import { allowancesOf, allPairs, compared } from './testing/goldens.ts';

/**
 * Every conversion that Datumaro made, against ours. All of them take half a minute, so that a fifth is taken unless
 * `REFINERY_GOLDENS=all`: each format that is read and each that is written is among them.
 */
const all = process.env['REFINERY_GOLDENS'] === 'all';
const every = allPairs();
const sets = [...new Set(every.map(({ set }) => set))];
const targets = [...new Set(every.map(({ to }) => to))];
const chosen = every.filter(({ set, to }) => all || (sets.indexOf(set) + targets.indexOf(to)) % 5 === 0);

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'refinery-goldens-'));
});
afterAll(async () => {
  await rm(scratch, { recursive: true, force: true });
});

describe.skipIf(every.length === 0)(`all of Datumaro's conversions${whyNot}`, () => {
  test.each(chosen)('$set to $to', async (pair) => {
    const folder = join(scratch, pair.name);
    const allowed = allowancesOf(pair);
    const { ours, theirs } = await compared(pair, folder, allowed);
    expect(differences(ours, theirs)).toEqual([]);
    if (!all) return;
    // A reason that nothing needs any more would hide what breaks later.
    for (const one of allowed) {
      const rest = allowed.filter((other) => other !== one);
      const without = await compared(pair, `${folder}-${rest.length}-${allowed.indexOf(one)}`, rest);
      expect([one.name, differences(without.ours, without.theirs)]).not.toEqual([one.name, []]);
    }
  });
});

describe.skipIf(every.length === 0)(`conversions by CVAT's fork of Datumaro${whyNot}`, () => {
  /**
   * The fork reads no object of a COCO set whose classes have others above them, and writes empty files. Of a mask's parts
   * it keeps some, and joins them by lines.
   */
  const useless = ({ set }: { readonly set: string }): boolean =>
    (set.startsWith('coco_') && !set.endsWith('@pose')) || set === 'voc_instance_segmentation';

  test.each(allPairs('golden_cvat_fork').filter((pair) => !useless(pair)))('$set to $to', async (pair) => {
    const { ours, theirs } = await compared(pair, join(scratch, pair.name), allowancesOf(pair));
    expect(theirs.items.some(({ annotations }) => annotations.length > 0)).toBe(true);
    expect(differences(ours, theirs)).toEqual([]);
  });
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setOf } from '../formats/common/testing.ts';
import { itemsOf } from '../testing/items.ts';
import { applyTransforms, parseStep } from './index.ts';
import { Pattern } from './patterns.ts';

const item = (id: string) => ({ id, subset: 'train', media: null, annotations: [], attributes: new Map() });
const names = async (ids: readonly string[], step: string): Promise<string[]> => {
  const set = await applyTransforms(setOf([], ids.map(item)), [parseStep(step)], { scratch: null });
  // Twice, as a set is read for its preview and again for its conversion.
  await itemsOf(set);
  return (await itemsOf(set)).map(({ id }) => id);
};

test('a thousand items are renamed in their order, and two of one name are refused however far apart', async () => {
  const ids = Array.from({ length: 1_000 }, (_, index) => `img_${index}`);
  expect(await names(ids, 'rename:search="img_(?<n>\\\\d+)",replace="$<n>-$1"')).toEqual(
    ids.map((_, index) => `${index}-${index}`),
  );
  await expect(names([...ids, 'pic_3'], 'rename:search="img|pic",replace="x"')).rejects.toThrow(
    'rename: pic_3 would become "x_3": another item has that name',
  );
});

test('an expression that would take years is refused', async () => {
  const long = `${'a'.repeat(60)}!`;
  await expect(names([long], 'rename:search="(a+)+$"')).rejects.toThrow('takes too long');
  await expect(names([long], 'random_split:{subsets: {train: 1}, group_by: "(a+)+$"}')).rejects.toMatchObject(
    {
      code: 'BAD_REQUEST',
      message: expect.stringContaining('group_by'),
    },
  );
  expect(() => new Pattern('rename', '(')).toThrow('no regular expression');
});

test('they find what JavaScript finds', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '1', 'é', '😀') })), (texts) => {
      const pattern = new Pattern('rename', '(a|é)b?');
      expect(pattern.replaceIn(texts, '[$1]')).toEqual(
        texts.map((text) => text.replace(/(a|é)b?/gu, '[$1]')),
      );
      expect(pattern.findIn(texts)).toEqual(texts.map((text) => /(a|é)b?/u.exec(text)?.[1] ?? null));
    }),
  );
});

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readRecipe, writeRecipe } from './recipe.ts';

const text = `version: 1
from: coco
to: yolo_ultralytics
media: link
transforms:
  - name: map_subsets
    options:
      subsets: { valid: val }
  - name: drop_background
  - name: filter
    options:
      annotations: area >= 100 and label != "sky"
`;

test('a recipe is read, written and read again', () => {
  const recipe = readRecipe(text);
  expect(recipe.transforms.map(({ name }) => name)).toEqual(['map_subsets', 'drop_background', 'filter']);
  expect(readRecipe(writeRecipe(recipe))).toEqual(recipe);
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string().filter((name) => name !== '__proto__'),
        fc.string({ maxLength: 20 }),
      ),
      (labels) => {
        const made = { version: 1 as const, transforms: [{ name: 'remap_labels', options: { labels } }] };
        expect(readRecipe(writeRecipe(made))).toEqual(made);
      },
    ),
  );
});

test.each([
  ['version: 2\n', /line 1, version/],
  ['to: voc\n', /version/],
  ['version: 1\nnonsense: 1\n', /nonsense/],
  ['version: 1\nmedia: move\n', /line 2, media/],
  [
    'version: 1\ntransforms:\n  - name: nope\n',
    /line 3, transforms\.0\.name: There is no transform named nope/,
  ],
  [
    'version: 1\ntransforms:\n  - name: reindex\n    options:\n      start: -1\n',
    /line 5, transforms\.0\.options\.start/,
  ],
  ['version: 1\nversion: 1\n', /line 2: .*unique/],
  ['version: 1\n\tto: x\n', /line 2/],
  ['a: &a [1]\nb: [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n', /alias/i],
  ['version: !!js/function 1\n', /line 1: .*tag/i],
  ['[', /line 1/],
  ['', /the whole/],
])('%j is told with line and key', (bad, message) => {
  expect(() => readRecipe(bad)).toThrow(
    expect.objectContaining({ code: 'BAD_REQUEST', message: expect.stringMatching(message) }),
  );
});

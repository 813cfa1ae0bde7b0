import { expect, test } from 'vitest';
import { checkConfig, lookAtConfig, ScopeMatcher } from '../index.ts';

const hostile = ['{re}(a+)+$', '{re}([a-zA-Z]+)*\\d$', '{re}(x+x+)+y'];
const name = `BertForSequenceClassification/${'a'.repeat(60)}!${'x'.repeat(60)}`;
const layers = [{ name, shape: [4, 4] }];
const config = (targets: string | readonly string[]) => ({
  compression: {
    algorithm: 'movement_sparsity',
    params: { warmup_start_epoch: 1, warmup_end_epoch: 3, importance_regularization_factor: 0.01 },
    sparse_structure_by_scopes: [{ mode: 'fine', target_scopes: targets }],
  },
});

test.each(hostile)('%s, which would take years, is given up and told', (pattern) => {
  const scopes = new ScopeMatcher([name]);
  expect(scopes.match(pattern)).toEqual({
    pattern,
    layers: [],
    unknown: expect.stringContaining('takes too long'),
  });
  expect(scopes.any([pattern, name], name)).toBe(true);
  expect(scopes.any(pattern, name)).toBe(false);
  expect(scopes.knows(pattern)).toBe(false);
});

test('many of them take the time of a few, and the usual ones are still known the next time', () => {
  const many = Array.from(
    { length: 40 },
    (_, index) => `{re}(a+)+\\${index % 2 === 0 ? 'd' : 's'}{${index + 1}}$`,
  );
  const first = new ScopeMatcher([name]);
  const words = many.map((pattern) => first.match(pattern).unknown);
  expect(words.filter((word) => word?.includes('takes too long')).length).toBeLessThanOrEqual(3);
  expect(words.every((word) => word !== undefined)).toBe(true);
  expect(new ScopeMatcher([name]).match('{re}Bert').layers).toEqual([name]);
});

test('where the layers of a scope aren’t known, a warning says so, and none that it matches nothing', () => {
  const rules = (targets: string) =>
    checkConfig(config(targets), { layers }).map(({ rule, severity }) => [rule, severity]);
  expect(rules('{re}(a+)+$')).toEqual([['scope-unknown', 'warning']]);
  expect(rules('{re}(a)\\1')).toEqual([['scope-unknown', 'warning']]);
  expect(rules('{re}\\ABert')).toEqual([]);
  expect(rules('{re}Bert\\z')).toEqual([['scope-expression', 'error']]);
  expect(rules('{re}nothing')).toEqual([['no-layer', 'warning']]);
  const look = lookAtConfig(JSON.stringify(config('{re}(?P<n>a)(?P=n)')), {
    epochs: 4,
    model: { layers, modelType: 'bert' } as never,
  });
  expect(look.scopes).toMatchObject([{ unknown: expect.stringContaining('back-references') }]);
});

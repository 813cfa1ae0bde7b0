import fc from 'fast-check';
import { expect, test } from 'vitest';
import { namesWith } from './expressions.ts';
import { matchScopes, scopesOver } from './scopes.ts';

const hostile = ['{re}(a+)+$', '{re}([a-zA-Z]+)*\\d$', '{re}(x+x+)+y'];
const name = `BertForSequenceClassification/${'a'.repeat(60)}!${'x'.repeat(60)}`;

test.each(hostile)('%s, which would take years, is given up and told', (pattern) => {
  expect(matchScopes(pattern, [name])).toEqual([
    { pattern, layers: [], fault: expect.stringContaining('takes too long') },
  ]);
  expect(scopesOver([name])([pattern, name], name)).toBe(true);
  expect(scopesOver([name])(pattern, name)).toBe(false);
});

test('any other finds what it finds without a limit', () => {
  const part = fc.constantFrom('Bert', 'Layer', '\\[1\\]', '.*', '[0-9]+', '(?!Output)', '/', '^', '$', 'x?');
  const pattern = fc.array(part, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''));
  const names = fc.array(fc.constantFrom('Bert/Layer[0]/Output', 'Bert/Layer[1]/Attention', 'x', '', '1/2'));
  fc.assert(
    fc.property(pattern, names, (source, given) => {
      const expression = new RegExp(source);
      expect(namesWith(expression, given)).toEqual(given.filter((one) => expression.test(one)));
    }),
  );
});

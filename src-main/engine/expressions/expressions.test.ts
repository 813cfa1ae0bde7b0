import { execFileSync } from 'node:child_process';
import { Script } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { python, whyNoPython } from '../training/fixtures/scripts.ts';
import { pythonExpression } from './python.ts';
import { within } from './within.ts';

/** What Python's own `re` finds: a line of `0` and `1` for the texts, null for what it refuses, `?` for what takes too long. */
const peer = `
import json, re, signal, sys, warnings
warnings.simplefilter('ignore')
def late(*_):
    raise TimeoutError
if hasattr(signal, 'setitimer'):
    signal.signal(signal.SIGALRM, late)
def limit(seconds):
    if hasattr(signal, 'setitimer'):
        signal.setitimer(signal.ITIMER_REAL, seconds)
def look(expression, texts):
    try:
        found = re.compile(expression)
    except (re.error, OverflowError, RecursionError):
        return None
    limit(0.5)
    try:
        return ''.join('1' if found.search(text) else '0' for text in texts)
    except TimeoutError:
        return '?'
    finally:
        limit(0)
print(json.dumps([look(*one) for one in json.load(sys.stdin)]))
`;

type Case = readonly [expression: string, texts: readonly string[]];

const found = (cases: readonly Case[]): (string | null)[] =>
  JSON.parse(
    execFileSync(python!, ['-I', '-c', peer], {
      input: JSON.stringify(cases),
      maxBuffer: 1 << 28,
    }).toString(),
  ) as (string | null)[];

const search = new Script("texts.map((text) => (expression.test(text) ? '1' : '0')).join('')");

function ours([source, texts]: Case): string | null | undefined {
  const made = pythonExpression(source);
  if ('fault' in made) return null;
  if ('beyond' in made) return undefined;
  return within<string>(500, search, { texts, expression: made.expression }) ?? '?';
}

const texts = [
  '',
  'Bert/BertLayer[0]/NNCFLinear[query]/linear_0',
  'bert/layer_norm_1',
  'aab\n',
  'a\nb',
  'é_ß1٣',
  'x-{2,3}]^$',
  'AAA\u2028\u00a0\x1c',
  '😀.',
];

describe(`expressions as Python reads them${whyNoPython}`, () => {
  test.skipIf(!python)('the ones that people write, and those that few know, find the same', () => {
    const sources = [
      ...[
        '{re}',
        '.*BertLayer\\[[0-9]\\].*',
        '\\ABert',
        'linear_0\\Z',
        '(?i)BERT',
        '(?P<n>Bert)',
        '(?i:BERT)/',
        '(?-i:b)',
      ],
      ...[
        '[]a]',
        '[^]a]',
        '[a-]',
        '[-a]',
        '[a\\-z]',
        '[\\w-]',
        '[\\w-z]',
        '[z-a]',
        '[',
        '[]',
        '[a',
        '[[]',
        '[a&&b]',
        '[a--b]',
      ],
      ...[
        'a{,2}b',
        'a{2}',
        'a{2,1}',
        'a{',
        'a{x}',
        'a{}',
        '{2}',
        'a}',
        'x-{2,3}',
        'a{,}b',
        'a{1,2}{2}',
        'a**',
        'a*?',
        'a+?b',
        '*a',
      ],
      ...[
        '^*',
        '$',
        'b$',
        'b\\Z',
        '^b',
        '(?m)^b',
        '(?m)a$',
        '(?s)a.b',
        'a.b',
        '\\b1',
        '\\Bb',
        '\\B',
        '\\w',
        '\\W',
        '\\d',
        '(?a)\\w',
        '\\s',
      ],
      ...[
        '(?a)\\d',
        '\\S',
        '[\\W\\d]',
        '[^\\s]',
        '[^\\W]',
        '\\q',
        '\\/',
        '\\-',
        '\\x41',
        '\\x4',
        '\\u00e9',
        '\\U0001f600',
        '\\U00110000',
      ],
      ...[
        '\\0',
        '\\101',
        '[\\1]',
        '[\\101]',
        '[\\777]',
        '\\8',
        '[\\8]',
        '\\777',
        '(?=a)*b',
        '(?!a)',
        '(?<=a)b',
        '(?<=a+)b',
        '(?<!a)b',
        '(?<=a{2})b',
        '(?<=ab|é_)/|(?<=a|xy)b',
        '(?<=t/|ab)B',
        '(?<=(?!b*|L)a)b',
        '(?<=(?:L+){0}a)b',
        '(?<=(?:){2,}a|t)/',
        '(?<=(?<=a|t)/)B',
        '(?<=(?<=a|)/)B',
      ],
      ...[
        '(?<n>a)',
        '(?P<1>a)',
        '(?P<n>a)(?P<n>b)',
        '(?P<n>a',
        '(a',
        'a)',
        '(?#x)a',
        '(?#x',
        'a(?#x)*',
        '()*',
        '(?:)+',
        '|',
        'a|',
        '(|b)',
      ],
      ...[
        'a(?i)',
        '(?L)a',
        '(?au)a',
        '(?u)a',
        '\\',
        'a\\',
        '\\p{L}',
        '\\k<n>',
        '\\cA',
        '(?',
        '(?<',
        '(?P',
        '\u2028',
        '😀?',
        '[😀]',
        '.$',
        '^$',
      ],
    ];
    const cases = sources.map((source): Case => [source, texts]);
    const theirs = found(cases);
    const mine = cases.map(ours);
    expect(mine.map((one, index) => [sources[index], one])).toEqual(
      theirs.map((one, index) => [sources[index], mine[index] === undefined ? undefined : one]),
    );
    expect(sources.filter((_, index) => mine[index] === undefined)).toEqual(['(?i:BERT)/', '(?-i:b)', '\\8']);
  });

  test.skipIf(!python)('so do any others that are made of the same parts', () => {
    const plain = fc.constantFrom(
      ...[
        'a',
        'b',
        'B',
        'L',
        '\\w',
        '\\W',
        '\\d',
        '\\s',
        '.',
        '/',
        '\\[',
        '-',
        '\\n',
        '\\x61',
        '\\u00e9',
        '{',
        '}',
        ']',
      ],
      ...['[ab]', '[^ab]', '[a-f]', '[]a]', '[^\\W]', '[\\d_]', '[a-\\d]', '[(?{|]', 'é', '😀', '\\.', '\\e'],
    );
    const place = fc.constantFrom('^', '$', '\\b', '\\B', '\\A', '\\Z');
    const repeat = fc.constantFrom(
      '',
      '',
      '',
      '*',
      '+',
      '?',
      '*?',
      '{2}',
      '{,2}',
      '{1,}',
      '{2,3}?',
      '{3,2}',
      '{a}',
      '**',
      '{,',
    );
    const { expression } = fc.letrec<{ expression: string; group: string }>((tie) => ({
      expression: fc
        .array(fc.tuple(fc.oneof({ arbitrary: plain, weight: 6 }, place, tie('group')), repeat), {
          maxLength: 5,
        })
        .map((parts) => parts.flat().join('')),
      group: fc
        .tuple(
          fc.constantFrom('(', '(?:', '(?=', '(?!', '(?<=', '(?<!', '(?P<n>', '(?i:', '(?<n>', ''),
          tie('expression'),
          tie('expression'),
          fc.constantFrom(')', ')', ')', ''),
        )
        .map(([begin, left, right, end]) => `${begin}${left}${right === '' ? '' : `|${right}`}${end}`),
    }));
    const flags = fc.constantFrom('', '', '', '(?i)', '(?s)', '(?m)', '(?a)', '(?im)');
    const made = fc.sample(
      fc.tuple(flags, expression).map((parts) => parts.join('')),
      4_000,
    );
    const cases = made.map((source): Case => [source, texts]);
    const theirs = found(cases);
    const differ = cases.flatMap((one, index) => {
      const mine = ours(one);
      return [undefined, '?', theirs[index]].includes(mine) || theirs[index] === '?'
        ? []
        : [JSON.stringify([one[0], mine, theirs[index]])];
    });
    expect(differ.join('\n')).toBe('');
    expect(theirs.filter((one) => one?.includes('1')).length).toBeGreaterThan(400);
  });
});

test('any text is read, refused or given up, and nothing else', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'(?P<n>:=!i)[]^-a\\wZ{1,}*+|#') })),
      (text) => {
        const made = pythonExpression(text);
        expect([made].flatMap(Object.keys)).toHaveLength(1);
        if ('expression' in made) expect(typeof made.expression.test(text)).toBe('boolean');
      },
    ),
  );
});

test('a script is given up in time, and its other faults are told', () => {
  const script = new Script('expression.test(text)');
  expect(within(50, script, { expression: /(a+)+$/, text: `${'a'.repeat(60)}!` })).toBeNull();
  expect(within(50, script, { expression: /a/, text: 'a' })).toBe(true);
  expect(() => within(50, script, { text: 'a' })).toThrow('expression');
});

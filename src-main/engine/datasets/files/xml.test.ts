import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type XmlElement, xmlElements } from './xml.ts';
import { plainXml } from './xml-plain.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'refinery-xml-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the full parser makes of a document, or null where it refuses it. */
async function fully(text: string): Promise<XmlElement | null> {
  const path = join(folder, 'any.xml');
  await writeFile(path, text);
  try {
    for await (const element of xmlElements(path, 0)) return element;
  } catch {
    // It refuses it.
  }
  return null;
}

const name = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom('a', 'bndbox', '_x', 'n.1-2', '__proto__') },
  { weight: 1, arbitrary: fc.constantFrom('ns:a', '1a', 'é') },
);
const plainTexts = ['', ' ', '\n  ', '12.5', ' two  words ', 'a\r\nb\rc', '&amp;&lt;&gt;&quot;&apos;', 'é'];
const otherTexts = ['&nbsp;', '&#65;', '&', ']]>', '<', '\u0001', '😀', '<!-- c -->', '<![CDATA[x]]>'];
const text = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...plainTexts) },
  { weight: 1, arbitrary: fc.constantFrom(...otherTexts) },
  { weight: 1, arbitrary: fc.string({ maxLength: 4 }) },
);
const before = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(' ', '  ') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '') },
);
const attribute = fc
  .tuple(before, name, text, fc.constantFrom('"', "'"))
  .map(([blank, key, value, mark]) => `${blank}${key}=${mark}${value}${mark}`);
const { element } = fc.letrec<{ element: string }>((tie) => ({
  element: fc
    .tuple(
      name,
      fc.array(attribute, { maxLength: 2 }),
      fc.array(fc.oneof({ depthSize: 'small' }, text, tie('element')), { maxLength: 4 }),
      fc.constantFrom('', ' '),
    )
    .map(([tag, attributes, inner, blank]) =>
      inner.length === 0
        ? `<${tag}${attributes.join('')}${blank}/>`
        : `<${tag}${attributes.join('')}${blank}>${inner.join('')}</${tag}${blank}>`,
    ),
}));
const start = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('', '\n', '<?xml version="1.0"?>', '<?xml version="1.0" encoding="utf-8"?>\n'),
  },
  { weight: 1, arbitrary: fc.constantFrom('<?xml version="1.1"?>', '\ufeff', '<!DOCTYPE a>', ' <?xml?>') },
);
const end = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom('', '\n') },
  { weight: 1, arbitrary: fc.constantFrom('x', '<a/>', '</a>') },
);

describe('plain XML', () => {
  test('whatever is read the short way, the full parser reads alike', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(start, element, end, async (...parts) => {
        const document = parts.join('');
        const short = plainXml(document);
        if (short === null) return;
        plain += 1;
        expect(short).toEqual(await fully(document));
      }),
      { numRuns: 1500 },
    );
    // Else it would prove nothing.
    expect(plain).toBeGreaterThan(150);
  });

  test('a document that was damaged anywhere is refused, or means the same to both', async () => {
    const whole =
      '<?xml version="1.0"?>\n<a><size w="3" h=\'4\'/>\n <name>x &amp; y</name>\n <b>1<c>2</c> 3</b></a>\n';
    await fc.assert(
      fc.asyncProperty(
        fc.nat(whole.length),
        fc.nat(3),
        fc.constantFrom('', '<', '>', '/', '"', '&', ' '),
        async (at, cut, piece) => {
          const document = whole.slice(0, at) + piece + whole.slice(at + cut);
          const short = plainXml(document);
          if (short !== null) expect(short).toEqual(await fully(document));
        },
      ),
      { numRuns: 600 },
    );
  });

  test('what tools write is read the short way', () => {
    const document =
      '<annotation>\r\n\t<filename>a &amp; b.jpg</filename>\r\n\t<object difficult="0"><name> cat </name></object>\r\n</annotation>\r\n';
    expect(plainXml(document)).toEqual({
      name: 'annotation',
      attributes: new Map(),
      text: '',
      children: [
        { name: 'filename', attributes: new Map(), children: [], text: 'a & b.jpg' },
        {
          name: 'object',
          attributes: new Map([['difficult', '0']]),
          children: [{ name: 'name', attributes: new Map(), children: [], text: 'cat' }],
          text: '',
        },
      ],
    });
    expect(plainXml('<a>'.repeat(100) + '</a>'.repeat(100))).toBeNull();
  });
});

import { describe, expect, test } from 'vitest';
import { removeIptcPlaces } from './iptc.ts';
import { rewriteXmp } from './xmp.ts';

const packet = (attributes: string, inside = ''): Buffer =>
  Buffer.from(
    `<?xpacket begin="\ufeff"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF><rdf:Description rdf:about="" ${attributes}>${inside}</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`,
  );
const size = { width: 480, height: 256, turned: true };

function rewritten(block: Buffer, removePrivate: boolean): { text: string; removed: string[] } {
  const result = rewriteXmp(block, { ...size, removePrivate });
  if (!result) throw new Error('The packet was taken for damaged.');
  return { text: result.xmp.toString(), removed: result.removed };
}

describe('XMP', () => {
  test('loses what tells a place or a device, in whatever form and case, and nothing else', () => {
    const secrets = [
      'drone-dji:GpsLatitude="48.85"',
      "drone-dji:GpsLongtitude='2.29'",
      'drone-dji:AbsoluteAltitude="+60"',
      'exif:GPSLatitude="48,51N"',
      'aux:SerialNumber="S1"',
      'photoshop:City="Paris"',
      'photoshop:State="IDF"',
      'photoshop:Country="France"',
      'Iptc4xmpCore:Location="Street"',
      'Iptc4xmpCore:CountryCode="FR"',
      'Iptc4xmpCore:CiAdrCity="Paris"',
      'geo:lat="48.85"',
    ];
    const inside =
      '<Iptc4xmpExt:LocationCreated><rdf:Bag><rdf:li Iptc4xmpExt:City="Paris"/></rdf:Bag></Iptc4xmpExt:LocationCreated><exifEX:LensSerialNumber>L9</exifEX:LensSerialNumber><dc:title>A title with > in it</dc:title>';
    const { text, removed } = rewritten(packet(`xmp:Rating="4" ${secrets.join(' ')}`, inside), true);
    expect(text).toBe(packet('xmp:Rating="4"', '<dc:title>A title with > in it</dc:title>').toString());
    expect(removed).toHaveLength(secrets.length + 2);
    expect(rewritten(packet(secrets.join(' '), inside), false).text).toBe(
      packet(secrets.join(' '), inside).toString(),
    );
  });

  test('agrees with the new pixels', () => {
    const attributes = 'tiff:Orientation="6" tiff:ImageWidth="64" tiff:ImageLength="120"';
    const inside =
      '<exif:PixelXDimension>64</exif:PixelXDimension><exif:PixelYDimension> 120 </exif:PixelYDimension>';
    expect(rewritten(packet(attributes, inside), false).text).toBe(
      packet(
        'tiff:Orientation="1" tiff:ImageWidth="480" tiff:ImageLength="256"',
        '<exif:PixelXDimension>480</exif:PixelXDimension><exif:PixelYDimension>256</exif:PixelYDimension>',
      ).toString(),
    );
  });

  test('goes on asking for a turn that no decoder made', () => {
    const block = packet('tiff:Orientation="6"');
    expect(rewriteXmp(block, { ...size, turned: false, removePrivate: true })?.xmp).toEqual(block);
  });

  test('does not point to parts that stay behind', () => {
    const { text, removed } = rewritten(packet('xmpNote:HasExtendedXMP="AB12" xmp:Rating="4"'), false);
    expect(text).toBe(packet('xmp:Rating="4"').toString());
    expect(removed).toEqual(['xmpNote:HasExtendedXMP']);
  });

  test('that is damaged is not guessed at', () => {
    for (const text of ['<a><b></a>', '<a>', '<a b="', '</a>'])
      expect(rewriteXmp(Buffer.from(text), { ...size, removePrivate: true }), text).toBeUndefined();
    expect(rewriteXmp(Buffer.from('<a/>', 'utf16le'), { ...size, removePrivate: true })).toBeUndefined();
  });
});

describe('IPTC', () => {
  const dataset = (number: number, text: string): Buffer =>
    Buffer.concat([Buffer.from([0x1c, 2, number, 0, text.length]), Buffer.from(text)]);
  const block = (records: Buffer[], more = Buffer.alloc(0)): Buffer => {
    const data = Buffer.concat(records);
    const head = Buffer.from('Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\0', 'latin1');
    head.writeUInt32BE(data.length, head.length - 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2), more]);
  };

  test('loses city, street, state and country, and copies of them elsewhere', () => {
    const kept = [dataset(5, 'Title'), dataset(80, 'Ada')];
    const places = [90, 92, 95, 100, 101].map((number) => dataset(number, 'Secret'));
    const exif = Buffer.from('8BIM\x04\x22\0\0\0\0\0\x04SECR', 'latin1');
    const result = removeIptcPlaces(block([kept[0]!, ...places, kept[1]!], exif));
    expect(result?.iptc).toEqual(block(kept));
    expect(result?.removed).toEqual(expect.arrayContaining(['city', 'country', "Photoshop's other records"]));
  });

  test('that is damaged is not guessed at', () => {
    expect(removeIptcPlaces(Buffer.from('something else'))).toBeUndefined();
    expect(removeIptcPlaces(block([dataset(5, 'Title').subarray(0, 7)]))).toBeUndefined();
  });
});

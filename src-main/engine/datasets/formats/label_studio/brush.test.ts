import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeBitmap } from '../../masks.ts';
import { shape } from '../common/testing.ts';
import { decodeBrush, encodeBrush } from './brush.ts';

describe('brushes of Label Studio', () => {
  test('run lengths of brushes are those of Label Studio', () => {
    // Made with mask2rle of label-studio-converter's brush.py, which ends a stream of whole bytes with a byte of zeros.
    const known = [
      { rows: ['01'], rle: [0, 0, 0, 8, 57, 27, 252, 96, 17, 255, 128] },
      {
        rows: ['000000', '011100', '001000', '000001'],
        rle: [0, 0, 0, 96, 57, 27, 254, 27, 0, 183, 255, 124, 2, 63, 252, 62, 1, 31, 248],
      },
      {
        rows: ['1100111', '1011010', '0010011', '0110010', '1011001'],
        rle: [
          0, 0, 0, 140, 57, 27, 252, 255, 243, 128, 95, 255, 140, 2, 127, 248, 192, 35, 255, 182, 1, 31, 252,
          224, 19, 255, 198, 1, 63, 252, 224, 17, 255, 198, 1, 31, 252, 96, 19, 255, 206, 1, 31, 248,
        ],
      },
    ];
    for (const { rows, rle } of known) {
      const size = { width: rows[0]!.length, height: rows.length };
      const counts = encodeBitmap(rows.join('').split('').map(Number), size.width, size.height);
      expect(decodeBrush(rle, size)).toEqual(counts);
      const ours = encodeBrush({ ...shape, type: 'mask', ...size, counts });
      expect(ours).toEqual(rle.slice(0, ours.length));
      expect(rle.length - ours.length).toBeLessThan(2);
    }
    const bits = fc.array(fc.nat(1), { minLength: 24, maxLength: 24 });
    fc.assert(
      fc.property(bits, (bitmap) => {
        const counts = encodeBitmap(bitmap, 6, 4);
        const bytes = encodeBrush({ ...shape, type: 'mask', width: 6, height: 4, counts });
        expect(decodeBrush(bytes, { width: 6, height: 4 })).toEqual(counts);
        expect(decodeBrush(bytes, { width: 7, height: 4 })).toBeNull();
        expect(decodeBrush(bytes.slice(0, -1), { width: 6, height: 4 })).toBeNull();
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.nat(300)), (bytes) => void decodeBrush(bytes, { width: 3, height: 3 })),
    );
    const large = { width: 700, height: 400 };
    const counts = [1000, 200_000, 79_000];
    expect(decodeBrush(encodeBrush({ ...shape, type: 'mask', ...large, counts }), large)).toEqual(counts);
  });

  test('single values, as other writers pack them', () => {
    // One pixel: four values of 8 bits, alpha 1, after a length of 4 in 3 bits.
    const stream = `00000000000000000000000000000100001110010001101111111000011${'0'.repeat(24)}00000001`;
    const bytes = stream.match(/.{1,8}/g)!.map((byte) => Number.parseInt(byte.padEnd(8, '0'), 2));
    expect(decodeBrush(bytes, { width: 1, height: 1 })).toEqual([0, 1]);
  });
});

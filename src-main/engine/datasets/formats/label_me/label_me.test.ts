import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AttributeValue } from '../../model/index.ts';
import { differences, haveData, whyNot } from '../../testing/golden.ts';
import { bare, conversions, put, readAll, scratch, unnumbered } from '../common/testing.ts';
import { attributesText, parseAttributes } from './attributes.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`LabelMe as Datumaro writes it${whyNot}`, () => {
  test.each([
    ['coco_instances', 'coco_instances@clean'],
    ['cvat', 'cvat@clean'],
    ['yolo', 'yolo@clean'],
    ['label_me', 'label_me@clean'],
    ['wider_face', 'wider_face'],
    ['vott_csv', 'vott_csv'],
    ['kitti_detection', 'kitti_detection@clean'],
  ])('%s (%s) to label_me', async (from, set) => {
    const { ours, theirs } = await conversions(from, set, 'label_me', fresh());
    // Datumaro drops ellipses, labels of pictures and rotated boxes, where we keep their outlines.
    expect(
      differences({ ...bare(ours, unnumbered), labels: [] }, { ...bare(theirs, unnumbered), labels: [] }),
    ).toEqual([]);
  });
});

describe('LabelMe', () => {
  test('attributes come back with their types, whatever is in them', () => {
    const text = fc.string().filter((value) => !/[\r\n]/.test(value));
    const name = text.filter((value) => value.trim() === value && value !== '');
    const value = fc.oneof<fc.Arbitrary<AttributeValue>[]>(
      text,
      fc.constantFrom('4', 'True', '1e5', ''),
      fc.integer(),
      fc.boolean(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
    );
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key }), (entries) => {
        const normal = entries.map(([key, entry]) => [key, entry === 0 ? 0 : entry] as const);
        expect([...parseAttributes(attributesText(normal))]).toEqual(normal);
      }),
    );
  });

  test('attributes as people type them', () => {
    expect([...parseAttributes(' red , size=big,n=3, x="4", half=0.5 ,,')]).toEqual([
      ['red', true],
      ['size', 'big'],
      ['n', 3],
      ['x', '4'],
      ['half', 0.5],
    ]);
  });

  test('damaged files and objects are told, the rest is read', async () => {
    const object = (id: number, inner: string): string =>
      `<object><name>cat</name><id>${id}</id>${inner}</object>`;
    const ring =
      '<polygon><pt><x>1</x><y>2</y></pt><pt><x>9</x><y>2</y></pt><pt><x>9</x><y>8</y></pt></polygon>';
    const folder = fresh();
    await put(folder, {
      'Annotations/train/a.xml': `<annotation><filename>a.jpg</filename><folder>train</folder>
        ${object(0, ring)}${object(1, `<deleted>1</deleted>${ring}`)}${object(2, '')}
        ${object(3, '<segm><mask>../../x.png</mask></segm>')}
        ${object(4, '<polygon><pt><x>nan</x></pt></polygon>')}
        ${object(5, `<parts><hasparts>5,6</hasparts></parts>${ring}`)}${object(6, `<parts><ispartof>5</ispartof></parts>${ring}`)}
        </annotation>`,
      'Annotations/train/b.xml': '<annotation><filename>b.jpg</filename>',
      'Annotations/train/c.xml':
        '<annotation><filename>../../c.jpg</filename><folder>../x</folder></annotation>',
    });
    const { items, reasons } = await readAll('label_me', folder);
    expect(items.map(({ id, subset }) => [id, subset])).toEqual([
      ['a', 'train'],
      ['c', 'train'],
    ]);
    expect(items[0]!.annotations.map(({ id, group }) => [id, group])).toEqual([
      [0, 0],
      [5, 1],
      [6, 1],
    ]);
    expect(reasons).toHaveLength(4);
  });
});

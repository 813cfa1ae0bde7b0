import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { corpus, differences, haveData, readGolden, toGolden, whyNot } from '../../testing/golden.ts';
import { format, put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe.skipIf(!haveData)(`CelebA as Datumaro reads it${whyNot}`, () => {
  test('all but its skeletons, which have a class for each coordinate', async () => {
    const ours = await toGolden(await format('celeba').read(corpus('celeba')));
    const { keypoints: _, ...theirs } = readGolden('celeba');
    expect(differences(ours, theirs)).toEqual([]);
  });
});

describe('CelebA', () => {
  test('aligned pictures have no boxes; damage and names with spaces', async () => {
    const folder = fresh();
    await put(folder, {
      'Anno/identity_CelebA.txt': '"a b.jpg" 1\n../c.jpg 1\nd.jpg x\ne.jpg 9999999\n',
      'Anno/list_bbox_celeba.txt': '1\nimage_id x_1 y_1 width height\na.jpg 1 2 3 4\n',
      'Anno/list_landmarks_align_celeba.txt': '2\nx y\n"a b.jpg" 1 2 3 4 5 6 7 8 9 10\nd.jpg 1 2\n',
      'Anno/list_attr_celeba.txt': '1\nBald Smiling\n"a b.jpg" -1 1\nd.jpg 1\n',
      'Eval/list_eval_partition.txt': '"a b.jpg" 2\nf.jpg 7\n',
      'Img/img_align_celeba/a b.jpg': 'x',
    });
    expect((await detectFormats(folder))[0]!.format.name).toBe('align_celeba');
    const { items, names, reasons } = await readAll('align_celeba', folder);
    expect(names).toEqual(['class-0', 'class-1']);
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      id: 'a b',
      subset: 'test',
      attributes: new Map([
        ['Bald', false],
        ['Smiling', true],
      ]),
    });
    expect(items[0]!.annotations.map(({ type }) => type)).toEqual(['label', 'points']);
    expect(reasons).toHaveLength(6);
  });
});

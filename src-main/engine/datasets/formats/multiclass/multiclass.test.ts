import { describe, expect, test } from 'vitest';
import { detectFormats } from '../../detect.ts';
import { put, readAll, scratch } from '../common/testing.ts';

const { fresh } = scratch();

describe('table of classes', () => {
  test('names with commas, odd fields, paths out of the folder', async () => {
    const folder = fresh();
    await put(folder, {
      'train/_classes.csv':
        'filename, cat, "dog, big"\na.jpg, 1, 0\nb.jpg, 1, 1\nc.jpg, yes, 0\n../d.jpg, 1, 0\ne.jpg\n',
      '_classes.csv': 'filename, bird\nf.jpg, 1\n',
    });
    const { items, names, reasons } = await readAll('roboflow_multiclass', folder);
    expect(names).toEqual(['bird', 'cat', 'dog, big']);
    expect(
      items.map(({ subset, id, annotations }) => [
        subset,
        id,
        annotations.map((part) => (part as { label: number }).label),
      ]),
    ).toEqual([
      ['default', 'f', [0]],
      ['train', 'a', [1]],
      ['train', 'b', [1, 2]],
      ['train', 'c', []],
      ['train', 'e', []],
    ]);
    expect(reasons).toEqual([
      'a field is neither 0 nor 1',
      "the picture's name is missing or leaves the set's folder",
    ]);
  });

  test('that is one of grey values is none, and says what to do', async () => {
    const folder = fresh();
    const table = 'Pixel Value, Class\n0, background\n1, cat\n';
    await put(folder, { 'train/_classes.csv': table, 'train/a.jpg': '', 'train/a_mask.png': '' });
    const found = await detectFormats(folder);
    expect(found[0]!.format.name).toBe('roboflow_mask');
    expect(found.map(({ format }) => format.name)).not.toContain('roboflow_multiclass');
    await expect(readAll('roboflow_multiclass', folder)).rejects.toMatchObject({
      code: 'INPUT_UNSUPPORTED',
      hint: expect.stringContaining('roboflow_mask'),
    });
  });
});

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inside } from './paths.ts';

test('a path within a folder is the one that joining them makes, and one that leaves it is refused', () => {
  const folders = ['/', '/a', '/a/', '/a//b/../c', 'a', './a', ''];
  for (const folder of folders) {
    for (const path of ['x', 'x/y.jpg', 'x//y', './x', 'x/./y', 'Ü/ä b.png', '.x/..y']) {
      expect(inside(folder, path)).toBe(join(folder, path));
    }
    for (const path of ['..', '../x', 'x/../../y', '/x', 'C:\\x', '']) {
      expect(() => inside(folder, path)).toThrow(/leaves/);
    }
  }
});

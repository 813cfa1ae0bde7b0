import { expect, test } from 'vitest';
import { type Job, UpscaleSettings } from '../../../src-main/contract/index.ts';
import { previewName } from './name-pattern.ts';

const settings = UpscaleSettings.parse({});
const job = { title: 'cat.jpg' } as Job;

test('a pattern is shown as the name that it gives', () => {
  expect(previewName('{name}_x{scale}', settings, job).name).toBe('cat_x4.jpg');
  expect(previewName('{name} {width}', { ...settings, format: 'png' }, undefined).name).toBe(
    'picture 2560.png',
  );
});

test('unknown tokens are told, and what no name can have becomes a line', () => {
  expect(previewName('{foo}{foo}a/b{}', settings, job)).toEqual({
    name: '{foo}{foo}a_b{}.jpg',
    unknown: ['{foo}', '{}'],
    replaced: true,
  });
  expect(previewName(' .. ', settings, job).name).toBe('picture.jpg');
  expect(previewName('{constructor}', settings, job).unknown).toEqual(['{constructor}']);
});

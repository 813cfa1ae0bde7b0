import { createRequire } from 'node:module';
import type { default as Library, Sharp, SharpInput, SharpOptions } from 'sharp';
import { refuseNoFile } from './stats.ts';

const require = createRequire(import.meta.url);
let library: typeof Library | undefined;

/**
 * sharp, loaded when the first picture is decoded: most sets need no decoder, and it takes 35 MB and a tenth of a second.
 * What is no file, as a pipe, is refused: it would be read without end.
 */
export function sharp(options: SharpOptions): Sharp;
export function sharp(input: SharpInput, options?: SharpOptions): Sharp;
export function sharp(input: SharpInput | SharpOptions, options?: SharpOptions): Sharp {
  library ??= require('sharp') as typeof Library;
  if (typeof input === 'string') refuseNoFile(input);
  return library(input as SharpInput, options);
}

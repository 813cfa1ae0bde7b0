import { type Categories, CategoryBuilder } from '../../model/index.ts';
import { namesFile } from '../common/lines.ts';
import { readMeta } from '../common/meta.ts';

export const classFile = 'labels.txt';

/** Stands for a picture without a class. */
export const none = 255;

/** The side of MNIST's pictures. */
export const side = 28;

/** Names of the classes by their numbers; the ten digits where nothing says else. */
export async function readClasses(folder: string): Promise<Categories> {
  const listed =
    (await readMeta(folder)) ?? (await namesFile(folder, classFile))?.filter((name) => name !== '');
  const builder = new CategoryBuilder();
  const add = builder.scope();
  for (const name of listed ?? Array.from({ length: 10 }, (_, digit) => String(digit))) {
    add({ name, parent: '', attributes: [] });
  }
  return builder.build();
}

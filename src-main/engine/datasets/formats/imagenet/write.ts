import { RefineryError } from '../../../../contract/errors.ts';
import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { namesText, oneLine } from '../common/lines.ts';
import { pictureClasses, type Work, writeSet } from '../common/write.ts';
import { noLabel } from './folders.ts';
import { classFile } from './txt.ts';

/** Formats that are pictures and nothing else can't be written without them. */
function mustCopy({ media }: WriteOptions): void {
  if (media === 'copy') return;
  throw new RefineryError('BAD_REQUEST', 'Folders of pictures hold nothing without the pictures.', {
    hint: 'Copy the pictures along, or choose imagenet_txt, which lists them.',
  });
}

/** A class's name as a folder's. */
function folderName(name: string): string {
  const safe = oneLine(name).replaceAll('\0', '').replace(/[\\/]/g, '_').trim();
  return safe === '' || safe === '.' || safe === '..' || safe.startsWith('.') ? `_${safe}` : safe;
}

/**
 * Copies the pictures into a folder for each class. The folder is the annotation: without its picture, a class is lost,
 * and a picture of two classes is put under the first, as two copies of it would contradict each other in training.
 */
export async function writeClassFolders(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
  bySubset: boolean,
): Promise<WriteReport> {
  mustCopy(options);
  const { labels } = dataset.categories;
  const folders = labels.map(({ name }) => folderName(name));
  const used = new Set<number>();
  return writeSet(dataset, folder, abilities, options, {
    picture: () => null,
    async each(work: Work) {
      const own = pictureClasses(work);
      for (const _ of own.slice(1)) work.lose('a second class of a picture: a folder can only say one');
      const [label] = own;
      const below = label === undefined ? noLabel : folders[label]!;
      if (label !== undefined && below !== labels[label]!.name) {
        work.note('the name of the class is no name of a folder and is changed');
      }
      // A set that was read from such folders has the class in its ids already.
      const name = work.name.startsWith(`${below}/`) ? work.name : `${below}/${work.name}`;
      const path = bySubset ? `${work.item.subset}/${name}` : name;
      const media = options.media === 'copy' ? work.item.media : null;
      if (media !== null && (await work.output.copy(media.path, path))) {
        if (label !== undefined) used.add(label);
      } else if (label === undefined) work.note('the picture is not there to be copied');
      else work.lose('the picture is not there, and only its place says its class');
    },
    async finish(_, problems) {
      for (const [label, { name }] of labels.entries()) {
        if (!used.has(label)) problems.add(name, '', 'a class without pictures has no folder');
      }
    },
  });
}

export function writeImagenetTxt(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ name }) => `images/${name}`,
    async each(work) {
      const { item, id, name, sinks } = work;
      const quoted = /[\s"]/.test(id) ? `"${id}"${endingOf(name)}` : name;
      await sinks.add(`${item.subset}.txt`, `${[quoted, ...pictureClasses(work)].join(' ')}\n`);
    },
    finish: (output) => output.text(classFile, namesText(dataset.categories.labels)),
  });
}

export async function writeImageDir(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  mustCopy(options);
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ name }) => name,
    each: () => undefined,
  });
}

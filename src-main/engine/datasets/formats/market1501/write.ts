import { endingOf, fileNameOf, folderOf, stemOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { below } from '../common/read.ts';
import { type Work, writeSet } from '../common/write.ts';
import { nameAttributes, nameOf, parseName } from './names.ts';

/** Writes the pictures under names made of their attributes, and a list of each folder. */
export function writeMarket(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  // Frames of a person, for pictures whose frame is not known.
  const frames = new Map<string, number>();
  let place = '';
  return writeSet(dataset, folder, abilities, options, {
    picture: () => place,
    async each(work: Work) {
      const { item, name, note, sinks } = work;
      const query = item.attributes.get('query') === true || item.subset === 'query';
      const directory = query ? 'query' : `bounding_box_${item.subset}`;
      if (query && item.subset !== 'query') note('the pictures of queries are a subset of their own');
      let file = name;
      if (parseName(fileNameOf(name), query) === null) {
        const person = String(item.attributes.get('person_id') ?? '');
        const made = nameOf(item.attributes, frames.get(person) ?? 0);
        frames.set(person, (frames.get(person) ?? 0) + 1);
        if (made === null) note('the item says no person, and keeps its name');
        else {
          file = below(folderOf(stemOf(name)), `${made}${endingOf(name)}`);
          note('the picture is named by its person, camera and frame');
        }
      }
      const kept: readonly string[] = nameAttributes;
      for (const key of item.attributes.keys()) {
        if (!kept.includes(key)) note(`the attribute ${key} has no place in a name`);
      }
      place = `${directory}/${file}`;
      await sinks.add(`images_${query ? 'query' : item.subset}.txt`, `${place}\n`);
    },
  });
}

import { endingOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Annotation } from '../../model/index.ts';
import { oneLine } from '../common/lines.ts';
import { pictureClasses, writeSet } from '../common/write.ts';
import { faceName } from './read.ts';

const clean = (text: string): string => oneLine(text).replaceAll('\t', ' ');

/** The number of a picture of a person where its name is made of both, else the name. */
const numberIn = (person: string, id: string): string => {
  const number = id.startsWith(`${person}_`) ? String(Number(id.slice(person.length + 1))) : '';
  return faceName(person, number).id === id ? number : id;
};

/** The class of the picture, or of its points where it has none. */
function personOf(annotations: readonly Annotation[]): number | undefined {
  const mark =
    annotations.find((part) => part.type === 'label') ?? annotations.find((part) => part.type === 'points');
  return mark !== undefined && 'label' in mark ? (mark.label ?? undefined) : undefined;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry) => typeof entry === 'string') : [];

/** Writes `<subset>/annotations/` and `<subset>/images/<person>/`. */
export function writeLfw(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const names = dataset.categories.labels.map(({ name }) => clean(name).replaceAll('/', '_'));
  const counts = new Map<string, number[]>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, id, name, annotations }) => {
      const label = personOf(annotations);
      const person = label === undefined ? '' : `${names[label]!}/`;
      return `${item.subset}/images/${person}${id}${endingOf(name)}`;
    },
    async each(work) {
      const { item, id, annotations, sinks, lose, change, note } = work;
      const count = counts.get(item.subset) ?? names.map(() => 0);
      counts.set(item.subset, count);
      const [, ...more] = pictureClasses(work);
      for (const _ of more) lose('a second class of a picture: a picture is of one person');
      const label = personOf(annotations);
      const person = label === undefined ? null : names[label]!;
      if (label !== undefined) count[label]! += 1;
      if (person !== null && person !== dataset.categories.labels[label!]!.name)
        note('the name of the class is changed');
      if (person === null && id.includes('/')) note("the item's folder will be taken for a person");
      const put = (fields: readonly string[]): Promise<void> =>
        sinks.add(`${item.subset}/annotations/pairs.txt`, `${fields.join('\t')}\n`);
      const mark = annotations.find((part) => part.type === 'label');
      const positive = texts(mark?.attributes.get('positive_pairs'));
      const negative = texts(mark?.attributes.get('negative_pairs'));
      if (person !== null) {
        const own = numberIn(person, id);
        for (const path of positive) {
          const other = path.startsWith(`${person}/`) ? path.slice(person.length + 1) : path;
          await put([person, own, numberIn(person, clean(other))]);
        }
        for (const path of negative) {
          const other = names.find((name) => path.startsWith(`${name}/`));
          if (other === undefined) await put([person, own, '-', clean(path)]);
          else await put([person, own, other, numberIn(other, clean(path.slice(other.length + 1)))]);
        }
      }
      if (positive.length + negative.length === 0)
        await put([person === null ? clean(id) : `${person}/${clean(id)}`]);
      for (const part of annotations) {
        if (part.type !== 'points') continue;
        if (part.label !== (label ?? null)) change('points of another class than the picture get its class');
        const path = person === null ? clean(id) : `${person}/${clean(id)}`;
        const line = [`${path}.jpg`, ...part.points.map(String)].join('\t');
        await sinks.add(`${item.subset}/annotations/landmarks.txt`, `${line}\n`);
      }
    },
    async finish(output) {
      for (const [subset, count] of counts) {
        const lines = names.map((name, label) => `${name}\t${count[label]}\n`);
        await output.text(`${subset}/annotations/people.txt`, lines.join(''));
      }
    },
  });
}

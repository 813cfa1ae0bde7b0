import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { csvText } from '../common/csv.ts';
import { wordNames } from '../common/lines.ts';
import { type Work, writeSet } from '../common/write.ts';
import { boxColumns, classFile, noLabel, pointColumns } from './read.ts';

/** Writes a box and five points for each picture, which lies in the folder of its person. */
export function writeVggFace2(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const words = wordNames(labels).map((name) => name.replaceAll('/', '_'));
  /** The picture's path in its subset: its folder is the person. */
  const pathOf = ({ id, annotations }: Work): string => {
    const own = annotations.find((part) => 'label' in part && part.label !== null);
    const label = own !== undefined && 'label' in own ? own.label : null;
    const person = label === null ? noLabel : words[label]!;
    return id.startsWith(`${person}/`) ? id : `${person}/${id}`;
  };
  return writeSet(dataset, folder, abilities, options, {
    picture: (work) => `${work.item.subset}/${pathOf(work)}${work.name.slice(work.id.length)}`,
    async each(work) {
      const { item, annotations, sinks, lose } = work;
      const path = pathOf(work);
      const first = annotations.find((part) => 'label' in part && part.label !== null);
      const table = (
        name: string,
        columns: readonly string[],
        row: readonly (string | number)[],
      ): Promise<void> => {
        const cells = [...row, ...columns.slice(row.length).map(() => '')];
        return sinks.add(`bb_landmark/${name}_${item.subset}.csv`, csvText([cells]), csvText([columns]));
      };
      const done = new Set<string>();
      for (const part of annotations) {
        const other =
          first !== undefined && 'label' in first && 'label' in part && part.label !== first.label;
        if (part.type === 'caption' || done.has(part.type) || other) {
          lose(
            other
              ? 'a part of another person: a picture is of one'
              : 'a second box, set of points or class of a picture',
          );
          continue;
        }
        if (part.type === 'box')
          await table('loose_bb', boxColumns, [path, part.x, part.y, part.width, part.height]);
        else if (part.type === 'points' && part.points.length === 10) {
          await table('loose_landmark', pointColumns, [path, ...part.points]);
        } else if (part.type === 'points') {
          lose('points that are not five');
          continue;
        }
        done.add(part.type);
      }
      // A row without numbers says that the picture is there, and of whom.
      if ((done.has('label') && !done.has('points')) || done.size === 0)
        await table('loose_landmark', pointColumns, [path]);
      else if (done.has('label')) lose('the class of a picture, which its points say already');
    },
    async finish(output, problems) {
      const lines = labels.map(({ name, parent }, index) => {
        if (words[index] !== name) problems.add(name, '', 'the class is written without spaces');
        return `${[words[index]!, ...(parent === '' ? [] : [parent])].join(' ')}\n`;
      });
      await output.text(classFile, lines.join(''));
    },
  });
}

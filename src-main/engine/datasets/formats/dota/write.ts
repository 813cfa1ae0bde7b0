import { rotatedCorners } from '../../convert.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { wordNames } from '../common/lines.ts';
import { writeMeta } from '../common/meta.ts';
import { plainNumber, writeSet } from '../common/write.ts';

/** Writes `<subset>/labelTxt/<id>.txt` and `<subset>/images/`. Outlines of four corners are written as they are. */
export function writeDota(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const words = wordNames(labels);
  return writeSet(dataset, folder, abilities, options, {
    holds: (part) => part.type === 'polygon' && part.points.length === 8,
    picture: ({ item, name }) => `${item.subset}/images/${name}`,
    async each({ item, id, annotations, output, lose }) {
      const lines: string[] = [];
      for (const name of ['imagesource', 'gsd']) {
        const value = item.attributes.get(name);
        if (typeof value === 'string' || typeof value === 'number') lines.push(`${name}:${value}`);
      }
      for (const part of annotations) {
        if (part.type !== 'rotated_box' && part.type !== 'polygon') continue;
        if (part.label === null) {
          lose('an object without a class');
          continue;
        }
        const corners = part.type === 'polygon' ? part.points : rotatedCorners(part);
        const given = part.attributes.get('difficulty');
        const difficulty = typeof given === 'number' && Number.isInteger(given) ? given : 0;
        lines.push(`${corners.map(plainNumber).join(' ')} ${words[part.label]} ${difficulty}`);
      }
      await output.text(`${item.subset}/labelTxt/${id}.txt`, lines.map((line) => `${line}\n`).join(''));
    },
    async finish(output, problems) {
      for (const [label, { name }] of labels.entries()) {
        if (words[label] !== name) problems.add(name, '', 'the class is written without spaces');
      }
      await writeMeta(
        output,
        labels.map((_, label) => ({ name: words[label]! })),
      );
    },
  });
}

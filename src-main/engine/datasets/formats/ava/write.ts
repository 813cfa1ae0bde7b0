import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { numberOf } from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { oneLine } from '../common/lines.ts';
import { writeSet } from '../common/write.ts';
import { classFile, pictureStem } from './read.ts';

/**
 * Writes `annotations/ava_<subset>_v2.2.csv` in pixels, as Datumaro does and AVA itself doesn't, the list of the actions,
 * and `frames/<video>/`.
 */
export function writeAva(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ id, name }) => `${pictureStem(id)}${name.slice(id.length)}`,
    async each({ item, id, annotations, sinks, lose }) {
      const slash = id.lastIndexOf('/');
      const named = slash < 0 ? [id, ''] : [id.slice(0, slash), id.slice(slash + 1)];
      const rows: (string | number)[][] = [];
      for (const part of annotations) {
        if (part.type !== 'box') continue;
        if (part.label === null) {
          lose('a box without an action');
          continue;
        }
        const corners = [part.x, part.y, part.x + part.width, part.y + part.height];
        if (corners.every((value) => value >= 0 && value <= 1)) {
          lose('a box of less than a pixel in the corner, whose numbers could be parts of the picture');
          continue;
        }
        const track = numberOf(part.attributes.get('track_id'));
        rows.push([...named, ...corners, part.label, Number.isFinite(track) ? track : 0]);
      }
      // A row of a name only says that the picture is there.
      await sinks.add(`annotations/ava_${item.subset}_v2.2.csv`, csvText(rows.length > 0 ? rows : [named]));
    },
    finish: (output) => {
      const quoted = (name: string): string => oneLine(name).replace(/["\\]/g, '\\$&');
      const blocks = dataset.categories.labels.map(
        ({ name }, id) => `label {\n  name: "${quoted(name)}"\n  label_id: ${id}\n}\n`,
      );
      return output.text(classFile, blocks.join(''));
    },
  });
}

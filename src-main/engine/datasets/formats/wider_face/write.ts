import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { namesText, oneLine } from '../common/lines.ts';
import { plainNumber, writeSet } from '../common/write.ts';
import { faceAttributes, faceName } from './lines.ts';
import { noEvent } from './read.ts';

/** Writes lists of boxes and, for each event, a folder of pictures. What is not known of a face is 0, as readers want it. */
export function writeWiderFace(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  let place = '';
  return writeSet(dataset, folder, abilities, options, {
    picture: () => place,
    async each({ item, name, annotations, sinks, lose }) {
      const marks = annotations.filter((part) => part.type === 'label');
      for (const _ of marks.slice(1)) lose('a second class of a picture: a folder can only say one');
      const event = marks[0] === undefined ? null : marks[0].label;
      const directory =
        event === null ? noEvent : `${event}--${labels[event]!.name.replace(/[\\/\r\n\0]/g, '_')}`;
      const lines = [`${directory}/${name}`];
      const boxes: string[] = [];
      for (const part of annotations) {
        if (part.type !== 'box') continue;
        const { x, y, width, height } = part;
        const values = faceAttributes.map((key) => {
          const value = part.attributes.get(key);
          if (typeof value === 'boolean') return value ? '1' : '0';
          return value === undefined || value === null ? '0' : String(value).replace(/\s+/g, '_') || '0';
        });
        const words = [...[x, y, width, height].map(plainNumber), ...values];
        const own = part.label === null ? faceName : oneLine(labels[part.label]!.name);
        if (own !== faceName) words.push(own);
        boxes.push(words.join(' '));
      }
      lines.push(String(boxes.length), ...(boxes.length === 0 ? ['0 0 0 0 0 0 0 0 0 0'] : boxes));
      place = `WIDER_${item.subset}/images/${directory}/${name}`;
      await sinks.add(`wider_face_split/wider_face_${item.subset}_bbx_gt.txt`, `${lines.join('\n')}\n`);
    },
    finish: (output) => output.text('labels.txt', namesText(labels)),
  });
}

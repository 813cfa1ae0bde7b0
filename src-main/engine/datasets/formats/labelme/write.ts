import { fileNameOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Annotation, Mask } from '../../model/index.ts';
import { namesText } from '../common/lines.ts';
import { bitmapPng, cutOut } from '../common/masks.ts';
import { joinSubset } from '../common/read.ts';
import { writeSet } from '../common/write.ts';
import { pictureFields, shapeFields } from './facts.ts';

/** The version of labelme whose files these are. */
const version = '5.5.0';

type Point = readonly [x: number, y: number];

const pairs = (points: readonly number[]): Point[] =>
  Array.from({ length: points.length >> 1 }, (_, at) => [points[2 * at]!, points[2 * at + 1]!]);

/**
 * Writes a JSON file beside each picture, and labels.txt, which labelme takes with `--labels`. Attributes that are yes or
 * no become flags; others go into `attributes`, where labelme keeps them and X-AnyLabeling shows them.
 */
export function writeLabelme(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  return writeSet(dataset, folder, abilities, options, {
    holds: (part) => part.type === 'ellipse' && part.width === part.height,
    picture: ({ item, name }) => joinSubset(item.subset, name, () => undefined),
    async each({ item, id, name, annotations, size, output, lose, note }) {
      const shapes: unknown[] = [];
      const flags = Object.create(null) as Record<string, boolean>;
      for (const part of annotations) {
        if (part.type === 'label') {
          flags[labels[part.label]!.name] = true;
          if (part.attributes.size > 0) note('the attributes of a class of the whole picture have no place');
          continue;
        }
        const geometry = await geometryOf(part);
        if (geometry === null) {
          lose(`a ${part.type} without pixels`);
          continue;
        }
        if (part.type === 'points' && part.visibility.some((seen) => seen !== 2)) {
          note('whether points can be seen has no place');
        }
        shapes.push({
          label: 'label' in part && part.label !== null ? labels[part.label]!.name : '',
          ...geometry,
          group_id: part.group === 0 ? null : part.group - 1,
          ...shapeFields(part.attributes),
        });
      }
      const about = pictureFields(item.attributes);
      if (about.taken.length > 0) {
        note(`labelme has another meaning for what the picture calls ${about.taken.join(', ')}`);
      }
      const fields = {
        ...about.fields,
        version,
        flags,
        shapes,
        imagePath: fileNameOf(name),
        imageData: null,
        ...(size === null ? {} : { imageHeight: size.height, imageWidth: size.width }),
      };
      const path = joinSubset(item.subset, `${id}.json`, note);
      await output.text(path, `${JSON.stringify(fields, null, 2)}\n`);
    },
    finish: (output) => output.text('labels.txt', namesText(labels)),
  });
}

async function geometryOf(part: Annotation): Promise<Record<string, unknown> | null> {
  switch (part.type) {
    case 'box': {
      const { x, y, width, height } = part;
      return { points: pairs([x, y, x + width, y + height]), shape_type: 'rectangle' };
    }
    case 'polygon':
      return { points: pairs(part.points), shape_type: 'polygon' };
    case 'polyline':
      return { points: pairs(part.points), shape_type: part.points.length === 4 ? 'line' : 'linestrip' };
    case 'points':
      return { points: pairs(part.points), shape_type: part.points.length === 2 ? 'point' : 'points' };
    case 'ellipse': {
      const radius = part.width / 2;
      const [x, y] = [part.x + radius, part.y + radius];
      return { points: pairs([x, y, x + radius, y]), shape_type: 'circle' };
    }
    case 'mask':
      return maskGeometry(part);
    default:
      return null;
  }
}

/** The mask's smallest box, whose second corner is its last pixel, and the pixels in it as a PNG in base64. */
async function maskGeometry(mask: Mask): Promise<Record<string, unknown> | null> {
  const cut = cutOut(mask);
  if (cut === null) return null;
  const { x, y, width, height } = cut;
  const points = pairs([x, y, x + width - 1, y + height - 1]);
  return { points, shape_type: 'mask', mask: (await bitmapPng(cut)).toString('base64') };
}

import { folderOf } from '../../files/paths.ts';
import { statsOf } from '../../files/stats.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { type Annotation, type Attributes, objectIn, toRecord } from '../../model/index.ts';
import { below, joinSubset } from '../common/read.ts';
import { pictureClasses, writeSet } from '../common/write.ts';
import { attributesFile } from './files.ts';
import { captionAttribute } from './read.ts';
import { isClosed } from './regions.ts';

/** VIA's name for what it exports. */
const fileName = 'via_region_data.json';

/** The attribute that is written as the class of a region, or of a file. */
const classAttribute = 'class';

/** Writes `<subset>/via_region_data.json` beside the pictures, and `via_attributes.json` with the classes. */
export function writeVia(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const begun = new Set<string>();
  const ofRegions = new Map<string, 'text'>();
  const ofFiles = new Map<string, 'text'>();
  let hasClasses = false;
  return writeSet(dataset, folder, abilities, options, {
    holds: (part) => part.type === 'points' && part.visibility.length === 1 && part.visibility[0] === 2,
    picture: ({ item, name }) => joinSubset(item.subset, name, () => undefined),
    async each(work) {
      const { item, name, annotations, sinks, lose, note } = work;
      const regions: object[] = [];
      for (const part of annotations) {
        const shape = shapeOf(part);
        if (shape === null || !('label' in part)) continue;
        if (part.attributes.has(classAttribute))
          note(`the attribute ${classAttribute} has no place: it is the class`);
        const own = fieldsOf(part.attributes, ofRegions);
        const label = part.label === null ? undefined : labels[part.label]!.name;
        regions.push({
          shape_attributes: shape,
          region_attributes: label === undefined ? own : { [classAttribute]: label, ...own },
        });
      }
      const classes = pictureClasses(work).map((label) => labels[label]!.name);
      hasClasses ||= classes.length > 0;
      if (annotations.some((part) => isOfPicture(part) && part.attributes.size > 0))
        note('the attributes of a class or a text of the whole picture have no place');
      const texts = annotations.flatMap((part) => (part.type === 'caption' ? [part.text] : []));
      for (const _ of texts.slice(1)) lose('a second text of a picture');
      const taken = [classAttribute, captionAttribute].filter((own) => item.attributes.has(own));
      if (taken.length > 0) note(`VIA has another meaning for what the picture calls ${taken.join(', ')}`);
      const about = {
        ...fieldsOf(item.attributes, ofFiles),
        ...(classes.length === 0
          ? {}
          : { [classAttribute]: toRecord(new Map(classes.map((own) => [own, true] as const))) }),
        ...(texts[0] === undefined ? {} : { [captionAttribute]: texts[0] }),
      };
      const size = sizeOf(item.media?.path);
      const entry = { filename: name, size, regions, file_attributes: about };
      const path = joinSubset(item.subset, fileName, note);
      const text = `${JSON.stringify(`${name}${size}`)}:${JSON.stringify(entry)}`;
      await sinks.add(path, begun.has(path) ? `,\n${text}` : text, '{\n');
      begun.add(path);
    },
    async finish(output, _, sinks) {
      for (const path of begun) await sinks.add(path, '\n}\n');
      if (!begun.has(fileName) && begun.size === 0) await output.text(fileName, '{}\n');
      const names = labels.map((label) => label.name);
      const text = (found: ReadonlyMap<string, 'text'>): object =>
        toRecord(new Map([...found.keys()].map((name) => [name, textAttribute] as const)));
      const attributes = {
        region: { [classAttribute]: listOf('dropdown', names), ...text(ofRegions) },
        file: { ...(hasClasses ? { [classAttribute]: listOf('checkbox', names) } : {}), ...text(ofFiles) },
      };
      await output.text(
        below(folderOf(fileName), attributesFile),
        `${JSON.stringify(attributes, null, 2)}\n`,
      );
    },
  });
}

const isOfPicture = (part: Annotation): boolean => part.type === 'label' || part.type === 'caption';

const textAttribute = { type: 'text', description: '', default_value: '' };

const listOf = (type: string, names: readonly string[]): object => ({
  type,
  description: '',
  options: toRecord(new Map(names.map((name) => [name, ''] as const))),
  default_options: {},
});

/** Attributes as fields; lists of words as ticked boxes. */
function fieldsOf(attributes: Attributes, found: Map<string, 'text'>): Record<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of attributes) {
    if (name === classAttribute) continue;
    const isList =
      Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string');
    fields.set(
      name,
      isList ? toRecord(new Map(value.map((entry) => [String(entry), true] as const))) : objectIn(value),
    );
    found.set(name, 'text');
  }
  return toRecord(fields);
}

function shapeOf(part: Annotation): object | null {
  switch (part.type) {
    case 'box':
      return { name: 'rect', x: part.x, y: part.y, width: part.width, height: part.height };
    case 'ellipse': {
      const [rx, ry] = [part.width / 2, part.height / 2];
      const centre = { cx: part.x + rx, cy: part.y + ry };
      return rx === ry
        ? { name: 'circle', ...centre, r: rx }
        : { name: 'ellipse', ...centre, rx, ry, theta: 0 };
    }
    case 'points':
      return { name: 'point', cx: part.points[0], cy: part.points[1] };
    case 'polygon':
    case 'polyline': {
      // Of a polygon whose first corner is repeated at the end, the reader leaves that out.
      const points =
        part.type === 'polygon' && isClosed(part.points)
          ? [...part.points, ...part.points.slice(0, 2)]
          : part.points;
      const at = (odd: number): number[] => points.filter((_, index) => index % 2 === odd);
      return { name: part.type, all_points_x: at(0), all_points_y: at(1) };
    }
    default:
      return null;
  }
}

/** Bytes of a picture, by which VIA tells pictures of one name apart; -1 where it isn't there. */
function sizeOf(path: string | undefined): number {
  return (path === undefined ? undefined : statsOf(path))?.size ?? -1;
}

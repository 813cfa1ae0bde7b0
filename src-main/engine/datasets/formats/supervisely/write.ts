import { posix } from 'node:path';
import { fileNameOf, folderOf } from '../../files/paths.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Annotation, AttributeValue, Points, Skeleton } from '../../model/index.ts';
import { type Work, writeSet } from '../common/write.ts';
import { metaFile, onlyFolder } from '../sly_pointcloud/read.ts';
import { geometryOf, nodeKey } from './geometry.ts';
import { captionTag, innerFolder } from './read.ts';
import { colourAt, hexOf, Tags } from './tags.ts';

/** What was written of a class. */
interface Used {
  readonly types: Set<string>;
  /** Most points of its graphs. */
  points: number;
}

/** Datasets hold pictures and no folders of them: `a/b.png` is in a dataset a within the subset's. */
function datasetOf({ item, name }: Work): string {
  const subset = item.subset === 'default' ? onlyFolder : item.subset;
  const folders = folderOf(name) === '' ? [] : folderOf(name).split('/');
  return [subset, ...folders.flatMap((folder) => [innerFolder, folder])].join('/');
}

/** Writes `<dataset>/ann/<picture>.json` and `<dataset>/img/`, and meta.json: a dataset for each subset. */
export function writeSupervisely(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels, skeletons, colours } = dataset.categories;
  const tags = new Tags();
  const used = labels.map((): Used => ({ types: new Set(), points: 0 }));
  return writeSet(dataset, folder, abilities, options, {
    picture: (work) => posix.join(datasetOf(work), 'img', fileNameOf(work.name)),
    async each(work) {
      const { item, name, annotations, size, output, lose, note } = work;
      const described = item.attributes.get('description');
      const isDescribed = typeof described === 'string' && described !== '';
      const ofPicture = [...item.attributes].flatMap(([key, value]) =>
        isDescribed && key === 'description' ? [] : (tags.of(key, value, 'images', note) ?? []),
      );
      const objects: object[] = [];
      const byDepth = annotations.toSorted((a, b) => depthOf(a) - depthOf(b));
      for (const part of byDepth) {
        if (part.type === 'label') {
          const tag = tags.ofClass(labels[part.label]!.name);
          if (tag === null) lose('a class of a picture is called as an attribute');
          else ofPicture.push(tag);
          if (part.attributes.size > 0) note('the attributes of a class of the whole picture have no place');
          continue;
        }
        if (part.type === 'caption') {
          const tag = part.text === '' ? null : tags.of(captionTag, part.text, 'images', note);
          if (tag === null) lose('an empty text has no place');
          else ofPicture.push(tag);
          if (part.attributes.size > 0) note('the attributes of a text have no place');
          continue;
        }
        if (part.label === null) {
          lose('a shape without a class has no place');
          continue;
        }
        const geometry = await geometryOf(part, skeletons.get(part.label));
        if (geometry === null) {
          lose(`a ${part.type} without pixels`);
          continue;
        }
        const own = used[part.label]!;
        own.types.add(geometry.type);
        if (part.type === 'points') {
          own.points = Math.max(own.points, part.visibility.length);
          if (hasPlacesOfNothing(part)) note('points that are not labelled lose their places');
        }
        objects.push({
          ...(part.id > 0 ? { id: part.id } : {}),
          ...objectFields(part.attributes, tags, note),
          classTitle: labels[part.label]!.name,
          classId: part.label + 1,
          geometryType: geometry.type,
          shape: geometry.type,
          ...(part.group === 0 ? {} : { instance: String(part.group) }),
          ...geometry.fields,
        });
      }
      const content = {
        description: isDescribed ? described : '',
        tags: ofPicture,
        size: size === null ? null : { height: size.height, width: size.width },
        objects,
      };
      const path = posix.join(datasetOf(work), 'ann', `${fileNameOf(name)}.json`);
      await output.text(path, `${JSON.stringify(content)}\n`);
    },
    async finish(output) {
      const classes = labels.map(({ name }, label) => {
        const colour = colours.get(label);
        const skeleton = skeletonOf(skeletons.get(label), used[label]!);
        return {
          title: name,
          shape: shapeOf(used[label]!, skeleton !== undefined),
          color: colour === undefined ? colourAt(label) : hexOf(colour),
          geometry_config: skeleton === undefined ? {} : configOf(skeleton),
          id: label + 1,
          hotkey: '',
        };
      });
      const meta = { classes, tags: tags.meta(dataset.categories), projectType: 'images' };
      await output.text(metaFile, `${JSON.stringify(meta, null, 2)}\n`);
    },
  });
}

/** Whether points that are not labelled lie somewhere all the same. COCO has them at 0, 0. */
const hasPlacesOfNothing = ({ points, visibility }: Points): boolean =>
  visibility.some((seen, at) => seen === 0 && (points[2 * at] !== 0 || points[2 * at + 1] !== 0));

const depthOf = (part: Annotation): number => ('zOrder' in part ? part.zOrder : 0);

function objectFields(
  attributes: ReadonlyMap<string, AttributeValue>,
  tags: Tags,
  note: (reason: string) => void,
): { readonly description: string; readonly tags: readonly object[] } {
  const described = attributes.get('description');
  const isDescribed = typeof described === 'string' && described !== '';
  const own = [...attributes].flatMap(([name, value]) =>
    isDescribed && name === 'description' ? [] : (tags.of(name, value, 'objects', note) ?? []),
  );
  return { description: isDescribed ? described : '', tags: own };
}

/** A class has one type of geometry, or `any`. */
function shapeOf({ types }: Used, hasSkeleton: boolean): string {
  const [only, another] = types;
  if (another !== undefined) return 'any';
  return only ?? (hasSkeleton ? 'graph' : 'any');
}

/** The points of a class's graphs; where nobody has named them, they are numbered. */
function skeletonOf(own: Skeleton | undefined, { types, points }: Used): Skeleton | undefined {
  if (own !== undefined || !types.has('graph')) return own;
  return { points: Array.from({ length: points }, (_, index) => nodeKey(index)), joints: [] };
}

/** The graph's template, whose points Supervisely wants somewhere: in a circle. */
function configOf({ points, joints }: Skeleton): object {
  const place = (index: number): [number, number] => {
    const turn = (2 * Math.PI * index) / points.length;
    return [Math.round(100 + 80 * Math.sin(turn)), Math.round(100 - 80 * Math.cos(turn))];
  };
  const nodes = points.map((label, index) => [
    nodeKey(index),
    { label, loc: place(index), color: colourAt(index) },
  ]);
  const edges = joints.map(([from, to]) => ({
    src: nodeKey(from - 1),
    dst: nodeKey(to - 1),
    color: '#00FF00',
  }));
  return { nodes: Object.fromEntries(nodes), edges };
}

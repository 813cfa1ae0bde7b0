import { rotatedCorners } from '../../convert.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import type { Annotation, Attributes } from '../../model/index.ts';
import { writeSet } from '../common/write.ts';
import { encodeBrush } from './brush.ts';
import { configText, type Said } from './config.ts';
import { resultFields, taskFields } from './facts.ts';
import { configFile } from './read.ts';

const tasksFile = 'tasks.json';

type Result = Record<string, unknown>;

/**
 * Writes `tasks.json` and the labelling interface that goes with it. Pictures are addressed as local files, whose root is
 * to be the set's folder (`LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT`).
 */
export function writeLabelStudio(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const said = new Map<string, Said>();
  const used = new Set<string>();
  let tasks = 0;
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `images/${item.subset}/${name}`,
    async each({ item, name, annotations, size, sinks, lose, note }) {
      tasks += 1;
      const results: Result[] = [];
      const parents = new Map<number, string>();
      for (const [index, part] of annotations.entries()) {
        const id = `r${index}`;
        const shapes =
          size === null && 'zOrder' in part ? null : shapesOf(part, labels, size ?? { width: 1, height: 1 });
        if (shapes === null) {
          lose("the picture's size is not known, and Label Studio's numbers are parts of it");
          continue;
        }
        const { fields, rest } = resultFields(part.attributes);
        if ('zOrder' in part) used.add(part.type);
        else if (rest.size > 0) note(`the attributes of a ${part.type} have no place`);
        if (part.type === 'points' && part.visibility.some((seen) => seen !== 2)) {
          note('whether points can be seen has no place');
        }
        let parent = part.group === 0 ? undefined : parents.get(part.group);
        for (const [turn, shape] of shapes.entries()) {
          const own = turn === 0 ? id : `${id}_${turn}`;
          const side = size === null ? {} : { original_width: size.width, original_height: size.height };
          results.push({
            id: own,
            ...shape,
            to_name: 'image',
            ...side,
            ...(parent === undefined ? {} : { parentID: parent }),
            ...(turn === 0 ? fields : {}),
          });
          // Further points of a pose are parts of its first.
          parent ??= part.group !== 0 || shapes.length > 1 ? own : undefined;
        }
        if (part.group !== 0 && !parents.has(part.group)) parents.set(part.group, id);
        if ('zOrder' in part) results.push(...saidResults(rest, id, said));
      }
      const image = `/data/local-files/?d=${encodeURIComponent(`images/${item.subset}/${name}`).replaceAll('%2F', '/')}`;
      const about = taskFields(item.attributes, results.length === 0);
      for (const taken of about.taken)
        note(`the picture's attribute ${taken} has no place: the task's own is called so`);
      const data = { image, subset: item.subset, ...about.data };
      const annotation = { id: tasks, was_cancelled: false, ...about.annotation, result: results };
      const task = { id: tasks, ...about.task, data, annotations: [annotation] };
      await sinks.add(tasksFile, `${tasks === 1 ? '' : ','}\n${JSON.stringify(task)}`, '[');
    },
    async finish(output, _, sinks) {
      await sinks.add(tasksFile, '\n]\n', tasks === 0 ? '[' : '');
      await output.text(configFile, configText(labels, said));
    },
  });
}

/** What is said about a region: yes and no as choices, numbers as numbers, the rest as text. */
function saidResults(attributes: Attributes, id: string, said: Map<string, Said>): Result[] {
  return [...attributes].map(([name, value]) => {
    const common = { id, from_name: name, to_name: 'image' };
    const kind: Said =
      typeof value === 'boolean' ? 'choices' : typeof value === 'number' ? 'number' : 'textarea';
    if (!said.has(name)) said.set(name, kind);
    if (kind === 'choices') return { ...common, type: kind, value: { choices: [String(value)] } };
    if (kind === 'number') return { ...common, type: kind, value: { number: value } };
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return { ...common, type: kind, value: { text: [text] } };
  });
}

function shapesOf(
  part: Annotation,
  labels: readonly { readonly name: string }[],
  { width, height }: { readonly width: number; readonly height: number },
): Result[] | null {
  const names = 'label' in part && part.label !== null ? [labels[part.label]!.name] : [];
  const across = (value: number): number => (value / width) * 100;
  const down = (value: number): number => (value / height) * 100;
  const shape = (kind: string, value: Result): Result => ({
    from_name: `${kind}_class`,
    type: `${kind}labels`,
    value: { ...value, ...(names.length === 0 ? {} : { [`${kind}labels`]: names }) },
  });
  switch (part.type) {
    case 'box':
    case 'rotated_box': {
      // The corner that was upper left before turning is what the rectangle is turned about.
      const corner = part.type === 'box' ? [part.x, part.y] : rotatedCorners(part);
      const rotation = part.type === 'box' ? 0 : part.angle;
      const sides = { width: across(part.width), height: down(part.height) };
      return [shape('rectangle', { x: across(corner[0]!), y: down(corner[1]!), ...sides, rotation })];
    }
    case 'polygon': {
      const points = Array.from({ length: part.points.length >> 1 }, (_, at) => [
        across(part.points[2 * at]!),
        down(part.points[2 * at + 1]!),
      ]);
      return [shape('polygon', { points, closed: true })];
    }
    case 'points':
      return part.visibility.map((_, at) =>
        shape('keypoint', { x: across(part.points[2 * at]!), y: down(part.points[2 * at + 1]!), width: 0.5 }),
      );
    case 'ellipse': {
      const [radiusX, radiusY] = [part.width / 2, part.height / 2];
      const centre = { x: across(part.x + radiusX), y: down(part.y + radiusY) };
      return [shape('ellipse', { ...centre, radiusX: across(radiusX), radiusY: down(radiusY), rotation: 0 })];
    }
    case 'mask':
      return [shape('brush', { format: 'rle', rle: encodeBrush(part) })];
    case 'label':
      return [{ from_name: 'picture_class', type: 'choices', value: { choices: names } }];
    case 'caption':
      return [{ from_name: 'caption', type: 'textarea', value: { text: [part.text] } }];
    default:
      return null;
  }
}

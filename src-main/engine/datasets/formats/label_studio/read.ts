import { RefineryError } from '../../../../contract/errors.ts';
import { headOf, isFile, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, isPicture, safeRelative } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { readXml, type XmlElement } from '../../files/xml.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { CategoryBuilder, field, type Item, isRecord, ProblemLog } from '../../model/index.ts';
import { jsonElements } from '../common/json.ts';
import { UniqueIds } from '../common/read.ts';
import { annotationsOf, labelsOf } from './results.ts';
import { addressOf, itemAttributesOf, parseTask, placesOf, type Task } from './tasks.ts';

/** The interface that the classes are declared in. */
export const configFile = 'label_config.xml';

/** Reads every list of tasks at the top of a folder. Tasks are read one at a time. */
export async function readLabelStudio(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  for (const name of await declared(folder, problems)) builder.named(name);
  const files: string[] = [];
  for (const path of (await namesIn(folder)).filter((name) => name.endsWith('.json'))) {
    if (!/^\s*\[/.test(await headOf(inside(folder, path), 64))) continue;
    files.push(path);
    try {
      for await (const element of jsonElements(inside(folder, path))) {
        const task = parseTask(element);
        for (const result of typeof task === 'string' ? [] : task.results) {
          for (const name of isRecord(result) && !isSaid(result, task as Task) ? labelsOf(result) : [])
            builder.named(name);
        }
      }
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
    }
  }
  if (files.length === 0)
    throw new RefineryError('INPUT_NOT_FOUND', `There is no list of tasks in ${folder}.`);
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      const ids = new UniqueIds();
      for (const path of files) {
        let index = -1;
        try {
          for await (const element of jsonElements(inside(folder, path))) {
            options.signal?.throwIfAborted();
            index += 1;
            const complain = (place: string, reason: string): void =>
              problems.add(path, `task ${index}${place === '' ? '' : `, ${place}`}`, reason);
            const task = parseTask(element);
            const item = typeof task === 'string' ? task : await toItem(folder, task, builder, ids, complain);
            if (typeof item === 'string') complain('', item);
            else yield item;
          }
        } catch (thrown) {
          if (options.signal?.aborted === true) throw thrown;
          // What is wrong with the file was told when the classes were looked for.
          if (!(thrown instanceof RefineryError)) problems.add(path, `task ${index}`, reasonOf(thrown));
        }
      }
    },
  };
}

/** Whether choices are about a region and so no class: another result has their id. */
function isSaid(result: Readonly<Record<string, unknown>>, { results }: Task): boolean {
  const id = field(result, 'id');
  if (field(result, 'type') !== 'choices' || typeof id !== 'string') return false;
  return results.some((other) => isRecord(other) && other !== result && field(other, 'id') === id);
}

async function toItem(
  folder: string,
  task: Task,
  builder: CategoryBuilder,
  ids: UniqueIds,
  complain: (place: string, reason: string) => void,
): Promise<Item | string> {
  for (const note of task.notes) complain('', note);
  const address = addressOf(task.data);
  const places = address === null ? [] : placesOf(address[1]);
  const [likely] = places;
  if (address === null || likely === undefined) return 'the task has no picture, or one outside of the set';
  let picture = likely;
  for (const place of places) {
    if (!(await isFile(inside(folder, place)))) continue;
    picture = place;
    break;
  }
  const given = field(task.data, 'subset');
  const safe = typeof given === 'string' ? safeRelative(given) : null;
  const subset = safe === null || safe.includes('/') ? 'default' : safe;
  const path = inside(folder, picture);
  const size = isPicture(picture) ? await pictureSize(path) : null;
  const annotations = annotationsOf(task.results, (name) => builder.find(name), size, complain);
  const name = picture.replace(/^images\//, '');
  const own = name.startsWith(`${subset}/`) ? name.slice(subset.length + 1) : name;
  return {
    id: ids.of(subset, own),
    subset,
    media: { kind: 'image', path, size: size ?? firstSize(task.results) },
    attributes: itemAttributesOf(task, address[0]),
    annotations,
  };
}

/** The size that Label Studio noted, for a picture that is not there. */
function firstSize(results: readonly unknown[]): { width: number; height: number } | null {
  for (const result of results) {
    const [width, height] = ['original_width', 'original_height'].map((key) =>
      isRecord(result) ? field(result, key) : 0,
    );
    if (typeof width === 'number' && typeof height === 'number' && width > 0 && height > 0)
      return { width, height };
  }
  return null;
}

/** Classes in the order of the labelling interface, where that is beside the tasks. */
async function declared(folder: string, problems: ProblemLog): Promise<string[]> {
  if (!(await isFile(inside(folder, configFile)))) return [];
  const names: string[] = [];
  const visit = (element: XmlElement): void => {
    const name = element.attributes.get('value');
    const isClass = element.name === 'Label' || element.name === 'Choice';
    if (isClass && name !== undefined) names.push(name);
    // What is said about a region is no class.
    if (element.attributes.get('perRegion') !== 'true') for (const inner of element.children) visit(inner);
  };
  try {
    visit(await readXml(inside(folder, configFile)));
  } catch (thrown) {
    problems.add(configFile, '', reasonOf(thrown));
  }
  return names;
}

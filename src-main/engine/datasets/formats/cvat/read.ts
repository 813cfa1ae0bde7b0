import { RefineryError, toErrorValue } from '../../../../contract/errors.ts';
import { isFile, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { child, childrenOf, childText, type XmlElement, xmlElements } from '../../files/xml.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  CategoryBuilder,
  type Item,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { parseShape } from './shapes.ts';

async function filesOf(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.toLowerCase().endsWith('.xml'));
}

/** Opens a set of CVAT's: `annotations.xml`, or an XML file for each subset. */
export async function readCvat(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const files: { path: string; labelOf: Map<string, number> }[] = [];
  for (const path of await filesOf(folder)) {
    try {
      const labelOf = new Map<string, number>();
      const add = builder.scope();
      for await (const element of xmlElements(inside(folder, path), 1)) {
        if (element.name !== 'meta') continue;
        for (const label of labelsOf(element)) {
          const name = childText(label, 'name') ?? '';
          const declared = childrenOf(child(label, 'attributes') ?? label, 'attribute');
          const attributes = declared.map((entry) => childText(entry, 'name') ?? '').filter((n) => n !== '');
          labelOf.set(name, add({ name, parent: childText(label, 'parent') ?? '', attributes }));
        }
        break;
      }
      files.push({ path, labelOf });
    } catch (thrown) {
      problems.add(path, '', toErrorValue(thrown).message);
    }
  }
  if (files.length === 0) {
    throw new RefineryError(
      'INPUT_NOT_FOUND',
      `There is no XML file of CVAT's that can be read in ${folder}.`,
    );
  }
  builder.attribute('occluded');
  return {
    categories: builder.build(),
    media: 'image',
    problems,
    async *items() {
      for (const { path, labelOf } of files) {
        try {
          for await (const element of xmlElements(inside(folder, path), 1)) {
            options.signal?.throwIfAborted();
            if (element.name === 'track') problems.add(path, 'track', 'tracks of videos are not read');
            if (element.name !== 'image') continue;
            const item = await readImage(folder, path, element, labelOf, problems);
            if (item !== null) yield item;
          }
        } catch (thrown) {
          if (options.signal?.aborted === true) throw thrown;
          // What was read up to the damage has been handed out already.
          problems.add(path, '', toErrorValue(thrown).message);
        }
      }
    },
  };
}

/** The classes, wherever they are: in a task, a project or a job. */
function labelsOf(meta: XmlElement): readonly XmlElement[] {
  for (const holder of meta.children) {
    const labels = holder.name === 'labels' ? holder : child(holder, 'labels');
    if (labels !== undefined) return childrenOf(labels, 'label');
  }
  return [];
}

async function readImage(
  folder: string,
  path: string,
  element: XmlElement,
  labels: ReadonlyMap<string, number>,
  problems: ProblemLog,
): Promise<Item | null> {
  const name = safeRelative(element.attributes.get('name') ?? '');
  const place = `image ${element.attributes.get('id') ?? ''}`;
  if (name === null) {
    problems.add(path, place, "the picture's name is missing or leaves the set's folder");
    return null;
  }
  const stem = stemOf(path);
  const subset = (element.attributes.get('subset') ?? '') || (stem === 'annotations' ? 'default' : stem);
  if (safeRelative(subset) !== subset || subset.includes('/')) {
    problems.add(path, place, "the subset's name can't be one of a file");
    return null;
  }
  const width = numberOf(element.attributes.get('width'));
  const height = numberOf(element.attributes.get('height'));
  const given = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  const places = [`images/${name}`, `images/${subset}/${name}`, name, `${subset}/${name}`];
  let found = places[0]!;
  for (const candidate of places) {
    if (!(await isFile(inside(folder, candidate)))) continue;
    found = candidate;
    break;
  }
  const picture = inside(folder, found);
  const size: Size | null = given ? { width, height } : await pictureSize(picture);
  const annotations: Annotation[] = [];
  for (const [index, shape] of element.children.entries()) {
    const parsed = parseShape(shape, (label) => labels.get(label), size);
    if (typeof parsed === 'string') problems.add(path, `${place}, shape ${index}`, parsed);
    else annotations.push(parsed);
  }
  const frame = numberOf(element.attributes.get('id'));
  return {
    id: stemOf(name),
    subset,
    media: { kind: 'image', path: picture, size },
    attributes: new Map(Number.isFinite(frame) ? [['frame', frame]] : []),
    annotations,
  };
}

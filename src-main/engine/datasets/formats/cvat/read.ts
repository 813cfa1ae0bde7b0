import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, namesIn, pictureSize } from '../../files/folder.ts';
import { inside, safeRelative, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { type XmlElement, xmlElements } from '../../files/xml.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import {
  type Annotation,
  type AttributeValue,
  CategoryBuilder,
  InfosBuilder,
  type Item,
  numberOf,
  ProblemLog,
  type Size,
} from '../../model/index.ts';
import { addPictureFacts, readFacts } from './facts.ts';
import { readLabels } from './labels.ts';
import { type Labels, lossesOf, parseShape } from './shapes.ts';
import { Tracks } from './tracks-read.ts';

async function filesOf(folder: string): Promise<string[]> {
  return (await namesIn(folder)).filter((name) => name.toLowerCase().endsWith('.xml'));
}

/** Opens a set of CVAT's: `annotations.xml`, or an XML file for each subset. */
export async function readCvat(folder: string, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const builder = new CategoryBuilder();
  const infos = new InfosBuilder();
  const files: { path: string; meta: XmlElement | undefined; labels: Labels }[] = [];
  for (const path of await filesOf(folder)) {
    try {
      const meta = await headOf(inside(folder, path));
      const labels =
        meta === undefined
          ? noLabels
          : readLabels(meta, builder, (reason) => problems.add(path, 'labels', reason));
      const room = meta === undefined || readFacts(meta, subsetOf(path), infos);
      if (!room) problems.add(path, 'meta', 'what it says of the set is too long to be kept');
      files.push({ path, meta, labels });
    } catch (thrown) {
      problems.add(path, '', reasonOf(thrown));
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
    infos: infos.build(),
    problems,
    async *items() {
      for (const { path, meta, labels } of files) {
        const tracks = new Tracks(meta, subsetOf(path));
        try {
          for await (const element of xmlElements(inside(folder, path), 1)) {
            options.signal?.throwIfAborted();
            if (element.name === 'track') {
              const place = `track ${element.attributes.get('id') ?? ''}`;
              tracks.add(element, subsetOf(path), labels, (reason) => problems.add(path, place, reason));
            } else if (element.name === 'frame') {
              tracks.addFrame(element, subsetOf(path), (reason) => problems.add(path, 'frame', reason));
            } else if (element.name === 'image') {
              const item = await readImage(folder, path, element, labels, problems);
              if (item !== null) yield item;
            }
          }
        } catch (thrown) {
          if (options.signal?.aborted === true) throw thrown;
          // What was read up to the damage has been handed out already.
          problems.add(path, '', reasonOf(thrown));
        }
        yield* tracks.items(folder, problems);
      }
    },
  };
}

const noLabels: Labels = { find: () => undefined, points: new Map() };

async function headOf(path: string): Promise<XmlElement | undefined> {
  for await (const element of xmlElements(path, 1)) if (element.name === 'meta') return element;
  return undefined;
}

/** A file's own subset: CVAT writes one file for all, other tools one for each. */
const subsetOf = (path: string): string => (stemOf(path) === 'annotations' ? 'default' : stemOf(path));

async function readImage(
  folder: string,
  path: string,
  element: XmlElement,
  labels: Labels,
  problems: ProblemLog,
): Promise<Item | null> {
  const name = safeRelative(element.attributes.get('name') ?? '');
  const place = `image ${element.attributes.get('id') ?? ''}`;
  if (name === null) {
    problems.add(path, place, "the picture's name is missing or leaves the set's folder");
    return null;
  }
  const subset = (element.attributes.get('subset') ?? '') || subsetOf(path);
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
    const parsed = parseShape(shape, labels, size);
    if (typeof parsed === 'string') problems.add(path, `${place}, shape ${index}`, parsed);
    else annotations.push(parsed);
    for (const loss of lossesOf(shape)) problems.add(path, `${place}, shape ${index}`, loss);
  }
  const frame = numberOf(element.attributes.get('id'));
  const attributes = new Map<string, AttributeValue>(Number.isFinite(frame) ? [['frame', frame]] : []);
  const wrong = addPictureFacts(element, attributes);
  if (wrong !== null) problems.add(path, place, wrong);
  return {
    id: stemOf(name),
    subset,
    media: { kind: 'image', path: picture, size },
    attributes,
    annotations,
  };
}

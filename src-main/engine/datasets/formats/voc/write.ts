import { adapt } from '../../convert.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf } from '../../files/paths.ts';
import { indexedPng } from '../../files/png.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type Categories,
  type Colour,
  type Item,
  type Mask,
  ProblemLog,
} from '../../model/index.ts';
import { withBackgroundFirst } from '../../transforms/labels.ts';
import { loseCovered } from '../common/masks.ts';
import { vocColour } from './labels.ts';
import { listFolders, type VocTask } from './layout.ts';
import { nest, noScan, ObjectLists, type Scan, scan } from './parts.ts';
import { type Classes, xmlText } from './xml.ts';

function classesOf({ labels, colours }: Categories): Classes {
  const shift = labels[0]?.name === 'background' ? 0 : 1;
  const all = shift === 0 ? labels : [{ name: 'background', parent: '', attributes: [] }, ...labels];
  const chosen: Colour[] = [];
  const taken = new Set<string>();
  for (const index of all.keys()) {
    const own = colours.get(index - shift);
    let colour = index === 0 ? ([0, 0, 0] as const) : (own ?? vocColour(index));
    // Two classes of one colour could not be told apart any more.
    for (let next = index; taken.has(colour.join()); next += 1) colour = vocColour(next);
    taken.add(colour.join());
    chosen.push(colour);
  }
  return { labels: all, colours: chosen, shift };
}

interface Lists {
  readonly ids: string[];
  /** Ids by label, for the lists of classes. */
  readonly marked: Map<number, Set<string>>;
}

/** Writes VOC's layout: Annotations, ImageSets, JPEGImages, SegmentationClass, SegmentationObject, labelmap.txt. */
export async function writeVoc(
  given: Dataset,
  folder: string,
  task: VocTask,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const dataset = withBackgroundFirst(given);
  const output = new OutputFolder(folder);
  const problems = new ProblemLog();
  const classes = classesOf(dataset.categories);
  const lists = new Map<string, Lists>();
  const segmented = new Map<string, TextSink>();
  const withObjects = task === 'layout' || task === 'action' || task === 'all';
  const found = withObjects ? await scan(dataset) : noScan;
  const objectLists = new ObjectLists(output);
  const layout = task === 'layout' || (task === 'all' && found.parts.size > 0);
  const action = task === 'action' || (task === 'all' && found.actions.size > 0);
  let [items, annotations] = [0, 0];
  try {
    for await (const item of dataset.items()) {
      options.signal?.throwIfAborted();
      items += 1;
      const place = `item ${item.subset}/${item.id}`;
      const adapted = adapt(item.annotations, abilities.types, item.media?.size ?? null);
      for (const { type } of adapted.dropped) problems.add('', place, `a ${type} can't be held`);
      let lost = adapted.dropped.length;
      const lose = (reason: string): void => {
        lost += 1;
        problems.addLoss(item, reason);
      };
      let list = lists.get(item.subset);
      if (list === undefined) {
        list = { ids: [], marked: new Map() };
        lists.set(item.subset, list);
      }
      list.ids.push(item.id);
      for (const part of adapted.annotations) {
        if (part.type !== 'label') continue;
        const label = part.label + classes.shift;
        list.marked.set(label, (list.marked.get(label) ?? new Set()).add(item.id));
      }
      const name = `${item.id}${endingOf(item.media?.path ?? '') || '.jpg'}`;
      const masks = adapted.annotations.filter((part) => part.type === 'mask');
      if (abilities.types.includes('box')) {
        const boxes = adapted.annotations.filter((part) => part.type === 'box');
        const objects = nest(boxes, dataset.categories.labels, found);
        const text = xmlText(item, name, objects, masks.length > 0, classes, found, lose);
        if (layout) await objectLists.layout(item.id, item.subset, objects);
        if (action) await objectLists.action(item.id, item.subset, objects, found);
        if (objects.some(({ parts }) => parts.some(({ attributes }) => attributes.size > 0))) {
          problems.add('', place, 'the attributes of parts have no place');
        }
        await output.text(`Annotations/${item.id}.xml`, text);
      }
      const drawn = masks.length > 0 && (await writeMasks(output, item, masks, classes, lose));
      // A picture without masks is in the list all the same: its boxes are read by it, or it is background.
      if (drawn || listFolders[task] === 'Segmentation') {
        const sink =
          segmented.get(item.subset) ?? (await output.sink(`ImageSets/Segmentation/${item.subset}.txt`));
        segmented.set(item.subset, sink);
        await sink.write(`${item.id}\n`);
      }
      annotations += item.annotations.length - lost;
      if (options.media === 'copy' && item.media !== null) {
        const copied = await output.copy(item.media.path, `JPEGImages/${name}`);
        if (!copied) problems.add(name, '', 'the picture is not there to be copied');
      }
    }
    annotations -= await writeLists(output, lists, classes, abilities.types.includes('label'), problems);
    await output.text('labelmap.txt', labelMap(classes, found));
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations, files: output.files, problems };
}

/** @returns classes of pictures that are lost, as theirs are no names for a file. */
async function writeLists(
  output: OutputFolder,
  lists: ReadonlyMap<string, Lists>,
  { labels }: Classes,
  withClasses: boolean,
  problems: ProblemLog,
): Promise<number> {
  let lost = 0;
  for (const [subset, { ids, marked }] of lists) {
    await output.text(`ImageSets/Main/${subset}.txt`, ids.map((id) => `${id}\n`).join(''));
    if (!withClasses) continue;
    // Classes of one name have one list: a class `background` of the set's own, say.
    for (const [name, numbers] of Map.groupBy(labels.keys(), (label) => labels[label]!.name)) {
      const of = numbers.flatMap((label) => [...(marked.get(label) ?? [])]);
      if (!canNameFile(`${name}_${subset}.txt`)) {
        const reason = 'the class of the picture can’t name a file, as its list is';
        for (const id of of) problems.addLoss({ subset, id }, reason);
        lost += of.length;
        continue;
      }
      const own = new Set(of);
      const lines = ids.map((id) => `${id} ${own.has(id) ? ' 1' : '-1'}\n`);
      await output.text(`ImageSets/Main/${name}_${subset}.txt`, lines.join(''));
    }
  }
  return lost;
}

/** Whether a file can have this name on usual disks. */
const canNameFile = (name: string): boolean =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: no file has a zero in its name.
  !/[\\/\u0000]/.test(name) && Buffer.byteLength(name) <= 255;

function labelMap({ labels, colours, shift }: Classes, { parts, actions }: Scan): string {
  const lines = labels.flatMap(({ name }, index) => {
    if (parts.has(index - shift)) return [];
    const own = [...parts].map((part) => labels[part + shift]!).filter(({ parent }) => parent === name);
    const fields = [
      colours[index]!.join(),
      own.map((part) => part.name).join(),
      (actions.get(index - shift) ?? []).join(),
    ];
    return [`${name.replace(/[\r\n]+/g, ' ')}:${fields.join(':')}`];
  });
  return `# label:color_rgb:parts:actions\n${lines.join('\n')}\n`;
}

/** Draws masks in their order of depth, and gives each the number that comes next. */
async function writeMasks(
  output: OutputFolder,
  item: Item,
  masks: readonly Mask[],
  classes: Classes,
  lose: (reason: string) => void,
): Promise<boolean> {
  const { width, height } = masks[0]!;
  const byClass = new Uint8Array(width * height);
  const byObject = new Uint8Array(width * height);
  let number = 0;
  const numbers = new Map<number, number>();
  for (const mask of masks.toSorted((a: Annotation, b: Annotation) => depth(a) - depth(b))) {
    if (mask.label === null || mask.width !== width || mask.height !== height) {
      lose('a mask without a class or of another size');
      continue;
    }
    const label = mask.label + classes.shift;
    if (label === 0) {
      lose('a mask of the background, which is what no mask covers');
      continue;
    }
    const known = mask.group === 0 ? undefined : numbers.get(mask.group);
    if (label > 255 || (known === undefined && number >= 254)) {
      lose('more classes or objects than the 255 that a mask picture can hold');
      continue;
    }
    // The parts of one object keep one number.
    const own = known ?? ++number;
    if (mask.group !== 0) numbers.set(mask.group, own);
    const bitmap = decodeBitmap(mask.counts, width, height);
    for (let place = 0; place < bitmap.length; place += 1) {
      if (bitmap[place] === 0) continue;
      byClass[place] = label;
      byObject[place] = own;
    }
  }
  if (number === 0) return false;
  loseCovered(
    Array.from({ length: number }, (_, at) => at + 1),
    byObject,
    lose,
  );
  const palette = Array.from({ length: 256 }, (_, index) => classes.colours[index] ?? vocColour(index));
  const standard = Array.from({ length: 256 }, (_, index) => vocColour(index));
  await output.bytes(`SegmentationClass/${item.id}.png`, indexedPng(byClass, width, height, palette));
  await output.bytes(`SegmentationObject/${item.id}.png`, indexedPng(byObject, width, height, standard));
  return true;
}

const depth = (annotation: Annotation): number => ('zOrder' in annotation ? annotation.zOrder : 0);

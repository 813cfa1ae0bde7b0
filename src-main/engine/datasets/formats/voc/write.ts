import { adapt } from '../../convert.ts';
import { OutputFolder, type TextSink } from '../../files/output.ts';
import { endingOf, fileNameOf, folderOf } from '../../files/paths.ts';
import { indexedPng } from '../../files/png.ts';
import { escapeXml } from '../../files/xml.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  type Box,
  type Categories,
  type Colour,
  type Item,
  type LabelCategory,
  type Mask,
  ProblemLog,
} from '../../model/index.ts';
import { vocColour } from './labels.ts';
import { listFolders, type VocTask } from './layout.ts';
import { flags } from './objects.ts';

/** Classes as VOC has them: the background first. */
interface Classes {
  readonly labels: readonly LabelCategory[];
  readonly colours: readonly Colour[];
  /** What is added to a label index of the source. */
  readonly shift: number;
}

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
  dataset: Dataset,
  folder: string,
  task: VocTask,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const output = new OutputFolder(folder, options.overwrite === true);
  const problems = new ProblemLog();
  const classes = classesOf(dataset.categories);
  const lists = new Map<string, Lists>();
  const segmented = new Map<string, TextSink>();
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
        problems.add('', place, reason);
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
        const text = xmlText(item, name, boxes, masks.length > 0, classes, lose);
        await output.text(`Annotations/${item.id}.xml`, text);
      }
      const drawn = masks.length > 0 && (await writeMasks(output, item, masks, classes, lose));
      // A picture without objects is in the list all the same: it is background.
      if (drawn || (listFolders[task] === 'Segmentation' && adapted.annotations.length === 0)) {
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
    await writeLists(output, lists, classes, abilities.types.includes('label'));
    await output.text('labelmap.txt', labelMap(classes));
    await output.finish();
  } catch (thrown) {
    await output.discard();
    throw thrown;
  }
  return { items, annotations, files: output.files, problems };
}

async function writeLists(
  output: OutputFolder,
  lists: ReadonlyMap<string, Lists>,
  { labels }: Classes,
  withClasses: boolean,
): Promise<void> {
  for (const [subset, { ids, marked }] of lists) {
    await output.text(`ImageSets/Main/${subset}.txt`, ids.map((id) => `${id}\n`).join(''));
    if (!withClasses) continue;
    for (const [label, { name }] of labels.entries()) {
      if (/[\\/]/.test(name)) continue;
      const of = marked.get(label);
      const lines = ids.map((id) => `${id} ${of?.has(id) === true ? ' 1' : '-1'}\n`);
      await output.text(`ImageSets/Main/${name}_${subset}.txt`, lines.join(''));
    }
  }
}

function labelMap({ labels, colours }: Classes): string {
  const lines = labels.map(
    ({ name }, index) => `${name.replace(/[\r\n]+/g, ' ')}:${colours[index]!.join()}::`,
  );
  return `# label:color_rgb:parts:actions\n${lines.join('\n')}\n`;
}

function xmlText(
  item: Item,
  name: string,
  boxes: readonly Box[],
  segmented: boolean,
  classes: Classes,
  lose: (reason: string) => void,
): string {
  const size = item.media?.size ?? null;
  const lines = [
    '<annotation>',
    `  <folder>${escapeXml(folderOf(name))}</folder>`,
    `  <filename>${escapeXml(fileNameOf(name))}</filename>`,
    '  <source><database>Unknown</database></source>',
  ];
  if (size !== null) {
    lines.push(`  <size><width>${size.width}</width><height>${size.height}</height><depth>3</depth></size>`);
  }
  lines.push(`  <segmented>${segmented ? 1 : 0}</segmented>`);
  for (const box of boxes) {
    if (box.label === null) lose('a box without a class');
    else lines.push(...objectLines(box, classes.labels[box.label + classes.shift]!.name));
  }
  lines.push('</annotation>', '');
  return lines.join('\n');
}

function objectLines(box: Box, name: string): string[] {
  const lines = ['  <object>', `    <name>${escapeXml(name)}</name>`];
  const rest = new Map(box.attributes);
  const pose = rest.get('pose');
  if (typeof pose === 'string') {
    lines.push(`    <pose>${escapeXml(pose)}</pose>`);
    rest.delete('pose');
  }
  for (const flag of flags) {
    const value = rest.get(flag);
    lines.push(`    <${flag}>${value === true || value === 1 || value === '1' ? 1 : 0}</${flag}>`);
    rest.delete(flag);
  }
  const { x, y, width, height } = box;
  const corners = { xmin: x, ymin: y, xmax: x + width, ymax: y + height };
  lines.push('    <bndbox>');
  for (const [corner, value] of Object.entries(corners)) lines.push(`      <${corner}>${value}</${corner}>`);
  lines.push('    </bndbox>');
  if (rest.size > 0) {
    lines.push('    <attributes>');
    for (const [key, value] of rest) {
      const text = attributeText(value);
      lines.push(
        '      <attribute>',
        `        <name>${escapeXml(key)}</name>`,
        `        <value>${escapeXml(text)}</value>`,
        '      </attribute>',
      );
    }
    lines.push('    </attributes>');
  }
  lines.push('  </object>');
  return lines;
}

/** Text of a value; booleans are Python's words, as other tools write them. */
function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
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
  const palette = Array.from({ length: 256 }, (_, index) => classes.colours[index] ?? vocColour(index));
  const standard = Array.from({ length: 256 }, (_, index) => vocColour(index));
  await output.bytes(`SegmentationClass/${item.id}.png`, indexedPng(byClass, width, height, palette));
  await output.bytes(`SegmentationObject/${item.id}.png`, indexedPng(byObject, width, height, standard));
  return true;
}

const depth = (annotation: Annotation): number => ('zOrder' in annotation ? annotation.zOrder : 0);

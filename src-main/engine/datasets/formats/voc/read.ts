import { RefineryError } from '../../../../contract/errors.ts';
import { isFile, listIfThere, namesIn, pictureSize } from '../../files/folder.ts';
import { endingOf, folderOf, inside, isPicture, stemOf } from '../../files/paths.ts';
import { reasonOf } from '../../files/reasons.ts';
import { childText, type XmlElement, xmlIfThere } from '../../files/xml.ts';
import type { Dataset, ReadOptions } from '../../format.ts';
import { type Annotation, type Categories, noAttributes, ProblemLog } from '../../model/index.ts';
import { imageItem } from '../common/read.ts';
import { pictureFacts } from './facts.ts';
import { FlatSet } from './flat.ts';
import { readLabels } from './labels.ts';
import {
  countUnlisted,
  entriesOf,
  isTree,
  listFolders,
  listsOf,
  type VocEntry,
  type VocTask,
} from './layout.ts';
import { joinObjects, readMasks } from './masks.ts';
import { flags, readObjects, readSize } from './objects.ts';

/** What a task takes from a set. */
const takes: Readonly<Record<VocTask, { boxes: boolean; masks: boolean; marks: boolean }>> = {
  all: { boxes: true, masks: true, marks: true },
  detection: { boxes: true, masks: false, marks: false },
  classification: { boxes: false, masks: false, marks: true },
  segmentation: { boxes: false, masks: true, marks: false },
  instance_segmentation: { boxes: true, masks: true, marks: false },
  layout: { boxes: true, masks: false, marks: false },
  action: { boxes: true, masks: false, marks: false },
};

/** Opens a set in VOC's layout, or one of XML files beside their pictures or in a folder beside theirs. */
export async function readVoc(folder: string, task: VocTask, options: ReadOptions = {}): Promise<Dataset> {
  const problems = new ProblemLog();
  const { boxes, masks, marks } = takes[task];
  const flat = (await isTree(folder)) ? null : await FlatSet.open(folder);
  const xmlFiles = async function* (): AsyncGenerator<string> {
    const unnamed = flat === null ? await listsOf(folder, task, null, new ProblemLog()) : [];
    for await (const { xml } of flat?.entries ?? entriesOf(folder, unnamed)) {
      if (flat !== null || (await isFile(inside(folder, xml)))) yield xml;
    }
  };
  const listed = await readLabels(folder, masks, xmlFiles);
  // Every object with a box has these, so that all classes declare them.
  const categories: Categories = boxes ? { ...listed, attributes: flags } : listed;
  const { labels } = categories;
  const indexOf = new Map(labels.map(({ name }, index) => [name, index] as const).toReversed());
  const lists = flat === null ? await listsOf(folder, task, labels, problems) : [];
  const first = flat === null ? (await entriesOf(folder, lists).next()).value : flat.entries[0];
  if (first === undefined) {
    throw new RefineryError('INPUT_NOT_FOUND', `There is no list of pictures and no XML file in ${folder}.`);
  }
  return {
    categories,
    media: 'image',
    problems,
    async *items() {
      const endings = new Map<string, ReadonlyMap<string, string>>();
      let marked: { subset: string; of: ReadonlyMap<string, readonly number[]> } | undefined;
      const used = new Set<string>();
      for await (const entry of flat?.entries ?? entriesOf(folder, lists)) {
        options.signal?.throwIfAborted();
        const annotations: Annotation[] = [];
        const root = await xmlOf(folder, entry, problems);
        if (root !== undefined && boxes) {
          annotations.push(
            ...readObjects(
              root,
              (name) => indexOf.get(name),
              !masks,
              (place, reason) => problems.add(entry.xml, place, reason),
            ),
          );
        }
        if (marks && flat === null) {
          if (marked?.subset !== entry.subset) {
            marked = {
              subset: entry.subset,
              of: await readMarks(
                folder,
                entry.subset,
                lists.find(({ subset }) => subset === entry.subset)?.ids,
                categories,
                problems,
              ),
            };
          }
          for (const label of marked.of.get(entry.id) ?? []) {
            annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
          }
        }
        const drawn = masks ? await masksOf(folder, entry, categories, problems) : [];
        const named = (root === undefined ? undefined : childText(root, 'filename')) ?? '';
        const known = flat?.pictureOf(entry.xml, named) ?? null;
        if (known !== null) used.add(known);
        const picture = known ?? (await pictureOf(folder, entry, named, endings));
        const path = inside(folder, picture);
        const size = (root === undefined ? null : readSize(root)) ?? (await pictureSize(path));
        yield {
          id: entry.id,
          subset: entry.subset,
          media: { kind: 'image', path, size },
          attributes: root === undefined ? noAttributes : pictureFacts(root),
          annotations: masks ? joinObjects(annotations, drawn) : annotations,
        };
      }
      for (const { picture, ...place } of flat?.without(used) ?? []) {
        options.signal?.throwIfAborted();
        yield imageItem(folder, picture, { ...place, annotations: [] });
      }
      const unlisted = flat === null ? await countUnlisted(folder, task, lists) : 0;
      tellUnlisted(unlisted, listFolders[task], problems);
    },
  };
}

function tellUnlisted(number: number, lists: string, problems: ProblemLog): void {
  if (number === 0) return;
  const pictures = number === 1 ? '1 picture is' : `${number} pictures are`;
  problems.add(`ImageSets/${lists}`, '', `${pictures} in none of its lists, and not read`);
}

async function xmlOf(folder: string, entry: VocEntry, problems: ProblemLog): Promise<XmlElement | undefined> {
  try {
    return await xmlIfThere(inside(folder, entry.xml));
  } catch (thrown) {
    problems.add(entry.xml, '', reasonOf(thrown));
    return undefined;
  }
}

async function masksOf(folder: string, entry: VocEntry, categories: Categories, problems: ProblemLog) {
  const classes = `SegmentationClass/${entry.id}.png`;
  const objects = `SegmentationObject/${entry.id}.png`;
  try {
    return await readMasks(inside(folder, classes), inside(folder, objects), categories, (_, reason) =>
      problems.add(classes, '', reason),
    );
  } catch (thrown) {
    problems.add(classes, '', reasonOf(thrown));
    return [];
  }
}

/** Classes of whole pictures: `Main/<class>_<subset>.txt` with 1 for yes, -1 for no and 0 for hard to say. */
async function readMarks(
  folder: string,
  subset: string,
  known: ReadonlySet<string> | undefined,
  { labels }: Categories,
  problems: ProblemLog,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const of = new Map<string, number[]>();
  const names = new Set<string>();
  for (const [label, { name }] of labels.entries()) {
    if (/[\\/]/.test(name) || names.has(name)) continue;
    names.add(name);
    const path = `ImageSets/Main/${name}_${subset}.txt`;
    const text = await listIfThere(inside(folder, path));
    let unsure = false;
    for (const [index, line] of (text ?? '').split(/\r?\n/).entries()) {
      const match = /^(.*\S)\s+(1|0|-1)\s*$/.exec(line);
      if (match === null && /\S/.test(line))
        problems.add(path, `line ${index + 1}`, 'it is no picture with 1, 0 or -1 after it');
      unsure ||= match?.[2] === '0';
      if (match === null || match[2] !== '1') continue;
      const id = match[1]!.replace(/^"(.*)"$/, '$1');
      if (known?.has(id) === false) problems.add(path, `line ${index + 1}`, 'the picture is in no list');
      of.set(id, [...(of.get(id) ?? []), label]);
    }
    if (unsure)
      problems.add(path, '', 'pictures that are marked as hard to say (0) are left without the class');
  }
  return of;
}

/** The picture of an entry: the one that is there, else the one that the XML file names. */
async function pictureOf(
  folder: string,
  entry: VocEntry,
  name: string,
  known: Map<string, ReadonlyMap<string, string>>,
): Promise<string> {
  const below = folderOf(entry.picture);
  let endings = known.get(below);
  if (endings === undefined) {
    const pictures = (await namesIn(below === '' ? folder : inside(folder, below))).filter(isPicture);
    endings = new Map(pictures.map((name) => [stemOf(name), endingOf(name)]));
    known.clear();
    known.set(below, endings);
  }
  const stem = entry.picture.slice(below === '' ? 0 : below.length + 1);
  const named = endingOf(name);
  return `${entry.picture}${endings.get(stem) ?? (isPicture(`x${named}`) ? named : '.jpg')}`;
}

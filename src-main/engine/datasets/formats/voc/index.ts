import { folderOf, isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { isSubsetName } from '../common/read.ts';
import { listFolders, type VocTask } from './layout.ts';
import { flags } from './objects.ts';
import { readVoc } from './read.ts';
import { writeVoc } from './write.ts';

const abilitiesOf = (types: readonly AnnotationType[]): Abilities => ({
  ...noAbilities,
  types,
  attributes: types.includes('box') ? 'any' : [],
  // They stand in the XML files, which the others have not.
  itemAttributes: types.includes('box'),
  groups: types.includes('mask') && types.includes('box'),
  subsets: true,
  limits: {
    needsClass: true,
    ...(types.includes('box') ? { textAttributes: flags } : {}),
    ...(types.includes('mask') ? { flatMasks: 'objects' } : {}),
    attributesOf: { mask: [], label: [] },
  },
});

interface Kind {
  readonly task: VocTask;
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly abilities: Abilities;
}

const kinds: readonly Kind[] = [
  {
    task: 'all',
    name: 'voc',
    title: 'Pascal VOC',
    aliases: ['pascal_voc', 'pascal'],
    abilities: abilitiesOf(['box', 'mask', 'label']),
  },
  {
    task: 'detection',
    name: 'voc_detection',
    title: 'Pascal VOC, boxes',
    aliases: ['roboflow_voc', 'kaggle_voc'],
    abilities: abilitiesOf(['box']),
  },
  {
    task: 'classification',
    name: 'voc_classification',
    title: 'Pascal VOC, classes of whole pictures',
    aliases: [],
    abilities: abilitiesOf(['label']),
  },
  {
    task: 'segmentation',
    name: 'voc_segmentation',
    title: 'Pascal VOC, mask pictures',
    aliases: [],
    abilities: abilitiesOf(['mask']),
  },
  {
    task: 'instance_segmentation',
    name: 'voc_instance_segmentation',
    title: 'Pascal VOC, boxes and mask pictures',
    aliases: [],
    abilities: abilitiesOf(['box', 'mask']),
  },
  {
    task: 'layout',
    name: 'voc_layout',
    title: 'Pascal VOC, parts',
    aliases: [],
    abilities: { ...abilitiesOf(['box']), groups: true, labelParents: true },
  },
  {
    task: 'action',
    name: 'voc_action',
    title: 'Pascal VOC, actions',
    aliases: [],
    abilities: abilitiesOf(['box']),
  },
];

async function detect({ task }: Kind, listing: Listing): Promise<Verdict | null> {
  const under = (folder: string): boolean => listing.files.some((path) => path.startsWith(`${folder}/`));
  const lists = listing.files.filter((path) => /^ImageSets\/\w+\/.*\.txt$/.test(path));
  const xml = listing.files.some((path) => /^Annotations\/.*\.xml$/i.test(path));
  const masks = under('SegmentationClass');
  if (lists.length === 0 && !(xml && under('JPEGImages')) && !masks) {
    return task === 'detection' ? detectFlat(listing) : null;
  }
  const inFolder = (name: string): boolean => lists.some((path) => path.startsWith(`ImageSets/${name}/`));
  const classLists = lists.filter((path) => /^ImageSets\/Main\/.+_[^_/]+\.txt$/.test(path));
  const subsets = new Set(lists.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  const marks = classLists.some((path) => subsets.has(path.slice(path.lastIndexOf('_') + 1)));
  // What a set has tells what it is for; the name for all of it wins where it has several things.
  const has: Readonly<Record<VocTask, boolean>> = {
    all: (xml && masks && marks) || (inFolder('Layout') && inFolder('Action')),
    detection: xml && !masks && !inFolder('Layout') && !inFolder('Action'),
    classification: marks && !xml && !masks,
    segmentation: masks && !xml,
    instance_segmentation: masks && xml && !marks,
    layout: inFolder('Layout') && !inFolder('Action'),
    action: inFolder('Action') && !inFolder('Layout'),
  };
  const can = xml || masks || marks;
  const reasons = [
    `There are the folders of Pascal VOC${lists.length > 0 ? ', with lists in ImageSets' : ''}.`,
  ];
  if (has[task]) return { confidence: 0.95, reasons, against: [] };
  if (task === 'all') return { confidence: 0.7, reasons, against: [] };
  const needed = task === 'classification' ? marks : task.includes('segmentation') ? masks : xml;
  if (!can || !needed || !inFolder(listFolders[task])) return null;
  return { confidence: 0.5, reasons, against: ['The folder holds something else as well.'] };
}

/** XML files without VOC's tree: beside their pictures, as Roboflow and labelImg write them, or in a folder of their own. */
async function detectFlat(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => path.toLowerCase().endsWith('.xml'));
  if (isDeeper(listing, files)) return null;
  for (const path of files.slice(0, 3)) {
    const head = await listing.head(path);
    if (!/<annotation(\s[^>]*)?>[\s\S]*<filename>/.test(head)) continue;
    const pictures = listing.files.filter(isPicture);
    const beside = pictures.some((picture) => folderOf(picture) === folderOf(path));
    const where = beside
      ? ' beside its picture'
      : pictures.length > 0
        ? ', with pictures in another folder'
        : '';
    return {
      confidence: 0.85,
      reasons: [`${path} is an XML file of Pascal VOC's kind${where}.`],
      against: pictures.length > 0 || listing.sampled ? [] : ['There are no pictures.'],
    };
  }
  return null;
}

/** Whether the set lies in the folders of the folder: VOC's trees, or all in one that is called as no subset is. */
function isDeeper({ files, folders }: Listing, xmls: readonly string[]): boolean {
  if (folders.some((folder) => /.\/(ImageSets|JPEGImages)$/.test(folder))) return true;
  const [top, ...others] = new Set(files.map((path) => path.slice(0, path.indexOf('/') + 1)));
  if (top === undefined || top === '' || others.length > 0 || isSubsetName(top.slice(0, -1))) return false;
  const pictures = new Set(files.filter(isPicture).map(folderOf));
  return pictures.size > 0 && !xmls.some((path) => pictures.has(folderOf(path)));
}

/** Pascal VOC: http://host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc/devkit_doc.html */
export const vocFormats: readonly Format[] = kinds.map((kind): Format => {
  const { task, name, title, aliases, abilities } = kind;
  return {
    name,
    title,
    aliases,
    abilities,
    detect: (listing) => detect(kind, listing),
    read: (folder, options) => readVoc(folder, task, options),
    write: (dataset, folder, options) => writeVoc(dataset, folder, task, abilities, options),
  };
});

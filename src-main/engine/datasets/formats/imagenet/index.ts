import { isPicture } from '../../files/paths.ts';
import type { Abilities, Format, Listing, Verdict } from '../../format.ts';
import { isSubsetName } from '../common/read.ts';
import { readClassFolders, readImageDir, readSubsetFolders } from './folders.ts';
import { namedLine, readImagenetTxt } from './txt.ts';
import { writeClassFolders, writeImageDir, writeImagenetTxt } from './write.ts';

const abilitiesOf = (labels: 0 | 1 | 'many', subsets: boolean): Abilities => ({
  types: labels === 0 ? [] : ['label'],
  attributes: [],
  itemAttributes: false,
  groups: false,
  zOrder: false,
  labelParents: false,
  skeletons: false,
  subsets,
  limits: {
    ...(labels === 1 ? { oneLabel: true } : {}),
    ...(labels === 'many' ? {} : { byPictures: true }),
  },
});

/** Files that lie about in folders of pictures and say nothing; Ultralytics leaves a .cache beside each subset. */
const stray =
  /(^|\/)(\.[^/]*|thumbs\.db|desktop\.ini|(readme|licen[cs]e|citation)[^/]*|dataset_meta\.json|[^/]*\.cache)$/i;

/** How deep the pictures lie, how many there are, and how many files are none. */
function depthsOf(listing: Listing): {
  readonly depths: ReadonlySet<number>;
  readonly pictures: number;
  readonly others: number;
} {
  const files = listing.files.filter((path) => !stray.test(path));
  const pictures = files.filter(isPicture);
  const depths = new Set(pictures.map((path) => path.split('/').length - 1));
  return { depths, pictures: pictures.length, others: files.length - pictures.length };
}

const topFolders = (listing: Listing): string[] => listing.folders.filter((path) => !path.includes('/'));

/**
 * What speaks for plain folders of pictures. Where there is more than a file or two beside many pictures, nothing does: it
 * is another format's, and taking the pictures only would lose what it says.
 */
function verdict(
  reason: string,
  likely: number,
  { pictures, others }: { readonly pictures: number; readonly others: number },
): Verdict | null {
  if (others === 0) return { confidence: likely, reasons: [reason], against: [] };
  if (others > 2 || others * 5 > pictures) return null;
  return {
    confidence: 0.3,
    reasons: [reason],
    against: [
      others === 1
        ? 'There is a file that is no picture.'
        : `There are ${others} files that are no pictures.`,
    ],
  };
}

async function detectClassFolders(listing: Listing): Promise<Verdict | null> {
  const found = depthsOf(listing);
  const { depths } = found;
  if (depths.size === 0 || depths.has(0)) return null;
  const subsets = topFolders(listing).every(isSubsetName);
  if (subsets && !depths.has(1)) return null;
  const reason = `The pictures lie in ${topFolders(listing).length} folders, as if each were a class.`;
  return verdict(reason, subsets ? 0.3 : 0.6, found);
}

async function detectSubsetFolders(listing: Listing): Promise<Verdict | null> {
  const found = depthsOf(listing);
  const { depths } = found;
  const top = topFolders(listing);
  if (depths.size === 0 || depths.has(0) || depths.has(1)) return null;
  if (top.length === 0 || !top.every(isSubsetName)) return null;
  return verdict(`In ${top.join(', ')} the pictures lie in folders, as if each were a class.`, 0.8, found);
}

async function detectImageDir(listing: Listing): Promise<Verdict | null> {
  const found = depthsOf(listing);
  const { depths } = found;
  if (depths.size === 0) return null;
  const atTop = depths.has(0);
  return verdict('There are pictures and nothing else.', atTop ? 0.55 : 0.2, found);
}

async function detectTxt(listing: Listing): Promise<Verdict | null> {
  const lists = listing.files.filter((path) => /^[^/]+\.txt$/.test(path) && path !== 'synsets.txt');
  for (const path of lists.slice(0, 4)) {
    const [line = ''] = (await listing.head(path)).split(/\r?\n/);
    if (namedLine(line) !== null && listing.files.some(isPicture)) {
      const against = ['It is called as no tool does it.'];
      return { confidence: 0.6, reasons: [`${path} has lines of a picture and its class.`], against };
    }
    const picture = /^(?:".*"|.*?)(\.\w+)(?:\s+\d+)+\s*$/.exec(line);
    if (picture === null || !isPicture(`x${picture[1]}`)) continue;
    const reasons = [`${path} has lines of a picture and numbers of classes.`];
    if (listing.files.includes('synsets.txt')) {
      return {
        confidence: 0.95,
        reasons: [...reasons, 'There is synsets.txt with the classes.'],
        against: [],
      };
    }
    return { confidence: 0.55, reasons, against: ['There is no synsets.txt with the names of the classes.'] };
  }
  return null;
}

const classFolders = abilitiesOf(1, false);
const subsetFolders = abilitiesOf(1, true);
const lists = abilitiesOf('many', true);
const pictures = abilitiesOf(0, false);

/**
 * Classes of whole pictures as ImageNet has them, and pictures without anything:
 * https://docs.pytorch.org/vision/stable/generated/torchvision.datasets.ImageFolder.html and
 * https://docs.ultralytics.com/datasets/classify/
 */
export const imagenetFormats: readonly Format[] = [
  {
    name: 'imagenet',
    title: 'Class folders (ImageNet)',
    aliases: ['image_folder', 'imagefolder', 'class_folders'],
    abilities: classFolders,
    detect: detectClassFolders,
    read: readClassFolders,
    write: (dataset, folder, options) => writeClassFolders(dataset, folder, classFolders, options, false),
  },
  {
    name: 'imagenet_with_subset_dirs',
    title: 'Class folders in train, val and test',
    aliases: [
      'yolo_ultralytics_classification',
      'yolov8_classification',
      'yolo_classification',
      'torchvision',
    ],
    abilities: subsetFolders,
    detect: detectSubsetFolders,
    read: readSubsetFolders,
    write: (dataset, folder, options) => writeClassFolders(dataset, folder, subsetFolders, options, true),
  },
  {
    name: 'imagenet_txt',
    title: 'Lists of pictures and class numbers (ImageNet)',
    aliases: ['kaggle_image_txt'],
    abilities: lists,
    detect: detectTxt,
    read: readImagenetTxt,
    write: (dataset, folder, options) => writeImagenetTxt(dataset, folder, lists, options),
  },
  {
    name: 'image_dir',
    title: 'Pictures without annotations',
    // A video's frames are taken out before they are read.
    aliases: ['images', 'video_frames'],
    abilities: pictures,
    detect: detectImageDir,
    read: readImageDir,
    write: (dataset, folder, options) => writeImageDir(dataset, folder, pictures, options),
  },
];

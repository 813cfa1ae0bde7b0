import { fileNameOf, isPicture, stemOf } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { isSubsetName } from '../common/read.ts';
import { readDarknet } from './darknet.ts';
import type { LineKind } from './lines.ts';
import { classLists } from './loose.ts';
import { readUltralytics } from './ultralytics.ts';
import { writeDarknet, writeUltralytics } from './write.ts';

const limits = { needsClass: true, withoutCrowds: true } as const;

const abilitiesOf = (types: readonly AnnotationType[]): Abilities => ({
  ...noAbilities,
  types,
  subsets: true,
  limits,
});

const ultralyticsAbilities = (types: readonly AnnotationType[]): Abilities => ({
  ...abilitiesOf(types),
  infos: true,
  limits: { ...limits, byPictures: true },
});

/** Roboflow's list of the classes, or labelImg's, which lies in each subset's folder. */
function isListOfSubset(path: string): boolean {
  const [folder = '', name = '', ...more] = path.split('/');
  return more.length === 0 && isSubsetName(folder) && classLists.some((list) => list === name);
}

async function detectDarknet(listing: Listing): Promise<Verdict | null> {
  const has = (name: string): boolean => listing.files.includes(name);
  if (has('obj.data')) {
    return { confidence: 0.95, reasons: ["There is darknet's file obj.data."], against: [] };
  }
  if (has('data.yaml')) return null;
  const names = classLists.find(has) ?? listing.files.find(isListOfSubset);
  if (names === undefined) return null;
  const pictures = new Set(listing.files.filter(isPicture).map(stemOf));
  const beside = listing.files.some((path) => path.endsWith('.txt') && pictures.has(stemOf(path)));
  const against = names.includes('/') ? [] : ["There is no obj.data, so that subsets aren't known."];
  if (!beside) against.push('No picture has a text file beside it.');
  return { confidence: beside ? 0.6 : 0.2, reasons: [`There is a list of classes, ${names}.`], against };
}

/** The kind of lines in the first label files that have any. */
async function kindOfLines(listing: Listing): Promise<LineKind | null> {
  const labels = listing.files.filter(
    (path) => /(^|\/)labels\/.*\.txt$/.test(path) && fileNameOf(path) !== 'classes.txt',
  );
  const counts = new Set<number>();
  for (const path of labels.slice(0, 8)) {
    for (const line of (await listing.head(path)).split('\n').slice(0, -1)) {
      if (line.trim() !== '') counts.add(line.trim().split(/\s+/).length);
    }
  }
  const lengths = [...counts];
  if (lengths.length === 0) return null;
  if (lengths.every((length) => length === 5 || length === 6)) return 'detect';
  if (lengths.every((length) => length === 9)) return 'obb';
  return lengths.every((length) => length % 2 === 1) ? 'segment' : 'detect';
}

/**
 * Label files that the reader finds without a `data.yaml`: in `labels`, or one folder down. A lone folder around it that
 * is called as no subset, or one with a `data.yaml`, is a set of its own.
 */
function findable({ files, folders }: Listing): string[] {
  const labels = files.filter((path) => {
    const match = /^([^/]+\/)?labels\/.*\.txt$/.exec(path);
    return match !== null && folders.includes(`${match[1] ?? ''}images`);
  });
  if (labels.some((path) => path.startsWith('labels/'))) return labels;
  const tops = new Set(labels.map((path) => path.slice(0, path.indexOf('/'))));
  const [only] = tops;
  if (only === undefined || (tops.size === 1 && !isSubsetName(only))) return [];
  const described = files.some(
    (path) => /^[^/]+\/[^/]+\.ya?ml$/i.test(path) && tops.has(path.split('/')[0]!),
  );
  return described ? [] : labels;
}

/** Whether a label file has its picture in the folder `images` beside `labels`. */
function isPaired({ files }: Listing, labels: readonly string[]): boolean {
  const pictures = new Set(files.filter(isPicture).map(stemOf));
  return labels.some((path) => pictures.has(stemOf(path).replace(/(^|\/)labels\//, '$1images/')));
}

async function detectUltralytics(listing: Listing, kind: LineKind): Promise<Verdict | null> {
  const yaml = listing.files.find((path) => /^(data|dataset|[^/]+)\.ya?ml$/i.test(path));
  const head = yaml === undefined ? '' : await listing.head(yaml);
  const described = /^names\s*:/m.test(head) && /^(train|val)\s*:/m.test(head);
  const found = findable(listing);
  const labels = described
    ? listing.files.some((path) => /(^|\/)labels\/.*\.txt$/.test(path))
    : found.length > 0;
  if (!described && !labels) return null;
  const reasons: string[] = [];
  const against: string[] = [];
  if (described) reasons.push(`${yaml} names classes and subsets.`);
  if (labels) reasons.push('There are text files in a folder labels.');
  else against.push('There is no folder labels.');
  const paired = !described && isPaired(listing, found);
  if (paired) reasons.push('They are called as the pictures in the folder images.');
  let confidence = described && labels ? 0.9 : paired ? 0.85 : labels ? 0.6 : 0.3;
  const lines: LineKind | null = /^kpt_shape\s*:/m.test(head) ? 'pose' : await kindOfLines(listing);
  if (lines !== null && lines !== kind) {
    against.push(`The lines look like those of the kind ${lines}.`);
    confidence *= kind === 'detect' && lines === 'segment' ? 0.6 : 0.4;
  } else if (lines === null && kind !== 'detect') confidence *= 0.4;
  else if (lines !== null) reasons.push(`The lines are those of the kind ${lines}.`);
  return { confidence, reasons, against };
}

const darknetAbilities = abilitiesOf(['box']);

const kinds: readonly {
  readonly kind: LineKind;
  readonly name: string;
  readonly title: string;
  readonly aliases: readonly string[];
  readonly abilities: Abilities;
}[] = [
  {
    kind: 'detect',
    name: 'yolo_ultralytics',
    title: 'YOLO (Ultralytics), boxes',
    aliases: [
      'yolov5',
      'yolov8',
      'yolov8_detection',
      'yolo11',
      'roboflow_yolo',
      'ultralytics',
      'kaggle_yolo',
      'yolo_loose',
    ],
    abilities: ultralyticsAbilities(['box']),
  },
  {
    kind: 'segment',
    name: 'yolo_ultralytics_segmentation',
    title: 'YOLO (Ultralytics), outlines',
    aliases: ['yolov8_segmentation', 'yolo_segmentation'],
    abilities: ultralyticsAbilities(['polygon']),
  },
  {
    kind: 'pose',
    name: 'yolo_ultralytics_pose',
    title: 'YOLO (Ultralytics), poses',
    aliases: ['yolov8_pose', 'yolo_pose'],
    abilities: {
      ...ultralyticsAbilities(['box', 'points']),
      skeletons: true,
      mirrored: true,
      limits: { ...limits, byPictures: true, withoutJoints: true },
    },
  },
  {
    kind: 'obb',
    name: 'yolo_ultralytics_obb',
    title: 'YOLO (Ultralytics), rotated boxes',
    aliases: ['yolov8_oriented_boxes', 'yolov8_obb', 'yolo_obb'],
    abilities: ultralyticsAbilities(['rotated_box']),
  },
];

/** YOLO in darknet's layout and in Ultralytics': https://docs.ultralytics.com/datasets/detect/ */
export const yoloFormats: readonly Format[] = [
  {
    name: 'yolo',
    title: 'YOLO (darknet)',
    aliases: ['darknet', 'yolo_darknet', 'yolo_strict'],
    abilities: darknetAbilities,
    detect: detectDarknet,
    read: readDarknet,
    write: (dataset, folder, options) => writeDarknet(dataset, folder, darknetAbilities, options),
  },
  ...kinds.map(
    ({ kind, name, title, aliases, abilities }): Format => ({
      name,
      title,
      aliases,
      abilities,
      detect: (listing) => detectUltralytics(listing, kind),
      read: (folder, options) => readUltralytics(folder, kind, options),
      write: (dataset, folder, options) => writeUltralytics(dataset, folder, kind, abilities, options),
    }),
  ),
];

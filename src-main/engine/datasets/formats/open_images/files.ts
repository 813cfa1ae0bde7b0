import { textIfThere } from '../../files/folder.ts';
import { parseLenient } from '../../files/json.ts';
import { reasonOf } from '../../files/reasons.ts';
import { field, isRecord, type Size } from '../../model/index.ts';
import { linesOf } from '../common/lines.ts';

export const hierarchyFile = 'bbox_labels_600_hierarchy.json';
export const sizesFile = 'images.meta';

/** The columns of yes, no and not known (1, 0, -1). */
export const flags = [
  { attribute: 'occluded', column: 'IsOccluded' },
  { attribute: 'truncated', column: 'IsTruncated' },
  { attribute: 'is_group_of', column: 'IsGroupOf' },
  { attribute: 'is_depiction', column: 'IsDepiction' },
  { attribute: 'is_inside', column: 'IsInside' },
] as const;

export const boxColumns = [
  'ImageID',
  'Source',
  'LabelName',
  'Confidence',
  'XMin',
  'XMax',
  'YMin',
  'YMax',
  ...flags.map(({ column }) => column),
];

export const maskColumns = [
  'MaskPath',
  'ImageID',
  'LabelName',
  'BoxID',
  'BoxXMin',
  'BoxXMax',
  'BoxYMin',
  'BoxYMax',
  'PredictedIoU',
  'Clicks',
];

export const imageColumns = [
  'ImageID',
  'Subset',
  'OriginalURL',
  'OriginalLandingURL',
  'License',
  'AuthorProfileURL',
  'Author',
  'Title',
  'OriginalSize',
  'OriginalMD5',
  'Thumbnail300KURL',
  'Rotation',
];

/** Which class is above which, by their names in the tables: `{LabelName, Subcategory: […]}` all the way down. */
export async function readParents(
  path: string,
  complain: (reason: string) => void,
): Promise<ReadonlyMap<string, string>> {
  const parents = new Map<string, string>();
  const text = await textIfThere(path);
  const visit = (node: unknown, above: string, depth: number): void => {
    if (!isRecord(node) || depth > 32) return;
    const name = field(node, 'LabelName');
    if (typeof name === 'string' && above !== '') parents.set(name, above);
    const below = field(node, 'Subcategory');
    for (const child of Array.isArray(below) ? below : []) {
      visit(child, typeof name === 'string' ? name : above, depth + 1);
    }
  };
  try {
    if (text !== undefined) visit(parseLenient(text), '', 0);
  } catch (thrown) {
    complain(reasonOf(thrown));
  }
  return parents;
}

/** Sizes of the pictures that Datumaro notes: `name height width`, a name with spaces in quotes. */
export async function readSizes(folder: string, path: string): Promise<ReadonlyMap<string, Size>> {
  const sizes = new Map<string, Size>();
  for (const [, line] of await linesOf(folder, path)) {
    const found = /^(?:"((?:[^"\\]|\\.)*)"|'([^']*)'|(\S+))\s+(\d+)\s+(\d+)$/.exec(line);
    if (found === null || line.startsWith('#')) continue;
    const name = found[1]?.replace(/\\(.)/g, '$1') ?? found[2] ?? found[3]!;
    const [height, width] = [Number(found[4]), Number(found[5])];
    if (height > 0 && width > 0) sizes.set(name, { width, height });
  }
  return sizes;
}

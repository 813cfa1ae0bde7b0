import { endingOf, folderOf, isPicture, stemOf } from '../../files/paths.ts';
import { isSubsetName } from '../common/read.ts';

/** Words of folders and names that say that a picture is drawn: `train_masks`, `ann_dir`, `SegmentationClass`, `a_mask.png`. */
const maskWords =
  /^(masks?|matte|segs?|segmentations?|segmentationclass(png|raw)?|labels?|labelids|ann|anns|annotations?|gt|gts|groundtruth|truth)$/i;

/** Words that say no more than that it is a picture. */
const pictureWords = /^(images?|imgs?|jpegimages|photos?|pictures?|inputs?|data|dir|rgb)$/i;

const ends = new Set(['.png', '.bmp', '.tif', '.tiff', '.gif']);

/** A picture or a mask by its path. */
export interface Place {
  readonly isMask: boolean;
  readonly subset: string;
  /** Its path without the words above, its subset and its ending. */
  readonly id: string;
}

const wordsOf = (part: string): string[] => part.split(/[\s_.-]+/).filter((word) => word !== '');

/** What a path says; null for a file that is no picture. */
export function placeOf(path: string): Place | null {
  if (!isPicture(path)) return null;
  let isMask = false;
  let subset = '';
  const rest: string[] = [];
  for (const part of folderOf(path).split('/')) {
    const left = wordsOf(part).filter((word) => {
      if (maskWords.test(word)) isMask = true;
      return !maskWords.test(word) && !pictureWords.test(word);
    });
    if (left.length === 0) continue;
    // A folder that keeps all of its words is called so.
    const name = left.length === wordsOf(part).length ? part : left.join('_');
    if (subset === '' && isSubsetName(name)) subset = name;
    else rest.push(name);
  }
  let stem = stemOf(path.slice(folderOf(path).length).replace(/^\//, ''));
  const end = /^(.+)[_-]([a-z]+)$/i.exec(stem);
  if (end !== null && maskWords.test(end[2]!)) {
    isMask = true;
    stem = end[1]!;
  }
  if (isMask && !ends.has(endingOf(path).toLowerCase())) return null;
  return { isMask, subset: subset || 'default', id: [...rest, stem].join('/') };
}

/** A picture and its mask, of which one may be missing. */
export interface Pair {
  readonly subset: string;
  readonly id: string;
  picture?: string;
  mask?: string;
}

/** Puts pictures and masks together, in the order of their paths. */
export function pairsIn(paths: Iterable<string>): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const path of paths) {
    const place = placeOf(path);
    if (place === null) continue;
    const key = `${place.subset}/${place.id}`;
    const pair: Pair = pairs.get(key) ?? { subset: place.subset, id: place.id };
    pairs.set(key, pair);
    if (place.isMask) pair.mask ??= path;
    else pair.picture ??= path;
  }
  return [...pairs.values()];
}

import type { Abilities, Format, Listing, Verdict } from '../../format.ts';
import { readSemantic } from './read.ts';
import { roboflowMaskFormat } from './roboflow.ts';
import { writeSemantic } from './write.ts';

const abilitiesOf = (subsets: boolean): Abilities => ({
  types: ['mask'],
  attributes: [],
  itemAttributes: false,
  groups: false,
  zOrder: false,
  labelParents: false,
  skeletons: false,
  subsets,
  limits: { needsClass: true, flatMasks: 'class' },
});

async function detect(listing: Listing, deep: boolean): Promise<Verdict | null> {
  const start = deep ? '[^/]+/' : '';
  const has = (pattern: string): boolean =>
    listing.files.some((path) => new RegExp(`^${start}${pattern}`).test(path));
  if (!has('images/') || !has('masks/.*\\.(png|bmp|tiff?)$') || !has('dataset_meta\\.json$')) return null;
  return {
    confidence: 0.9,
    reasons: ['There are folders images and masks, and dataset_meta.json with the classes.'],
    against: [],
  };
}

/**
 * Mask pictures in the classes' colours, as OpenVINO's accuracy checker takes them:
 * https://github.com/openvinotoolkit/open_model_zoo/tree/master/tools/accuracy_checker
 */
const byColour: readonly Format[] = [false, true].map((bySubset) => {
  const abilities = abilitiesOf(bySubset);
  return {
    name: bySubset ? 'common_semantic_segmentation_with_subset_dirs' : 'common_semantic_segmentation',
    title: bySubset ? 'Mask pictures in train, val and test' : 'Mask pictures (images, masks)',
    aliases: [],
    abilities,
    detect: (listing) => detect(listing, bySubset),
    read: readSemantic,
    write: (dataset, folder, options) => writeSemantic(dataset, folder, abilities, options, bySubset),
  };
});

export const semanticFormats: readonly Format[] = [...byColour, roboflowMaskFormat];

import { isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import type { AnnotationType } from '../../model/index.ts';
import { type MvtecTask, readMvtec } from './read.ts';
import { writeMvtec } from './write.ts';

const abilitiesOf = (types: readonly AnnotationType[]): Abilities => ({
  ...noAbilities,
  types,
  subsets: true,
  limits: { needsClass: true, byPictures: true, oneClass: true },
});

const kinds: readonly { task: MvtecTask; name: string; title: string; types: readonly AnnotationType[] }[] = [
  { task: 'all', name: 'mvtec', title: 'MVTec AD', types: ['label', 'mask'] },
  { task: 'classification', name: 'mvtec_classification', title: 'MVTec AD, classes', types: ['label'] },
  { task: 'detection', name: 'mvtec_detection', title: 'MVTec AD, boxes', types: ['label', 'box'] },
  { task: 'segmentation', name: 'mvtec_segmentation', title: 'MVTec AD, masks', types: ['label', 'mask'] },
];

async function detect(task: MvtecTask, { files, folders }: Listing): Promise<Verdict | null> {
  const own = folders.find((path) => /^([^/]+\/)?ground_truth$/.test(path));
  if (own === undefined) return null;
  const start = own.slice(0, -'ground_truth'.length);
  const masks = files.some((path) => path.startsWith(own) && /_mask\.[^/.]+$/.test(path));
  const pictures = files.some(
    (path) => /^(train|test)\/[^/]+\//.test(path.slice(start.length)) && isPicture(path),
  );
  if (!masks && !pictures) return null;
  const sure = masks && pictures ? 0.95 : 0.6;
  return {
    confidence: task === 'all' ? sure : sure - 0.4,
    reasons: [`There is a folder ${own}, as MVTec AD has for its masks.`],
    against: masks ? [] : ['No file in it ends in _mask.'],
  };
}

/** MVTec AD: https://www.mvtec.com/company/research/datasets/mvtec-ad */
export const mvtecFormats: readonly Format[] = kinds.map(({ task, name, title, types }) => ({
  name,
  title,
  aliases: [],
  abilities: abilitiesOf(types),
  detect: (listing) => detect(task, listing),
  read: (folder, options) => readMvtec(folder, task, options),
  write: (dataset, folder, options) => writeMvtec(dataset, folder, abilitiesOf(types), options, task),
}));

import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { isRecordFile } from './names.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'label'],
  attributes: ['difficult', 'truncated', 'is_crowd', 'pose'],
  subsets: true,
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const own = listing.files.find((path) => isRecordFile(path));
  if (own === undefined) return null;
  const named = listing.files.some((path) => path.endsWith('.pbtxt'));
  const pictures = (await listing.head(own)).includes('image/');
  return {
    confidence: pictures ? 0.95 : named ? 0.8 : 0.55,
    reasons: [`${own} is named as TensorFlow's records are.`],
    against: pictures ? [] : ['Its start names no fields of pictures.'],
  };
}

/** Records of TensorFlow's object detection API: https://github.com/tensorflow/models/blob/master/research/object_detection/g3doc/using_your_own_dataset.md */
export const tfrecordFormat: Format = {
  name: 'tf_detection_api',
  title: 'TFRecord (TensorFlow object detection)',
  aliases: ['tfrecord', 'roboflow_tfrecord'],
  abilities,
  detect,
  read: async (folder, options) => (await import('./read.ts')).readTfrecord(folder, options),
  write: async (dataset, folder, options) =>
    (await import('./write.ts')).writeTfrecord(dataset, folder, abilities, options),
};

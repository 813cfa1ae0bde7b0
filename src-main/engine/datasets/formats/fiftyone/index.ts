import type { Listing, ReadOnlyFormat, Verdict } from '../../format.ts';
import { labelsFile, readFiftyOne, samplesFile } from './read.ts';

async function detect(listing: Listing): Promise<Verdict | null> {
  if (listing.files.includes(samplesFile) && /"samples"\s*:/.test(await listing.head(samplesFile))) {
    return { confidence: 0.96, reasons: [`There is ${samplesFile}, as FiftyOne exports it.`], against: [] };
  }
  const hasData = listing.folders.includes('data');
  if (!listing.files.includes(labelsFile) || !hasData) return null;
  const head = await listing.head(labelsFile);
  if (!/"classes"\s*:/.test(head) || !/"labels"\s*:\s*\{/.test(head)) return null;
  return {
    confidence: 0.93,
    reasons: [`There are ${labelsFile} with classes and labels, and data/.`],
    against: [],
  };
}

/** FiftyOne's exports: https://docs.voxel51.com/user_guide/export_datasets.html */
export const fiftyOneFormat: ReadOnlyFormat = {
  name: 'fiftyone',
  title: 'FiftyOne',
  aliases: ['voxel51', 'fiftyone_dataset', 'fiftyone_image_detection', 'fiftyone_image_classification'],
  abilities: null,
  detect,
  read: readFiftyOne,
};

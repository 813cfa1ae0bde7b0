import type { Format, Listing, Verdict } from '../../format.ts';
import { readCvat } from './read.ts';
import { abilities, writeCvat } from './write.ts';

async function detect(listing: Listing): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => /^[^/]+\.xml$/i.test(name)).slice(0, 3)) {
    const head = await listing.head(path);
    if (!/<annotations>/.test(head) || !/<(meta|image|version)[\s>]/.test(head)) continue;
    const video = /<track[\s>]/.test(head) || /<mode>interpolation/.test(head);
    return {
      confidence: video ? 0.5 : 0.95,
      reasons: [`${path} has CVAT's elements annotations, version and meta.`],
      against: video ? ['It holds tracks of a video, which this format does not.'] : [],
    };
  }
  return null;
}

/** CVAT for images 1.1: https://docs.cvat.ai/docs/manual/advanced/xml_format/ */
export const cvatFormat: Format = {
  name: 'cvat',
  title: 'CVAT for images 1.1',
  aliases: ['cvat_images', 'cvat_for_images'],
  abilities,
  detect,
  read: readCvat,
  write: writeCvat,
};

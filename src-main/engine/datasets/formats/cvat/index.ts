import type { Abilities, Format, Listing, Verdict } from '../../format.ts';
import { readCvat } from './read.ts';
import { writeCvatVideo } from './tracks-write.ts';
import { abilities, writeCvat } from './write.ts';

async function detect(listing: Listing, wanted: 'images' | 'video'): Promise<Verdict | null> {
  for (const path of listing.files.filter((name) => /^[^/]+\.xml$/i.test(name)).slice(0, 3)) {
    const head = await listing.head(path);
    if (!/<annotations>/.test(head) || !/<(meta|image|version)[\s>]/.test(head)) continue;
    const video = /<track[\s>]/.test(head) || /<mode>interpolation/.test(head);
    const fits = video === (wanted === 'video');
    return {
      confidence: fits ? 0.95 : 0.4,
      reasons: [`${path} has CVAT's elements annotations, version and meta.`],
      against: fits ? [] : [video ? 'It is of a video.' : 'It is not of a video.'],
    };
  }
  return null;
}

/** No classes of whole frames: CVAT's XML of a video has tracks and nothing else. */
const videoAbilities: Abilities = {
  ...abilities,
  types: abilities.types.filter((type) => type !== 'label'),
  limits: { ...abilities.limits, textAttributes: ['occluded', 'track_id', 'keyframe'] },
};

/** CVAT 1.1, for images and for videos: https://docs.cvat.ai/docs/manual/advanced/xml_format/ */
export const cvatFormats: readonly Format[] = [
  {
    name: 'cvat',
    title: 'CVAT for images 1.1',
    aliases: ['cvat_images', 'cvat_for_images'],
    abilities,
    detect: (listing) => detect(listing, 'images'),
    read: readCvat,
    write: writeCvat,
  },
  {
    name: 'cvat_video',
    title: 'CVAT for video 1.1',
    aliases: ['cvat_for_video'],
    abilities: videoAbilities,
    detect: (listing) => detect(listing, 'video'),
    read: readCvat,
    write: (dataset, folder, options) => writeCvatVideo(dataset, folder, videoAbilities, options),
  },
];

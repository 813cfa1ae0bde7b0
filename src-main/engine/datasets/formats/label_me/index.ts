import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { readLabelMe } from './read.ts';
import { writeLabelMe } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['box', 'polygon', 'mask'],
  attributes: 'any',
  groups: true,
  subsets: true,
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const files = listing.files.filter((path) => path.toLowerCase().endsWith('.xml'));
  for (const path of files.slice(0, 8)) {
    const head = await listing.head(path);
    if (!/<annotation>[\s\S]*<filename>/.test(head)) continue;
    const own = /<sourceAnnotation>|<deleted>|<verified>|<hasparts/.test(head);
    // VOC has the same element around everything, but boxes of its own.
    if (!own || /<bndbox>/.test(head)) continue;
    return { confidence: 0.95, reasons: [`${path} has LabelMe's elements.`], against: [] };
  }
  return null;
}

/** LabelMe of the MIT, in XML: http://labelme.csail.mit.edu/ */
export const labelMeFormat: Format = {
  name: 'label_me',
  title: 'LabelMe (MIT, XML)',
  aliases: ['labelme_xml', 'label_me_xml'],
  abilities,
  detect,
  read: readLabelMe,
  write: (dataset, folder, options) => writeLabelMe(dataset, folder, abilities, options),
};

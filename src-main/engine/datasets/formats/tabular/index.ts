import { isPicture } from '../../files/paths.ts';
import { type Abilities, type Format, type Listing, noAbilities, type Verdict } from '../../format.ts';
import { layoutIn } from '../box_table/columns.ts';
import { tableHead } from '../common/csv.ts';
import { PictureIndex } from '../common/picture-index.ts';
import { columnsOf } from './columns.ts';
import { isForm, readTabular } from './read.ts';
import { writeTabular } from './write.ts';

const abilities: Abilities = {
  ...noAbilities,
  types: ['label', 'caption'],
  itemAttributes: true,
  subsets: true,
  limits: { oneLabel: true, oneCaption: true },
};

async function detect(listing: Listing): Promise<Verdict | null> {
  const tables = listing.files.filter((path) => /^[^/]+\.csv$/i.test(path) && !isForm(path));
  const [own] = tables;
  if (own === undefined) return null;
  const head = await listing.head(own);
  const { fields, rows } = await tableHead(head);
  if (fields.length < 2 || rows.length === 0) return null;
  const pictures = new PictureIndex();
  for (const path of listing.files) if (isPicture(path)) pictures.add(path);
  const isThere = (name: string): boolean =>
    name !== '' && pictures.find(name, { folder: '', subset: '' }).length > 0;
  // Of a large set only some pictures are listed.
  const pictured = rows.filter((row) => row.some(isThere));
  const { picture, label, classes } = columnsOf(fields, pictured, isThere);
  // One of boxes has pictures and classes, too.
  const isOfClasses = (label >= 0 || classes.length > 0) && (await layoutIn(head)) === null;
  if (pictured.length > 0 && picture >= 0 && isOfClasses) {
    return {
      confidence: 0.75,
      reasons: [`${own} names pictures that are there, and their classes.`],
      against: ['It is called as no tool does it.'],
    };
  }
  return {
    confidence: 0.35,
    reasons: [`${own} is a table.`],
    against: ['Many formats have tables, and this one is for those that are of none.'],
  };
}

/** Tables of rows with a class, with a picture each or without. */
export const tabularFormat: Format = {
  name: 'tabular',
  title: 'Tables (CSV)',
  aliases: ['csv', 'kaggle_image_csv'],
  abilities,
  detect,
  read: readTabular,
  write: (dataset, folder, options) => writeTabular(dataset, folder, abilities, options),
};

import { isPicture } from '../../files/paths.ts';
import { numberOf } from '../../model/index.ts';
import { type Delimiter, tableHead } from '../common/csv.ts';

/** Where a row says the box: by two corners, by a corner or the centre and the sides, or as one list of a corner and the sides. */
interface Geometry {
  readonly kind: 'corners' | 'sides' | 'centre' | 'list';
  /** Places of the columns; one for a list. */
  readonly places: readonly number[];
}

/** What the columns of a table mean, as places in a row; -1 for none. */
export interface Columns {
  readonly names: readonly string[];
  readonly picture: number;
  readonly label: number;
  readonly score: number;
  readonly geometry: Geometry;
  /** The picture's width and height; empty where the table doesn't say them. */
  readonly size: readonly number[];
}

/** A table of boxes, by its first line. */
export interface Layout {
  readonly columns: Columns;
  readonly hasHead: boolean;
  readonly delimiter: Delimiter;
  /** The tool whose columns these are. */
  readonly of: 'tensorflow' | 'retinanet' | 'wheat' | 'nobody';
}

/** Names of columns without anything but letters and digits, in the order in which they are looked for. */
const pictureNames = ['filename', 'imagepath', 'imagename', 'path', 'file', 'image', 'imageid'];
const labelNames = ['class', 'classname', 'label', 'labelname', 'category', 'categoryname', 'name'];
const labelNumbers = ['classid', 'labelid', 'categoryid'];
const scoreNames = ['score', 'confidence', 'conf'];
const listNames = ['bbox', 'box', 'boundingbox'];
const leftNames = ['xmin', 'x1', 'left'];
const topNames = ['ymin', 'y1', 'top'];
const rightNames = ['xmax', 'x2', 'right'];
const bottomNames = ['ymax', 'y2', 'bottom'];
const xNames = ['x', 'bboxx', ...leftNames];
const yNames = ['y', 'bboxy', ...topNames];
const centreXNames = ['xcenter', 'xcentre', 'centerx', 'centrex', 'cx'];
const centreYNames = ['ycenter', 'ycentre', 'centery', 'centrey', 'cy'];
const widthNames = ['w', 'bboxwidth', 'boxwidth', 'width'];
const heightNames = ['h', 'bboxheight', 'boxheight', 'height'];
const pictureWidths = ['imagewidth', 'imgwidth', 'width'];
const pictureHeights = ['imageheight', 'imgheight', 'height'];

const retinanetColumns = ['path', 'x1', 'y1', 'x2', 'y2', 'class'];

/** The layout of a table of boxes from a file's first characters; null where the file is none. */
export async function layoutIn(head: string): Promise<Layout | null> {
  const { fields, delimiter } = await tableHead(head);
  const columns = columnsOf(fields);
  if (columns !== null) return { columns, delimiter, hasHead: true, of: ownerOf(columns) };
  if (!isRetinanet(fields)) return null;
  return { columns: columnsOf(retinanetColumns)!, delimiter, hasHead: false, of: 'retinanet' };
}

/** Whether a first line is a row of keras-retinanet's, whose tables have no head. */
function isRetinanet([name, ...fields]: readonly string[]): boolean {
  if (name === undefined || !isPicture(name) || fields.length !== 5) return false;
  const isEmpty = fields.every((field) => field === '');
  return isEmpty || fields.slice(0, 4).every((field) => Number.isFinite(numberOf(field)));
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function columnsOf(names: readonly string[]): Columns | null {
  const all = names.map(plain);
  const place = (wanted: readonly string[]): number =>
    all.indexOf(wanted.find((w) => all.includes(w)) ?? ' ');
  const picture = place(pictureNames);
  const geometry = geometryOf(place);
  if (picture < 0 || geometry === null) return null;
  const size = [place(pictureWidths), place(pictureHeights)];
  const isSized = size.every((at) => at >= 0 && !geometry.places.includes(at));
  const label = place([...labelNames, ...labelNumbers]);
  return { names, picture, label, score: place(scoreNames), geometry, size: isSized ? size : [] };
}

function geometryOf(place: (wanted: readonly string[]) => number): Geometry | null {
  const corners = [leftNames, topNames, rightNames, bottomNames].map(place);
  if (!corners.includes(-1)) return { kind: 'corners', places: corners };
  const list = place(listNames);
  if (list >= 0) return { kind: 'list', places: [list] };
  const centre = [centreXNames, centreYNames, widthNames, heightNames].map(place);
  if (!centre.includes(-1)) return { kind: 'centre', places: centre };
  const sides = [xNames, yNames, widthNames, heightNames].map(place);
  return sides.includes(-1) ? null : { kind: 'sides', places: sides };
}

/** TensorFlow's guides call the corners so, and Kaggle's wheat set has a list; both say the picture's size. */
function ownerOf({ names, label, geometry, size }: Columns): Layout['of'] {
  if (size.length === 0) return 'nobody';
  if (geometry.kind === 'list') return 'wheat';
  const corners = geometry.places.map((place) => plain(names[place]!)).join();
  return corners === 'xmin,ymin,xmax,ymax' && label >= 0 ? 'tensorflow' : 'nobody';
}

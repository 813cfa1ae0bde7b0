import { isPicture } from '../../files/paths.ts';

/** Names of columns, in the order in which they are looked for. */
const labelNames = [
  ...['label', 'class', 'target', 'category', 'species', 'y'],
  ...['labels', 'class_name', 'label_name', 'category_name', 'breed', 'diagnosis', 'dx'],
];
const pictureNames = [
  ...['image', 'file_name', 'filename', 'image_path', 'path', 'file', 'img', 'image_id'],
  ...['image_name', 'image_file', 'img_path', 'filepath', 'file_path', 'id'],
];
const textNames = ['caption', 'text'];

/** Which columns have a meaning, as places in a row; -1 for none. */
export interface Columns {
  readonly names: readonly string[];
  readonly label: number;
  readonly picture: number;
  readonly text: number;
  /** Where each class has a column, those: 1 in the one of the row's class, 0 in the others. */
  readonly classes: readonly number[];
}

/**
 * Tells the columns of a table by their names and some rows.
 *
 * @param isThere whether a picture in the set is called so.
 */
export function columnsOf(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  isThere: (name: string) => boolean,
): Columns {
  const lower = names.map((name) => name.toLowerCase());
  const place = (wanted: readonly string[]): number =>
    lower.indexOf(wanted.find((name) => lower.includes(name)) ?? '\0');
  const picture = pictureColumn(lower, rows, isThere);
  const text = place(textNames);
  const named = place(labelNames);
  const others = names.map((_, at) => at).filter((at) => at !== picture && at !== text);
  const hasLabel = named >= 0 && named !== picture;
  const [only = -1] = others;
  const isOnly = picture >= 0 && others.length === 1 && !rows.every((row) => isFraction(row[only]));
  const label = hasLabel ? named : isOnly ? only : -1;
  const isOneOf = picture >= 0 && label < 0 && others.length > 1 && rows.length > 1;
  const classes = isOneOf && rows.every((row) => saysOne(others.map((at) => row[at]))) ? others : [];
  return { names, picture, text, label, classes };
}

const isFraction = (value = ''): boolean => /^-?\d*\.\d+$/.test(value);

/** Whether one of the values is 1 and all others are 0. */
function saysOne(values: readonly (string | undefined)[]): boolean {
  return values.filter(isOne).length === 1 && values.every((value) => isOne(value) || isZero(value));
}

export const isOne = (value = ''): boolean => /^1(\.0+)?$/.test(value);
export const isZero = (value = ''): boolean => /^0(\.0+)?$/.test(value);

/** The first column with one of the names whose values are pictures' names, or are there in half of the rows. */
function pictureColumn(
  names: readonly string[],
  rows: readonly (readonly string[])[],
  isThere: (name: string) => boolean,
): number {
  const places = pictureNames.map((name) => names.indexOf(name)).filter((place) => place >= 0);
  const known = (place: number): number => rows.filter((row) => isThere(row[place] ?? '')).length;
  const isNamed = (place: number): boolean => rows.some((row) => isPicture(row[place] ?? ''));
  return places.find((place) => isNamed(place) || known(place) * 2 >= Math.max(1, rows.length)) ?? -1;
}

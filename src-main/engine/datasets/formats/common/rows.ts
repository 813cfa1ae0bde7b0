import type { Limits } from '../../format.ts';
import {
  type Annotation,
  type Attributes,
  type AttributeValue,
  attributesOf,
  type CategoryBuilder,
  field,
  isRecord,
  noAttributes,
  numberOf,
} from '../../model/index.ts';
import { boxBetween, plainShape, take } from './read.ts';
import type { Work } from './write.ts';

/** A row of a table or an object of a JSON file that says what is on one picture. */
export type Row = Readonly<Record<string, unknown>>;

/** Columns of a class of the whole picture, of its text, and of the classes of its boxes. */
const labelColumns = ['label', 'labels', 'fine_label'];
const textColumns = ['text', 'caption'];
const categoryColumns = ['category', 'categories', 'label', 'labels', 'category_id', 'class'];
const boxColumns = ['bbox', 'bboxes'];

/** Columns that are no attributes of the item. */
const reservedNames = [
  ...labelColumns,
  ...textColumns,
  ...boxColumns,
  'objects',
  'image',
  'file_name',
  'id',
  'image_id',
];

/** What such rows can't have of the abilities of a format. */
export const rowLimits: Limits = { oneLabel: true, oneCaption: true, itemAttributes: { but: reservedNames } };

const reserved: ReadonlySet<string> = new Set(reservedNames);

/** Whether a column of this name is no attribute of an item, or would be no column for all readers. */
export const isReserved = (name: string): boolean =>
  reserved.has(name) || name === '__proto__' || name.endsWith('file_name');

const plural = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined || value === null || value === '' ? [] : [value];

const first = (row: Row, names: readonly string[]): readonly [string, unknown] | undefined => {
  const name = names.find((entry) => field(row, entry) !== undefined && field(row, entry) !== null);
  return name === undefined ? undefined : [name, field(row, name)];
};

/** Names of classes that are numbers in a column; `objects.category` for those of boxes. */
export type NamedClasses = ReadonlyMap<string, readonly string[]>;

/** A class by its name, or by its number where the set says what the numbers stand for. */
function className(value: unknown, names: readonly string[] | undefined): string | null {
  if (typeof value === 'string') return value;
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number)) return null;
  return names?.[number] ?? (number < 0 ? null : String(number));
}

/** A box with the class beside it. */
interface Placed {
  readonly box: unknown;
  readonly category: unknown;
}

/** Boxes of a row: lists side by side in `objects`, a list of objects there, or a column of boxes. */
function placed(row: Row): { readonly boxes: readonly Placed[]; readonly column: string } {
  const objects = field(row, 'objects');
  if (Array.isArray(objects)) {
    const column = isRecord(objects[0]) ? (first(objects[0], categoryColumns)?.[0] ?? '') : '';
    const boxes = objects.filter(isRecord).map(
      (object): Placed => ({
        box: first(object, boxColumns)?.[1],
        category: first(object, categoryColumns)?.[1],
      }),
    );
    return { boxes, column: `objects.${column}` };
  }
  const own = isRecord(objects) ? objects : row;
  const [name = '', given] = first(own, categoryColumns) ?? [];
  const list = plural(first(own, boxColumns)?.[1]);
  const all = typeof list[0] === 'number' ? [list] : list;
  const categories = plural(given);
  const boxes = all.map((box, index): Placed => ({ box, category: categories[index] ?? null }));
  return { boxes, column: isRecord(objects) ? `objects.${name}` : name };
}

/** Every class that a row names, for a set that doesn't list them. */
export function* classesIn(row: Row, names: NamedClasses): Generator<string> {
  const { boxes, column } = placed(row);
  const label = first(row, labelColumns);
  const all = [
    ...boxes.map(({ category }) => className(category, names.get(column))),
    ...plural(label?.[1]).map((value) => className(value, names.get(label![0]))),
  ];
  for (const name of all) if (name !== null) yield name;
}

/** Annotations of a row: `label`, `text`, and `objects` with `bbox` (left, top, width, height in pixels) and `category`. */
export function annotationsIn(
  row: Row,
  names: NamedClasses,
  builder: CategoryBuilder,
  complain: (reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  const labelOf = (value: unknown, column: string): number | null => {
    const name = className(value, names.get(column));
    const label = name === null ? undefined : builder.find(name);
    if (label === undefined && value !== null && value !== undefined && value !== -1)
      complain('a class is not in the list');
    return label ?? null;
  };
  const { boxes, column } = placed(row);
  const classes = first(row, labelColumns);
  const ofBoxes = boxes.length > 0 && classes?.[0] === column;
  if (classes !== undefined && !ofBoxes) {
    for (const value of plural(classes[1])) {
      const label = labelOf(value, classes[0]);
      if (label !== null)
        annotations.push({ type: 'label', id: 0, group: 0, label, attributes: noAttributes });
    }
  }
  for (const value of plural(first(row, textColumns)?.[1])) {
    if (typeof value === 'string') {
      annotations.push({ type: 'caption', id: 0, group: 0, attributes: noAttributes, text: value });
    }
  }
  for (const { box, category } of boxes) {
    const [x, y, width, height] = Array.isArray(box) && box.length === 4 ? box.map(numberOf) : [];
    const made =
      x === undefined
        ? 'a box has four numbers'
        : boxBetween(plainShape(labelOf(category, column)), x, y!, x + width!, y! + height!);
    take(made, annotations, complain);
  }
  return annotations;
}

/** The other columns as attributes of the item. */
export function attributesIn(row: Row, but: readonly string[] = []): Attributes {
  const attributes = attributesOf(row);
  for (const name of attributes.keys()) {
    if (reserved.has(name) || but.includes(name)) attributes.delete(name);
  }
  for (const [name, value] of attributes) if (value === null || value === undefined) attributes.delete(name);
  return attributes;
}

/** An item as such a row: the inverse of {@link annotationsIn}. What has no place in one is told. */
export function rowOf(
  { item, annotations, lose, note }: Work,
  labels: readonly { readonly name: string }[],
): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [name, value] of item.attributes as ReadonlyMap<string, AttributeValue>) {
    if (isReserved(name)) {
      note(`the attribute ${name} has no place: the name has another meaning`);
    } else row[name] = value;
  }
  const bbox: number[][] = [];
  const category: (string | null)[] = [];
  for (const part of annotations) {
    if (part.type === 'label') {
      if (row['label'] === undefined) row['label'] = labels[part.label]!.name;
      else lose('a second class of a picture: there is one column for it');
    } else if (part.type === 'caption') {
      if (row['text'] === undefined) row['text'] = part.text;
      else lose('a second text of a picture: there is one column for it');
    } else if (part.type === 'box') {
      bbox.push([part.x, part.y, part.width, part.height]);
      category.push(part.label === null ? null : labels[part.label]!.name);
    }
  }
  if (bbox.length > 0) row['objects'] = { bbox, category };
  return row;
}

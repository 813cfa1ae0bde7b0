import { z } from 'zod';
import { areaOfShape } from '../areas.ts';
import { hull } from '../convert.ts';
import type { Dataset } from '../format.ts';
import type { Annotation, Categories, Item } from '../model/index.ts';
import { type Expression, parseExpression } from './expression.ts';
import { defineTransform, mapItems } from './transform.ts';
import { truth, type Value } from './values.ts';

type Field<Subject> = (subject: Subject, categories: Categories) => Value;

/** What can be asked about an item. */
const itemFields: Readonly<Record<string, Field<Item>>> = {
  id: ({ id }) => id,
  subset: ({ subset }) => subset,
  width: ({ media }) => media?.size?.width ?? null,
  height: ({ media }) => media?.size?.height ?? null,
  annotations: ({ annotations }) => annotations.length,
  labels: ({ annotations }, { labels }) => [
    ...new Set(
      annotations.flatMap((annotation) =>
        'label' in annotation && annotation.label !== null ? [labels[annotation.label]!.name] : [],
      ),
    ),
  ],
};

/** What can be asked about an annotation; about its item, too, with `item.` before the name. */
const annotationFields: Readonly<Record<string, Field<Annotation>>> = {
  id: ({ id }) => id,
  group: ({ group }) => group,
  type: ({ type }) => type,
  label: (annotation, { labels }) =>
    'label' in annotation && annotation.label !== null ? labels[annotation.label]!.name : null,
  x: (annotation) => hull(annotation)?.x ?? null,
  y: (annotation) => hull(annotation)?.y ?? null,
  width: (annotation) => hull(annotation)?.width ?? null,
  height: (annotation) => hull(annotation)?.height ?? null,
  area: (annotation) => areaOfShape(annotation),
  z_order: (annotation) => ('zOrder' in annotation ? annotation.zOrder : null),
};

const attribute = 'attributes.';
const ofItem = 'item.';
const has = (record: object, name: string): boolean =>
  Object.hasOwn(record, name) || name.startsWith(attribute);

const isItemField = (name: string): boolean => has(itemFields, name);
const isAnnotationField = (name: string): boolean =>
  has(annotationFields, name) ||
  name === 'subset' ||
  (name.startsWith(ofItem) && isItemField(name.slice(ofItem.length)));

function itemValue(item: Item, name: string, categories: Categories): Value | undefined {
  if (name.startsWith(attribute)) return item.attributes.get(name.slice(attribute.length));
  return itemFields[name]?.(item, categories);
}

function annotationValue(
  annotation: Annotation,
  item: Item,
  name: string,
  categories: Categories,
): Value | undefined {
  if (name === 'subset') return item.subset;
  if (name.startsWith(ofItem)) return itemValue(item, name.slice(ofItem.length), categories);
  if (name.startsWith(attribute)) return annotation.attributes.get(name.slice(attribute.length));
  return annotationFields[name]?.(annotation, categories);
}

/** Keeps items and annotations of which a condition is true. */
function filtered(
  dataset: Dataset,
  ofItems: Expression | null,
  of: Expression | null,
  dropEmpty: boolean,
): Dataset {
  const { categories } = dataset;
  return mapItems(dataset, (item) => {
    if (ofItems !== null && !truth(ofItems((name) => itemValue(item, name, categories)))) return null;
    if (of === null) return item;
    const annotations = item.annotations.filter((annotation) =>
      truth(of((name) => annotationValue(annotation, item, name, categories))),
    );
    const emptied = annotations.length === 0 && item.annotations.length > 0;
    return emptied && dropEmpty ? null : { ...item, annotations };
  });
}

export const filter = defineTransform({
  name: 'filter',
  about: 'choice',
  description: 'Keeps the items and the annotations of which a condition is true.',
  options: z.strictObject({
    items: z
      .string()
      .optional()
      .describe(`condition on ${Object.keys(itemFields).join(', ')}, attributes.<name>`),
    annotations: z
      .string()
      .optional()
      .describe(
        `condition on ${Object.keys(annotationFields).join(', ')}, subset, attributes.<name>, item.<field>`,
      ),
    drop_empty: z.boolean().default(false).describe('whether items go that lose all their annotations'),
  }),
  apply: (dataset, { items, annotations, drop_empty }) =>
    filtered(
      dataset,
      items === undefined ? null : parseExpression(items, isItemField),
      annotations === undefined ? null : parseExpression(annotations, isAnnotationField),
      drop_empty,
    ),
});

export const dropEmpty = defineTransform({
  name: 'drop_empty',
  about: 'choice',
  description: 'Takes out items without annotations.',
  options: z.strictObject({}),
  apply: (dataset) => mapItems(dataset, (item) => (item.annotations.length === 0 ? null : item)),
});

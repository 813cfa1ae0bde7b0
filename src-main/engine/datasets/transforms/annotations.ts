import { z } from 'zod';
import type { Annotation, Attributes, Item } from '../model/index.ts';
import { noAttributes, without } from '../model/index.ts';
import { defineTransform, mapAnnotations, mapItems } from './transform.ts';

/** Items by `subset/id`, or all. */
const Items = z
  .array(z.string())
  .optional()
  .describe('items that are changed, as subset/id; without it all of them');

const isChosen = (items: readonly string[] | undefined): ((item: Item) => boolean) => {
  const chosen = items === undefined ? null : new Set(items);
  return ({ subset, id }) => chosen === null || chosen.has(`${subset}/${id}`);
};

export const reindexAnnotations = defineTransform({
  name: 'reindex_annotations',
  about: 'annotations',
  description: 'Gives the annotations numbers in turn.',
  options: z.strictObject({
    start: z.number().int().min(0).default(1).describe('the first number'),
    each_item: z.boolean().default(false).describe('whether each item begins anew'),
  }),
  apply(dataset, { start, each_item }) {
    let next = start;
    return mapItems(dataset, (item, index) => {
      if (index === 0 || each_item) next = start;
      return { ...item, annotations: item.annotations.map((part) => ({ ...part, id: next++ })) };
    });
  },
});

export const annotationsToLabels = defineTransform({
  name: 'anns_to_labels',
  about: 'annotations',
  description: 'Puts the classes of all annotations in the place of the annotations, each once.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapAnnotations(dataset, (annotations) => {
      const labels = annotations.flatMap((part) =>
        'label' in part && part.label !== null ? [part.label] : [],
      );
      return [...new Set(labels)].map(
        (label): Annotation => ({ type: 'label', id: 0, group: 0, label, attributes: noAttributes }),
      );
    }),
});

export const decrementBoxes = defineTransform({
  name: 'bbox_values_decrement',
  about: 'annotations',
  description: 'Moves boxes up and to the left by a pixel: VOC counts from 1.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapAnnotations(dataset, (annotations) =>
      annotations.map((part) => (part.type === 'box' ? { ...part, x: part.x - 1, y: part.y - 1 } : part)),
    ),
});

export const removeAnnotations = defineTransform({
  name: 'remove_annotations',
  about: 'annotations',
  description: 'Takes annotations out: all of some items, or some by their numbers.',
  options: z.strictObject({
    items: Items,
    ids: z.array(z.number().int()).optional().describe('numbers of the annotations; without it all of them'),
  }),
  apply(dataset, { items, ids }) {
    const chosen = isChosen(items);
    const numbers = ids === undefined ? null : new Set(ids);
    return mapAnnotations(dataset, (annotations, item) =>
      chosen(item) ? annotations.filter(({ id }) => numbers !== null && !numbers.has(id)) : annotations,
    );
  },
});

export const removeDuplicateAnnotations = defineTransform({
  name: 'remove_duplicate_annotations',
  about: 'annotations',
  description: 'Takes out annotations that an item has already: of the same type, class and place.',
  options: z.strictObject({}),
  apply: (dataset) =>
    mapAnnotations(dataset, (annotations) => {
      const seen = new Set<string>();
      return annotations.filter(({ id: _, group: __, attributes: ___, ...rest }) => {
        const key = JSON.stringify(rest);
        const first = !seen.has(key);
        seen.add(key);
        return first;
      });
    }),
});

export const removeAttributes = defineTransform({
  name: 'remove_attributes',
  about: 'annotations',
  description: 'Takes attributes off items and annotations.',
  options: z.strictObject({
    attributes: z.array(z.string()).optional().describe('names of the attributes; without it all of them'),
    items: Items,
  }),
  apply(dataset, { attributes, items }) {
    const chosen = isChosen(items);
    const rest = (of: Attributes): Attributes =>
      attributes === undefined ? noAttributes : without(of, ...attributes);
    return mapItems(dataset, (item) =>
      chosen(item)
        ? {
            ...item,
            attributes: rest(item.attributes),
            annotations: item.annotations.map((part) => ({ ...part, attributes: rest(part.attributes) })),
          }
        : item,
    );
  },
});

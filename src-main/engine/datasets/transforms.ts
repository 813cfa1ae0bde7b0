import type { Dataset } from './format.ts';
import type { Annotation, Categories } from './model/index.ts';

/**
 * A view of a set without some of its classes, and without what is annotated with them. The others' numbers close up.
 *
 * Its main use is {@link withoutBackground}.
 */
export function withoutLabels(dataset: Dataset, names: ReadonlySet<string>): Dataset {
  const { labels, attributes, skeletons, colours } = dataset.categories;
  const kept = [...labels.keys()].filter((index) => !names.has(labels[index]!.name));
  const newIndex = new Map(kept.map((old, index) => [old, index] as const));
  const moved = <Value>(of: ReadonlyMap<number, Value>): ReadonlyMap<number, Value> =>
    new Map(
      [...of].flatMap(([old, value]) => {
        const index = newIndex.get(old);
        return index === undefined ? [] : [[index, value] as const];
      }),
    );
  const categories: Categories = {
    labels: kept.map((index) => labels[index]!),
    attributes,
    skeletons: moved(skeletons),
    colours: moved(colours),
  };
  const renumber = (annotation: Annotation): readonly Annotation[] => {
    if (!('label' in annotation) || annotation.label === null) return [annotation];
    const label = newIndex.get(annotation.label);
    return label === undefined ? [] : [{ ...annotation, label }];
  };
  return {
    categories,
    media: dataset.media,
    problems: dataset.problems,
    async *items() {
      for await (const item of dataset.items()) {
        yield { ...item, annotations: item.annotations.flatMap(renumber) };
      }
    },
  };
}

/**
 * Takes out VOC's `background`. Left in, it becomes class 0 of a YOLO set and moves every other class's number up by one,
 * and a category of its own in COCO.
 */
export function withoutBackground(dataset: Dataset): Dataset {
  return withoutLabels(dataset, new Set(['background']));
}

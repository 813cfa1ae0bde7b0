import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatNamed } from '../formats/index.ts';
import { corpus, differences, type Golden, haveData, toGolden, whyNot } from '../testing/golden.ts';
import { applyTransforms, type TransformStep, transforms } from './index.ts';
import { mapAnnotations } from './transform.ts';

/** What Datumaro 1.13.12 makes of its own exports; see `fixtures/README.md`. */
interface Case extends Pick<Golden, 'labels' | 'items'> {
  readonly set: string;
  readonly steps: readonly TransformStep[];
  /** How many items, and how many annotations by type and class. */
  readonly count: number;
  readonly counts: Readonly<Record<string, number>>;
}

const cases = JSON.parse(
  readFileSync(new URL('fixtures/datumaro.json', import.meta.url), 'utf8'),
) as readonly Case[];

/** Ours make one shape of an object's several; without groups each is its own. */
const ungrouped = ['shapes_to_boxes', 'boxes_to_polygons', 'boxes_to_masks', 'polygons_to_masks'];

function countsIn({ items }: Golden): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { annotations } of items) {
    for (const { type, label } of annotations) {
      const key = `${type} ${label ?? 'None'}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
  }
  return counts;
}

describe.skipIf(!haveData)(`changes as Datumaro makes them${whyNot}`, () => {
  test.each(cases.map((one) => [one.set, one.steps.map(({ name }) => name).join(), one] as const))(
    '%s, %s',
    async (set, _, { steps, labels, items, count, counts }) => {
      let source = await formatNamed(set)!.read(corpus(set));
      if (steps.some(({ name }) => ungrouped.includes(name)))
        source = mapAnnotations(source, (annotations) => annotations.map((part) => ({ ...part, group: 0 })));
      // Datumaro's fails where there are captions.
      if (steps[0]?.name === 'anns_to_labels')
        source = mapAnnotations(source, (annotations) => annotations.filter((part) => 'label' in part));
      const ours = await toGolden(await applyTransforms(source, steps, { scratch: null }));
      const ids = new Set(items.map(({ subset, id }) => `${subset}/${id}`));
      const shown = ours.items
        .filter(({ subset, id }) => ids.has(`${subset}/${id}`))
        .map(({ media: _, ...item }) => item);
      expect(differences({ labels: ours.labels, items: shown }, { labels, items })).toEqual([]);
      expect(ours.items.length).toBe(count);
      expect(countsIn(ours)).toEqual(counts);
    },
  );
});

/** Every transform of Datumaro 1.13.12. */
const names = [
  ...['ndr', 'label_random_sampler', 'random_sampler', 'relevancy_sampler', 'split', 'merge_tile', 'tile'],
  ...['anns_to_labels', 'astype_annotations', 'bbox_values_decrement', 'boxes_to_masks', 'boxes_to_polygons'],
  ...['clean', 'correct', 'crop_covered_segments', 'crop', 'id_from_image_name', 'map_subsets'],
  ...['masks_to_polygons', 'merge_instance_segments', 'polygons_to_masks', 'project_infos', 'project_labels'],
  ...['random_split', 'reindex', 'reindex_annotations', 'remap_labels', 'remove_annotations'],
  ...['remove_attributes', 'remove_items', 'rename', 'resize', 'shapes_to_boxes', 'sort'],
];

test('every transform of Datumaro is there by its name, but those of rows of tables', () => {
  const known = new Set(transforms.flatMap(({ name, aliases }) => [name, ...aliases]));
  expect(names.filter((name) => !known.has(name))).toEqual(['astype_annotations', 'clean']);
});

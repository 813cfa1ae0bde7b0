import {
  type Categories,
  type CategoryBuilder,
  field,
  type InfosBuilder,
  isRecord,
  wholeOf,
} from '../../model/index.ts';

const sub = (value: unknown, name: string): unknown => (isRecord(value) ? field(value, name) : undefined);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const strings = (value: unknown): string[] => list(value).filter((entry) => typeof entry === 'string');

/** Reads Datumaro's categories of one file; returns the file's label numbers as ours. */
export function addCategories(value: unknown, builder: CategoryBuilder): number[] {
  const add = builder.scope();
  const label = sub(value, 'label');
  const indices = list(sub(label, 'labels')).map((entry) => {
    const name = sub(entry, 'name');
    const parent = sub(entry, 'parent');
    return add({
      name: typeof name === 'string' ? name : '',
      parent: typeof parent === 'string' ? parent : '',
      attributes: strings(sub(entry, 'attributes')),
    });
  });
  for (const name of strings(sub(label, 'attributes'))) builder.attribute(name);
  for (const entry of list(sub(sub(value, 'mask'), 'colormap'))) {
    const index = indices[wholeOf(sub(entry, 'label_id'), -1)];
    const colour = ['r', 'g', 'b'].map((name) => wholeOf(sub(entry, name), 0));
    if (index !== undefined) builder.colour(index, [colour[0]!, colour[1]!, colour[2]!]);
  }
  for (const entry of list(sub(sub(value, 'points'), 'items'))) {
    const index = indices[wholeOf(sub(entry, 'label_id'), -1)];
    if (index === undefined) continue;
    const joints = list(sub(entry, 'joints')).map((joint) => list(joint).map((end) => wholeOf(end, 0)));
    builder.skeleton(index, {
      points: strings(sub(entry, 'labels')),
      joints: joints.filter((joint) => joint.length === 2).map((joint) => [joint[0]!, joint[1]!] as const),
    });
  }
  return indices;
}

/** The inverse of {@link addCategories}. */
export function categoryFields(categories: Categories): Record<string, unknown> {
  const { labels, attributes, skeletons, colours } = categories;
  return {
    label: {
      labels: labels.map(({ name, parent, attributes: own }) => ({ name, parent, attributes: own })),
      label_groups: [],
      attributes,
    },
    ...(colours.size === 0
      ? {}
      : { mask: { colormap: [...colours].map(([label_id, [r, g, b]]) => ({ label_id, r, g, b })) } }),
    ...(skeletons.size === 0
      ? {}
      : {
          points: {
            items: [...skeletons].map(([label_id, { points, joints }]) => ({
              label_id,
              labels: points,
              joints,
              positions: [],
            })),
          },
        }),
  };
}

/** Notes what a file says of the set. */
export function addInfos(
  said: unknown,
  builder: InfosBuilder,
  where: string,
  complain: (place: string, reason: string) => void,
): void {
  for (const [name, value] of isRecord(said) ? Object.entries(said) : []) {
    if (!builder.add(name, value, where)) complain(`infos.${name}`, 'it is too long to be kept');
  }
}

import type { Format } from '../format.ts';
import { formats } from '../formats/index.ts';
import { holdsAttribute, type Loss } from '../loss.ts';
import type { AnnotationType } from '../model/index.ts';

/** Most targets that are named. */
const most = 3;

/** Sentences that say which target would keep what is lost: those of the same family before others. */
export function adviceOn({ types, attributes }: Loss, target: Format): string[] {
  const family = familyOf(target.name);
  const writable = formats
    .filter((format): format is Format => format.write !== undefined && format.name !== target.name)
    .toSorted(
      (one, other) => Number(familyOf(other.name) === family) - Number(familyOf(one.name) === family),
    );
  const lost = types
    .filter(({ approximated, dropped }) => approximated + dropped > 0)
    .map(({ type }) => type)
    // Of a type that it holds, the notes say why some are refused.
    .filter((type) => !target.abilities.types.includes(type));
  const advice: string[] = [];
  for (const type of lost) {
    const keepers = writable.filter(({ abilities }) => abilities.types.includes(type));
    if (keepers.length > 0) advice.push(`${plural(type)} are kept by ${listed(keepers)}.`);
  }
  if (attributes.size > 0) {
    const names = [...attributes.keys()];
    const keepers = writable.filter(({ abilities }) =>
      names.every((name) => holdsAttribute(abilities, name, new Set(names))),
    );
    if (keepers.length > 0) advice.push(`Attributes are kept by ${listed(keepers)}.`);
  }
  return advice;
}

const familyOf = (name: string): string => name.split('_')[0]!;
const listed = (keepers: readonly Format[]): string =>
  keepers
    .slice(0, most)
    .map(({ name }) => name)
    .join(', ');

const plurals: Readonly<Record<AnnotationType, string>> = {
  box: 'Boxes',
  rotated_box: 'Rotated boxes',
  polygon: 'Outlines',
  polyline: 'Lines',
  mask: 'Masks',
  points: 'Points',
  ellipse: 'Ellipses',
  cuboid_2d: 'Cuboids',
  cuboid_3d: 'Cuboids in space',
  label: 'Classes of whole pictures',
  caption: 'Captions',
};
const plural = (type: AnnotationType): string => plurals[type];

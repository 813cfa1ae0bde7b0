import type { Format } from '../format.ts';
import type { Loss } from '../loss.ts';
import type { AnnotationType } from '../model/index.ts';
import type { TransformStep } from '../transforms/index.ts';

/** A transform that would keep more of what a conversion drops. */
export interface Choice {
  readonly type: AnnotationType;
  readonly step: TransformStep;
  readonly becomes: AnnotationType;
  /** Annotations that it is about. */
  readonly annotations: number;
}

/** What a transform makes of what types. */
const ways: readonly {
  readonly name: string;
  readonly from: readonly AnnotationType[];
  readonly becomes: AnnotationType;
}[] = [
  { name: 'shapes_to_boxes', from: ['polyline', 'points'], becomes: 'box' },
  {
    name: 'anns_to_labels',
    from: [
      'box',
      'rotated_box',
      'polygon',
      'polyline',
      'mask',
      'points',
      'ellipse',
      'cuboid_2d',
      'cuboid_3d',
    ],
    becomes: 'label',
  },
];

/** For each type that is dropped, the transforms that would make something of it that the target holds. */
export function choicesFor({ types }: Loss, target: Format): Choice[] {
  return types.flatMap(({ type, dropped }) =>
    dropped === 0 || target.abilities.types.includes(type)
      ? []
      : ways
          .filter(({ from, becomes }) => from.includes(type) && target.abilities.types.includes(becomes))
          .map(({ name, becomes }) => ({ type, step: { name, options: {} }, becomes, annotations: dropped })),
  );
}

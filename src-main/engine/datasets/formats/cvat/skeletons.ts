import { escapeXml } from '../../files/xml.ts';
import type { Annotation, Categories, ProblemLog, Skeleton } from '../../model/index.ts';

type Points = Extract<Annotation, { type: 'points' }>;

/** Whether points can be told apart by the names that a skeleton has for them, as CVAT does it. */
const isNamed = ({ points }: Skeleton): boolean =>
  points.length > 0 && new Set(points).size === points.length && !points.includes('');

/** The skeletons that are written, by class. */
export const namedSkeletons = ({ skeletons }: Categories): ReadonlyMap<number, Skeleton> =>
  new Map([...skeletons].filter(([, skeleton]) => isNamed(skeleton)));

/** Tells which classes' skeletons are not written, as their points can't be told apart. */
export function tellUnnamed({ labels, skeletons }: Categories, problems: ProblemLog): void {
  for (const [index, skeleton] of skeletons) {
    if (skeleton.points.length === 0 || isNamed(skeleton)) continue;
    const place = `class ${labels[index]?.name ?? index}`;
    problems.add('', place, 'its skeleton is not written, as its points are not named apart');
  }
}

/** Whether an annotation is written as its class's skeleton, one of {@link namedSkeletons}. */
export const isSkeleton = (annotation: Annotation, skeleton: Skeleton | undefined): annotation is Points =>
  annotation.type === 'points' &&
  skeleton !== undefined &&
  annotation.visibility.length === skeleton.points.length;

/** The skeleton that an annotation's class has. */
export const skeletonOf = (
  annotation: Annotation,
  skeletons: ReadonlyMap<number, Skeleton>,
): Skeleton | undefined =>
  'label' in annotation && annotation.label !== null ? skeletons.get(annotation.label) : undefined;

/** Whether an annotation is written as plain points though some of them can't be seen. */
export const hidesPoints = (annotation: Annotation, skeleton: Skeleton | undefined): boolean =>
  annotation.type === 'points' &&
  annotation.visibility.some((seen) => seen !== 2) &&
  !isSkeleton(annotation, skeleton);

export const hiddenPoints =
  'which of its points can be seen is lost, as its class has no skeleton of these points';

/** The points of a skeleton: one that is not labelled is `outside`, a hidden one `occluded`. */
export function pointLines(
  { points, visibility }: Points,
  skeleton: Skeleton,
  text: (value: number) => string,
): string[] {
  return skeleton.points.map((name, at) => {
    const place = `${text(points[2 * at]!)},${text(points[2 * at + 1]!)}`;
    const marks = `outside="${visibility[at] === 0 ? 1 : 0}" occluded="${visibility[at] === 1 ? 1 : 0}"`;
    return `      <points label="${escapeXml(name)}" source="manual" ${marks} points="${place}"></points>`;
  });
}

/**
 * Lines of the class of a skeleton: its kind and its drawing, on which the points lie in a circle, for CVAT wants places and
 * nobody has said any.
 */
export function skeletonLines(skeleton: Skeleton): string[] {
  return ['<type>skeleton</type>', `<svg>${escapeXml(drawing(skeleton))}</svg>`];
}

function drawing({ points, joints }: Skeleton): string {
  const places = points.map((_, at) => {
    const turn = (2 * Math.PI * at) / points.length;
    return [50 + 40 * Math.sin(turn), 50 - 40 * Math.cos(turn)].map((value) => value.toFixed(2));
  });
  const lines = joints.flatMap(([from, to]) => {
    const [start, end] = [places[from - 1], places[to - 1]];
    if (start === undefined || end === undefined) return [];
    const ends = `x1="${start[0]}" y1="${start[1]}" x2="${end[0]}" y2="${end[1]}"`;
    return `<line ${ends} stroke="black" data-type="edge" data-node-from="${from}" data-node-to="${to}"></line>`;
  });
  const circles = points.map((name, at) => {
    const place = `r="1.5" cx="${places[at]![0]}" cy="${places[at]![1]}"`;
    const numbers = `data-element-id="${at + 1}" data-node-id="${at + 1}"`;
    return `<circle ${place} data-type="element node" ${numbers} data-label-name="${escapeXml(name)}"></circle>`;
  });
  return [...lines, ...circles].join('');
}

/** Classes of a skeleton's points, which stand behind it. */
export const partLines = (label: string, { points }: Skeleton): string[] =>
  points.flatMap((name) => [
    '<label>',
    `  <name>${escapeXml(name)}</name>`,
    '  <type>points</type>',
    '  <attributes>',
    '  </attributes>',
    `  <parent>${escapeXml(label)}</parent>`,
    '</label>',
  ]);

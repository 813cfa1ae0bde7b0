import { child, childrenOf, childText, escapeXml, type XmlElement } from '../../files/xml.ts';
import type { CategoryBuilder, LabelCategory } from '../../model/index.ts';
import { declaredIn, readLabelFacts } from './inputs.ts';
import type { Labels } from './shapes.ts';

/** One of the classes of a name. */
interface Named {
  readonly index: number;
  /** What it is for, as CVAT calls it. */
  readonly type: string;
  /** Names of its points, where it is a skeleton. */
  readonly points: readonly string[] | null;
}

/**
 * Reads the classes of a file's head. A skeleton's points stand among them as classes below it, and are none.
 *
 * @param complain is told of classes that their shapes can't tell apart.
 */
export function readLabels(
  meta: XmlElement,
  builder: CategoryBuilder,
  complain: (reason: string) => void,
): Labels {
  const named = new Map<string, Named[]>();
  const points = new Map<number, readonly string[]>();
  const add = builder.scope();
  const all = labelsOf(meta);
  const skeletons = new Set(all.filter(isSkeleton).map(nameOf));
  for (const label of all) {
    const parent = childText(label, 'parent') ?? '';
    if (skeletons.has(parent)) continue;
    const name = nameOf(label);
    const declared = declaredIn(label);
    const attributes = declared.map((entry) => childText(entry, 'name') ?? '').filter((text) => text !== '');
    const facts = readLabelFacts(label, declared);
    const index = add({ name, parent, attributes, ...(facts.size > 0 && { facts }) } satisfies LabelCategory);
    const own = isSkeleton(label) ? pointsOf(label, all) : null;
    named.set(name, [
      ...(named.get(name) ?? []),
      { index, type: childText(label, 'type') ?? '', points: own },
    ]);
    if (own === null) continue;
    points.set(index, own);
    builder.skeleton(index, { points: own, joints: jointsOf(childText(label, 'svg') ?? '', own) });
  }
  for (const [name, classes] of named) {
    if (new Set(classes.map(kindOf)).size < classes.length)
      complain(
        `several classes are called ${name}, and shapes don't say which they are of: the first is taken`,
      );
  }
  return {
    // Text of an element comes without the blanks at its ends, and that of an attribute with them.
    find: (name, shape) => likeliest(named.get(name) ?? named.get(name.trim()) ?? [], shape)?.index,
    points,
  };
}

const nameOf = (label: XmlElement): string => childText(label, 'name') ?? '';

const isSkeleton = (label: XmlElement): boolean => childText(label, 'type') === 'skeleton';

/** What tells classes of one name apart. */
const kindOf = ({ type, points }: Named): string => JSON.stringify(points ?? type);

/** What CVAT calls classes that are for one kind of shapes, where it isn't the shape's own name. */
const types: Readonly<Record<string, string>> = { box: 'rectangle' };

/** Of the classes of one name, the one that is for such a shape; a skeleton is known by the names of its points. */
function likeliest(classes: readonly Named[], shape: XmlElement): Named | undefined {
  const [first, another] = classes;
  if (another === undefined) return first;
  if (shape.name === 'skeleton') {
    const parts = shape.children.map(({ attributes }) => attributes.get('label') ?? '');
    const skeletons = classes.filter(({ points }) => points !== null);
    return (
      skeletons.find(({ points }) => parts.every((name) => points!.includes(name))) ?? skeletons[0] ?? first
    );
  }
  const plain = classes.filter(({ points }) => points === null);
  const wanted = types[shape.name] ?? shape.name;
  return (
    plain.find(({ type }) => type === wanted) ??
    plain.find(({ type }) => type === '' || type === 'any') ??
    plain[0] ??
    first
  );
}

/** Names of a skeleton's points: those that say it is above them. Of several of one name, its drawing or their order tells which are its. */
function pointsOf(skeleton: XmlElement, all: readonly XmlElement[]): readonly string[] {
  const name = nameOf(skeleton);
  const below = all.filter((label) => childText(label, 'parent') === name);
  const alike = all.filter((label) => isSkeleton(label) && nameOf(label) === name);
  if (alike.length === 1) return below.map(nameOf);
  const drawn = new Set(nodesOf(childText(skeleton, 'svg') ?? ''));
  const following = alike[alike.indexOf(skeleton) + 1];
  const from = alike[0] === skeleton ? 0 : all.indexOf(skeleton);
  const to = following === undefined ? all.length : all.indexOf(following);
  const own = below.filter((label) => {
    const at = all.indexOf(label);
    return drawn.size > 0 ? drawn.has(escapeXml(nameOf(label))) : at >= from && at < to;
  });
  return [...new Set(own.map(nameOf))];
}

/** The classes, wherever they are: in a task, a project or a job. */
function labelsOf(meta: XmlElement): readonly XmlElement[] {
  for (const holder of meta.children) {
    const labels = holder.name === 'labels' ? holder : child(holder, 'labels');
    if (labels !== undefined) return childrenOf(labels, 'label');
  }
  return [];
}

/** Pairs of points from the drawing that CVAT keeps of a skeleton: its lines name its nodes, and its nodes the points. */
function jointsOf(svg: string, names: readonly string[]): (readonly [number, number])[] {
  const tags = svg.match(/<(?:circle|line)\b[^>]*>/g) ?? [];
  // The drawing is XML within XML.
  const known = names.map(escapeXml);
  const places = new Map<string, number>();
  for (const tag of tags) {
    const place = known.indexOf(value(tag, 'data-label-name'));
    if (place >= 0) places.set(value(tag, 'data-node-id'), place + 1);
  }
  return tags.flatMap((tag) => {
    const [from, to] = ['data-node-from', 'data-node-to'].map((key) => places.get(value(tag, key)));
    return from === undefined || to === undefined ? [] : [[from, to] as const];
  });
}

const value = (tag: string, key: string): string => new RegExp(`${key}="([^"]*)"`).exec(tag)?.[1] ?? '';

/** Names of the points that are in a drawing, as they are written there. */
const nodesOf = (svg: string): string[] =>
  (svg.match(/<circle\b[^>]*>/g) ?? [])
    .map((tag) => value(tag, 'data-label-name'))
    .filter((name) => name !== '');

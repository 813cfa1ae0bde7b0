import { child, childrenOf, childText, escapeXml, type XmlElement } from '../../files/xml.ts';
import type { CategoryBuilder, LabelCategory } from '../../model/index.ts';
import { declaredIn, readLabelFacts } from './inputs.ts';
import type { Labels } from './shapes.ts';

/** Reads the classes of a file's head. A skeleton's points stand among them as classes below it, and are none. */
export function readLabels(meta: XmlElement, builder: CategoryBuilder): Labels {
  const indices = new Map<string, number>();
  const points = new Map<number, readonly string[]>();
  const add = builder.scope();
  const all = labelsOf(meta);
  const skeletons = new Set(all.filter(isSkeleton).map((label) => childText(label, 'name') ?? ''));
  for (const label of all) {
    const parent = childText(label, 'parent') ?? '';
    if (skeletons.has(parent)) continue;
    const name = childText(label, 'name') ?? '';
    const declared = declaredIn(label);
    const attributes = declared.map((entry) => childText(entry, 'name') ?? '').filter((text) => text !== '');
    const facts = readLabelFacts(label, declared);
    const index = add({ name, parent, attributes, ...(facts.size > 0 && { facts }) } satisfies LabelCategory);
    indices.set(name, index);
    if (!isSkeleton(label)) continue;
    const own = all.filter((other) => childText(other, 'parent') === name);
    const names = own.map((other) => childText(other, 'name') ?? '');
    points.set(index, names);
    builder.skeleton(index, { points: names, joints: jointsOf(childText(label, 'svg') ?? '', names) });
  }
  // Text of an element comes without the blanks at its ends, and that of an attribute with them.
  return { find: (name) => indices.get(name) ?? indices.get(name.trim()), points };
}

const isSkeleton = (label: XmlElement): boolean => childText(label, 'type') === 'skeleton';

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
  const value = (tag: string, key: string): string => new RegExp(`${key}="([^"]*)"`).exec(tag)?.[1] ?? '';
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

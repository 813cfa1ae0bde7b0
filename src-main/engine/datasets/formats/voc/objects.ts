import { child, childrenOf, childText, type XmlElement } from '../../files/xml.ts';
import {
  type Annotation,
  type AttributeValue,
  type Box,
  fault,
  numberOf,
  type Polygon,
  type Size,
} from '../../model/index.ts';
import { addObjectFacts, partFacts } from './facts.ts';

/** Flags that every object has, as 0 or 1. */
export const flags = ['difficult', 'truncated', 'occluded'] as const;

/**
 * The boxes of one XML file, with the boxes of their parts.
 *
 * @param outlines whether to read Roboflow's `polygon`, which is the outline of the box's object, too.
 */
export function readObjects(
  root: XmlElement,
  labelOf: (name: string) => number | undefined,
  outlines: boolean,
  complain: (place: string, reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  const objects = childrenOf(root, 'object');
  for (const [index, object] of objects.entries()) {
    const place = `object ${index}`;
    const name = childText(object, 'name') ?? '';
    const label = labelOf(name);
    if (label === undefined) {
      complain(place, 'the class is not in the list of classes');
      continue;
    }
    const parts = childrenOf(object, 'part');
    const polygon = outlines ? child(object, 'polygon') : undefined;
    // An object of several parts has a number beyond those that others have.
    const several = parts.length > 0 || polygon !== undefined;
    const group = several ? objects.length + 1 + index : index;
    const attributes = readAttributes(object);
    const box = readBox(object, { id: index, group, label, attributes, zOrder: 0 });
    if (typeof box === 'string') {
      complain(place, box);
      continue;
    }
    annotations.push(box);
    if (polygon !== undefined) {
      const outline = readOutline(polygon, box);
      if (typeof outline === 'string') complain(place, outline);
      else annotations.push(outline);
    }
    for (const part of parts) {
      const of = labelOf(childText(part, 'name') ?? '');
      if (of === undefined) complain(place, 'the class of a part is not in the list of classes');
      else {
        const common = { id: index, group, label: of, attributes: partFacts(part), zOrder: 0 };
        const made = readBox(part, common);
        if (typeof made === 'string') complain(place, made);
        else annotations.push(made);
      }
    }
  }
  return annotations;
}

function readBox(
  element: XmlElement,
  common: Omit<Box, 'type' | 'x' | 'y' | 'width' | 'height'>,
): Box | string {
  const bounds = child(element, 'bndbox');
  if (bounds === undefined) return 'the object has no box';
  const left = numberOf(childText(bounds, 'xmin'));
  const top = numberOf(childText(bounds, 'ymin'));
  const width = numberOf(childText(bounds, 'xmax')) - left;
  const height = numberOf(childText(bounds, 'ymax')) - top;
  const box: Box = { ...common, type: 'box', x: left, y: top, width, height };
  return fault(box) ?? box;
}

/** Roboflow's outline: `x1`, `y1`, `x2`, `y2`, and so on. */
function readOutline(element: XmlElement, { id, group, label, attributes, zOrder }: Box): Polygon | string {
  const texts = new Map(element.children.map(({ name, text }) => [name, text]));
  const points: number[] = [];
  for (let at = 1; texts.has(`x${at}`); at += 1) {
    points.push(numberOf(texts.get(`x${at}`)), numberOf(texts.get(`y${at}`)));
  }
  const outline: Polygon = { type: 'polygon', id, group, label, attributes, zOrder, points };
  const wrong = fault(outline);
  return wrong === null ? outline : `its outline: ${wrong}`;
}

function readAttributes(object: XmlElement): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>();
  for (const flag of flags) attributes.set(flag, isTrue(childText(object, flag)));
  const pose = childText(object, 'pose');
  if (pose !== undefined) attributes.set('pose', pose);
  addObjectFacts(object, attributes);
  for (const action of child(object, 'actions')?.children ?? []) {
    attributes.set(action.name, isTrue(action.text));
  }
  for (const attribute of childrenOf(child(object, 'attributes') ?? object, 'attribute')) {
    const name = childText(attribute, 'name');
    if (name !== undefined) attributes.set(name, childText(attribute, 'value') ?? '');
  }
  return attributes;
}

/** Tools write 1, true and True; anything else, and nothing, is no. */
const isTrue = (text: string | undefined): boolean =>
  text !== undefined && text !== '0' && /^(1|true|yes)$/i.test(text);

/** The picture's size that an XML file gives, or null. */
export function readSize(root: XmlElement): Size | null {
  const size = child(root, 'size');
  if (size === undefined) return null;
  const width = numberOf(childText(size, 'width'));
  const height = numberOf(childText(size, 'height'));
  const usable = Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0;
  return usable ? { width, height } : null;
}

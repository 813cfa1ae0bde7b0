import { DOMImplementation, type Document, type Element } from '@xmldom/xmldom';
import { areaOfShape } from '../areas.ts';
import { hull } from '../convert.ts';
import type { Annotation, AttributeValue, Categories, Item } from '../model/index.ts';

/** Datumaro's names of the types that have another one here. */
const typeNames: Partial<Record<Annotation['type'], string>> = { box: 'bbox', rotated_box: 'rotated_bbox' };

const seen = ['absent', 'hidden', 'visible'] as const;

/** A value as Python prints it; whole numbers have no type here and are printed as such. */
function text(value: AttributeValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return String(value);
  return `[${value.map((entry) => (typeof entry === 'string' ? `'${entry}'` : text(entry))).join(', ')}]`;
}

/** Text without what XML can't hold. */
const clean = (value: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what XML forbids.
  value.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

/** An attribute's name as one of an element: a digit in front gets a line before it, spaces become dashes. */
function tagName(name: string): string {
  const tag = name.replaceAll(' ', '-').replace(/[^\p{L}\p{N}_.-]/gu, '_');
  return /^[\p{L}_]/u.test(tag) ? tag : `_${tag}`;
}

/** An item as a document of XML, and the element of each of its annotations. */
export interface ItemDocument {
  readonly root: Element;
  readonly annotations: readonly Element[];
}

/** An item of which nothing is known: the root of a document of its own. */
export const emptyDocument = (): Element =>
  new DOMImplementation().createDocument(null, 'item', null).documentElement!;

/**
 * An item as XML, in the elements that Datumaro's filters ask for: `item` with `id`, `subset`, `image` and an
 * `annotation` for each. See Datumaro's `DatasetItemEncoder`.
 *
 * @param isThere whether the item's picture can be read.
 */
export function itemDocument(item: Item, categories: Categories, isThere: boolean): ItemDocument {
  const root = emptyDocument();
  const build = new Builder(root.ownerDocument!);
  build.add(root, 'id', item.id);
  build.add(root, 'subset', item.subset);
  const { media } = item;
  if (media?.kind === 'image') {
    const image = build.add(root, 'image');
    build.add(image, 'height', media.size === null ? 'unknown' : String(media.size.height));
    build.add(image, 'width', media.size === null ? 'unknown' : String(media.size.width));
    build.add(image, 'has_data', isThere ? '1' : '0');
    build.add(image, 'path', media.path);
  }
  const annotations = item.annotations.map((annotation) =>
    annotationElement(build, root, annotation, categories),
  );
  return { root, annotations };
}

class Builder {
  readonly #document: Document;

  constructor(document: Document) {
    this.#document = document;
  }

  add(parent: Element, name: string, content?: string): Element {
    const element = this.#document.createElement(name);
    if (content !== undefined) element.appendChild(this.#document.createTextNode(clean(content)));
    parent.appendChild(element);
    return element;
  }

  numbers(parent: Element, values: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(values)) this.add(parent, name, String(value));
  }
}

function annotationElement(
  build: Builder,
  root: Element,
  annotation: Annotation,
  { labels }: Categories,
): Element {
  const element = build.add(root, 'annotation');
  build.add(element, 'id', String(annotation.id));
  build.add(element, 'type', typeNames[annotation.type] ?? annotation.type);
  for (const [name, value] of annotation.attributes) build.add(element, tagName(name), text(value));
  build.add(element, 'group', String(annotation.group));
  if (annotation.type === 'caption') {
    build.add(element, 'caption', annotation.text);
    return element;
  }
  build.add(element, 'label', annotation.label === null ? '' : labels[annotation.label]!.name);
  build.add(element, 'label_id', annotation.label === null ? 'None' : String(annotation.label));
  switch (annotation.type) {
    case 'box': {
      const { x, y, width, height } = annotation;
      build.numbers(element, { x, y, w: width, h: height, area: width * height });
      break;
    }
    case 'rotated_box': {
      const { centreX, centreY, width, height, angle } = annotation;
      build.numbers(element, {
        cx: centreX,
        cy: centreY,
        w: width,
        h: height,
        r: angle,
        area: width * height,
      });
      break;
    }
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      build.numbers(element, { x1: x, y1: y, x2: x + width, y2: y + height, area: areaOfShape(annotation) });
      break;
    }
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid_2d':
      pointElements(build, element, annotation);
      break;
  }
  return element;
}

function pointElements(
  build: Builder,
  element: Element,
  annotation: Extract<Annotation, { points: readonly number[] }>,
): void {
  const bounds = hull(annotation);
  if (bounds !== null) {
    const { x, y, width, height } = bounds;
    build.numbers(build.add(element, 'bbox'), { x, y, w: width, h: height, area: width * height });
  }
  for (let at = 0; at + 1 < annotation.points.length; at += 2) {
    const point = build.add(element, 'point');
    build.numbers(point, { x: annotation.points[at]!, y: annotation.points[at + 1]! });
    if (annotation.type === 'points') build.add(point, 'visible', seen[annotation.visibility[at / 2]!]);
  }
}

import {
  type Attributes,
  type AttributeValue,
  attributesOf,
  furtherFields,
  toRecord,
} from '../../model/index.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Fields of a file that labelme has a meaning for; the colours are of the lines that version 3 drew. */
const ofFile = new Set([
  ...['version', 'flags', 'shapes', 'imagePath', 'imageData', 'imageHeight', 'imageWidth'],
  ...['lineColor', 'fillColor'],
]);

/**
 * What a file says of its picture in further fields. labelme keeps them when it writes a file again; X-AnyLabeling has
 * `description`, `checked` and others.
 */
export function pictureFacts(fields: Fields): Map<string, AttributeValue> {
  const facts = new Map<string, AttributeValue>();
  for (const [name, value] of attributesOf(fields)) {
    if (!ofFile.has(name) && saysSomething(name, value)) facts.set(name, value);
  }
  return facts;
}

/** X-AnyLabeling writes its fields empty into every file. */
function saysSomething(name: string, value: AttributeValue): boolean {
  if (value === null || value === '' || value === '{}') return false;
  if (Array.isArray(value)) return value.length > 0;
  return name !== 'checked' || value !== false;
}

/** A picture's attributes as further fields of its file. */
export const pictureFields = (attributes: Attributes) => furtherFields(attributes, ofFile);

/** A shape's attributes at the places where labelme and X-AnyLabeling have them. */
export function shapeFields(attributes: Attributes): Fields {
  const description = attributes.get('description');
  const described = typeof description === 'string';
  const fields: Record<string, unknown> = { description: described ? description : '' };
  const rest = new Map(attributes);
  if (described && description !== '') rest.delete('description');
  for (const [name, kind] of ofShape) {
    const value = rest.get(name);
    if (typeof value !== kind) continue;
    fields[name] = value;
    rest.delete(name);
  }
  const isFlag = ([, value]: readonly [string, AttributeValue]): boolean => typeof value === 'boolean';
  const others = [...rest].filter((entry) => !isFlag(entry));
  fields['flags'] = toRecord(new Map([...rest].filter(isFlag)));
  return others.length === 0 ? fields : { ...fields, attributes: toRecord(new Map(others)) };
}

/** Fields of X-AnyLabeling's shapes, and what they hold. */
const ofShape = [
  ['score', 'number'],
  ['difficult', 'boolean'],
] as const;

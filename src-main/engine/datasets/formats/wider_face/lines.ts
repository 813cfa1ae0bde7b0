import { type Annotation, type AttributeValue, numberOf } from '../../model/index.ts';
import { plainShape } from '../common/read.ts';

/** What follows a box's numbers, in this order. */
export const faceAttributes = ['blur', 'expression', 'illumination', 'occluded', 'pose', 'invalid'] as const;

/** The class of boxes without another. */
export const faceName = 'face';

/**
 * `x y width height [blur expression illumination occlusion pose invalid] [class]`. Attributes stay text, as in
 * Datumaro; `-` is one that is not known.
 */
export function parseBox(line: string, labelOf: (name: string) => number | null): Annotation | string {
  const words = line.trim().split(/\s+/);
  if (words.length < 4) return 'the line has no four numbers';
  const [x = Number.NaN, y = Number.NaN, width = Number.NaN, height = Number.NaN] = words
    .slice(0, 4)
    .map(numberOf);
  const attributes = new Map<string, AttributeValue>();
  const attributed = words.length >= 10;
  if (attributed) {
    for (const [index, name] of faceAttributes.entries()) {
      const word = words[4 + index]!;
      if (word === '-') continue;
      attributes.set(name, word === 'True' ? true : word === 'False' ? false : word);
    }
  }
  const name = words.slice(attributed ? 10 : 4).join(' ');
  const label = labelOf(name === '' ? faceName : name);
  if (label === null && name !== '') return `there is no class ${name}`;
  return { ...plainShape(label, attributes), type: 'box', x, y, width, height };
}

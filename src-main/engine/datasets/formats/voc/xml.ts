import { fileNameOf, folderOf } from '../../files/paths.ts';
import { escapeXml } from '../../files/xml.ts';
import {
  type AttributeValue,
  type Box,
  type Colour,
  flagOf,
  type Item,
  type LabelCategory,
} from '../../model/index.ts';
import { pictureLines, pointText } from './facts.ts';
import { flags } from './objects.ts';
import { boundsText, type nest, partText, type Scan } from './parts.ts';

/** Classes as VOC has them: the background first. */
export interface Classes {
  readonly labels: readonly LabelCategory[];
  readonly colours: readonly Colour[];
  /** What is added to a label index of the source. */
  readonly shift: number;
}

/** The XML file of an item. */
export function xmlText(
  item: Item,
  name: string,
  objects: ReturnType<typeof nest>,
  segmented: boolean,
  classes: Classes,
  { actions }: Scan,
  lose: (reason: string) => void,
): string {
  const size = item.media?.size ?? null;
  const about = pictureLines(item.attributes, size !== null);
  const lines = [
    about.start,
    `  <folder>${escapeXml(folderOf(name))}</folder>`,
    `  <filename>${escapeXml(fileNameOf(name))}</filename>`,
    about.source,
    ...about.owner,
  ];
  if (size !== null) {
    const sides = `<width>${size.width}</width><height>${size.height}</height>`;
    lines.push(`  <size>${sides}<depth>${about.depth}</depth></size>`);
  }
  lines.push(`  <segmented>${segmented ? 1 : 0}</segmented>`, ...about.attributes);
  const nameOf = (label: number): string => classes.labels[label + classes.shift]!.name;
  for (const { box, parts } of objects) {
    if (box.label === null) lose('a box without a class');
    else {
      const inside = parts.map((part) => partText(part, nameOf(part.label!)));
      lines.push(objectText(box, nameOf(box.label), inside, actions.get(box.label) ?? []));
    }
  }
  lines.push('</annotation>', '');
  return lines.join('\n');
}

/** The lines of flags, as most objects have the same. */
const flagTexts = flags.map((name) => ({
  name,
  no: `    <${name}>0</${name}>\n`,
  yes: `    <${name}>1</${name}>\n`,
}));

/** An object as one text, without the end of its last line: a set has a million of them. */
function objectText(box: Box, name: string, inside: readonly string[], actions: readonly string[]): string {
  const { attributes } = box;
  let text = `  <object>\n    <name>${escapeXml(name)}</name>\n`;
  const pose = attributes.get('pose');
  if (typeof pose === 'string') text += `    <pose>${escapeXml(pose)}</pose>\n`;
  for (const { name: flag, no, yes } of flagTexts) text += flagOf(attributes.get(flag)) === true ? yes : no;
  text += boundsText(box);
  const point = pointText(attributes);
  text += point;
  for (const part of inside) text += part;
  const done = actions.filter((action) => attributes.has(action));
  if (done.length > 0) {
    text += '    <actions>\n';
    for (const action of done)
      text += `      <${action}>${flagOf(attributes.get(action)) === true ? 1 : 0}</${action}>\n`;
    text += '    </actions>\n';
  }
  const isToldOf = (key: string): boolean =>
    (key === 'pose' && typeof pose === 'string') ||
    (key === 'point' && point !== '') ||
    (flags as readonly string[]).includes(key) ||
    done.includes(key);
  let rest = '';
  for (const [key, value] of attributes) {
    if (isToldOf(key)) continue;
    const [shown, said] = [escapeXml(key), escapeXml(attributeText(value))];
    rest += `      <attribute>\n        <name>${shown}</name>\n        <value>${said}</value>\n      </attribute>\n`;
  }
  if (rest !== '') text += `    <attributes>\n${rest}    </attributes>\n`;
  return `${text}  </object>`;
}

/** Text of a value; booleans are Python's words, as other tools write them. */
function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}

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
import { pictureLines, pointLines } from './facts.ts';
import { flags } from './objects.ts';
import { boundsLines, type nest, partLines, type Scan } from './parts.ts';

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
      const inside = parts.flatMap((part) => partLines(part, nameOf(part.label!)));
      lines.push(...objectLines(box, nameOf(box.label), inside, actions.get(box.label) ?? []));
    }
  }
  lines.push('</annotation>', '');
  return lines.join('\n');
}

function objectLines(
  box: Box,
  name: string,
  inside: readonly string[],
  actions: readonly string[],
): string[] {
  const lines = ['  <object>', `    <name>${escapeXml(name)}</name>`];
  const rest = new Map(box.attributes);
  const pose = rest.get('pose');
  if (typeof pose === 'string') {
    lines.push(`    <pose>${escapeXml(pose)}</pose>`);
    rest.delete('pose');
  }
  for (const flag of flags) {
    lines.push(`    <${flag}>${flagOf(rest.get(flag)) === true ? 1 : 0}</${flag}>`);
    rest.delete(flag);
  }
  lines.push(...boundsLines(box, '    '), ...pointLines(rest), ...inside);
  const done = actions.filter((action) => rest.has(action));
  if (done.length > 0) {
    const marks = done.map(
      (action) => `      <${action}>${flagOf(rest.get(action)) === true ? 1 : 0}</${action}>`,
    );
    lines.push('    <actions>', ...marks, '    </actions>');
    for (const action of done) rest.delete(action);
  }
  if (rest.size > 0) {
    lines.push('    <attributes>');
    for (const [key, value] of rest) {
      const text = attributeText(value);
      lines.push(
        '      <attribute>',
        `        <name>${escapeXml(key)}</name>`,
        `        <value>${escapeXml(text)}</value>`,
        '      </attribute>',
      );
    }
    lines.push('    </attributes>');
  }
  lines.push('  </object>');
  return lines;
}

/** Text of a value; booleans are Python's words, as other tools write them. */
function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return JSON.stringify(value);
}

import { escapeXml } from '../../files/xml.ts';
import type { LabelCategory } from '../../model/index.ts';

/** The control that something is said about a region with. */
export type Said = 'choices' | 'number' | 'textarea';

const controls = {
  rectangle: 'RectangleLabels',
  polygon: 'PolygonLabels',
  keypoint: 'KeyPointLabels',
  ellipse: 'EllipseLabels',
  brush: 'BrushLabels',
} as const;

/** The labelling interface, in which every class and every attribute of the set can be chosen. */
export function configText(labels: readonly LabelCategory[], said: ReadonlyMap<string, Said>): string {
  const lines = ['<View>', '  <Image name="image" value="$image"/>'];
  for (const [kind, control] of Object.entries(controls)) {
    lines.push(`  <${control} name="${kind}_class" toName="image">`);
    for (const { name } of labels) lines.push(`    <Label value="${escapeXml(name)}"/>`);
    lines.push(`  </${control}>`);
  }
  lines.push('  <Choices name="picture_class" toName="image" choice="multiple">');
  for (const { name } of labels) lines.push(`    <Choice value="${escapeXml(name)}"/>`);
  lines.push('  </Choices>', '  <TextArea name="caption" toName="image"/>');
  for (const [name, kind] of said) {
    const own = `name="${escapeXml(name)}" toName="image" perRegion="true"`;
    if (kind === 'number') lines.push(`  <Number ${own}/>`);
    else if (kind === 'textarea') lines.push(`  <TextArea ${own}/>`);
    else {
      const choices = ['true', 'false'].map((value) => `<Choice value="${value}"/>`);
      lines.push(`  <Choices ${own}>${choices.join('')}</Choices>`);
    }
  }
  return `${lines.join('\n')}\n</View>\n`;
}

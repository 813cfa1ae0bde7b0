import { sharp } from '../../files/sharp.ts';
import { escapeXml } from '../../files/xml.ts';
import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { boundsOf, decodeBitmap } from '../../masks.ts';
import { type Annotation, flagOf, type Mask, without } from '../../model/index.ts';
import { writeMeta } from '../common/meta.ts';
import { plainNumber, type Work, writeSet } from '../common/write.ts';
import { attributesText } from './attributes.ts';

/** Writes `Annotations/<subset>/`, `Images/<subset>/` and `Masks/<subset>/`. */
export function writeLabelMe(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `Images/${item.subset}/${name}`,
    async each(work) {
      const { item, id, name, annotations, size, output } = work;
      const lines = [
        '<annotation>',
        `  <filename>${escapeXml(name)}</filename>`,
        `  <folder>${escapeXml(item.subset)}</folder>`,
        '  <source>',
        '    <sourceImage></sourceImage>',
        '    <sourceAnnotation>Refinery</sourceAnnotation>',
        '  </source>',
      ];
      if (size !== null) {
        lines.push(
          '  <imagesize>',
          `    <nrows>${size.height}</nrows>`,
          `    <ncols>${size.width}</ncols>`,
          '  </imagesize>',
        );
      }
      const groups = new Map<number, number[]>();
      for (const [at, { group }] of annotations.entries()) {
        if (group !== 0) groups.set(group, [...(groups.get(group) ?? []), at]);
      }
      for (const [at, part] of annotations.entries()) {
        const label = 'label' in part && part.label !== null ? labels[part.label]!.name : '';
        const members = groups.get(part.group) ?? [];
        lines.push(...head(part, at, label, members), ...(await shapeLines(work, part, at)));
        const rest = without(part.attributes, 'occluded', 'username');
        lines.push(`    <attributes>${escapeXml(attributesText(rest))}</attributes>`, '  </object>');
      }
      await output.text(`Annotations/${item.subset}/${id}.xml`, `${lines.join('\n')}\n</annotation>\n`);
    },
    finish: (output) => writeMeta(output, labels),
  });
}

/** The first of a group has the others as its parts. */
function head(part: Annotation, id: number, label: string, members: readonly number[]): string[] {
  const [first] = members;
  return [
    '  <object>',
    `    <name>${escapeXml(label)}</name>`,
    '    <deleted>0</deleted>',
    '    <verified>0</verified>',
    `    <occluded>${flagOf(part.attributes.get('occluded')) === true ? 'yes' : 'no'}</occluded>`,
    '    <date></date>',
    `    <id>${id}</id>`,
    '    <parts>',
    `      <hasparts>${first === id ? members.slice(1).join(',') : ''}</hasparts>`,
    `      <ispartof>${first === undefined || first === id ? '' : first}</ispartof>`,
    '    </parts>',
  ];
}

async function shapeLines(work: Work, part: Annotation, id: number): Promise<string[]> {
  const given = part.attributes.get('username');
  const user = `      <username>${escapeXml(typeof given === 'string' ? given : '')}</username>`;
  if (part.type === 'mask') {
    const file = `${work.id}_mask_${id}.png`;
    await work.output.bytes(`Masks/${work.item.subset}/${file}`, await maskPng(part));
    const { x, y, width, height } = boundsOf(part) ?? { x: 0, y: 0, width: 0, height: 0 };
    const box = { xmin: x, ymin: y, xmax: x + width, ymax: y + height };
    const sides = Object.entries(box).map(([key, value]) => `        <${key}>${value}</${key}>`);
    const mask = `      <mask>${escapeXml(file)}</mask>`;
    return ['    <segm>', mask, '      <box>', ...sides, '      </box>', user, '    </segm>'];
  }
  let ring: readonly number[] = [];
  if (part.type === 'polygon') ring = part.points;
  else if (part.type === 'box') {
    const { x, y, width, height } = part;
    ring = [x, y, x + width, y, x + width, y + height, x, y + height];
  }
  const points = Array.from({ length: ring.length >> 1 }, (_, at) => [
    '      <pt>',
    `        <x>${plainNumber(ring[2 * at]!)}</x>`,
    `        <y>${plainNumber(ring[2 * at + 1]!)}</y>`,
    '      </pt>',
  ]);
  const type = part.type === 'box' ? ['    <type>bounding_box</type>'] : [];
  return [...type, '    <polygon>', ...points.flat(), user, '    </polygon>'];
}

/** LabelMe's masks are transparent where nothing is. */
async function maskPng({ counts, width, height }: Mask): Promise<Uint8Array> {
  const bitmap = decodeBitmap(counts, width, height);
  const pixels = new Uint8Array(bitmap.length * 4);
  for (const [place, bit] of bitmap.entries()) if (bit === 1) pixels.set([255, 203, 0, 153], place * 4);
  return sharp(pixels, { raw: { width, height, channels: 4 } })
    .png()
    .toBuffer();
}

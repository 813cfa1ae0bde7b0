import type { Abilities, Dataset, WriteOptions, WriteReport } from '../../format.ts';
import { decodeBitmap } from '../../masks.ts';
import {
  type Attributes,
  type AttributeValue,
  type Box,
  flagOf,
  type LabelCategory,
  type Mask,
  numberOf,
  objectOf,
  type Size,
} from '../../model/index.ts';
import { csvText } from '../common/csv.ts';
import { grey8Png } from '../common/paint.ts';
import { type Work, writeSet } from '../common/write.ts';
import { attributeColumns, classFactsFile, classFactsText, codesOf, factsRow, textOf } from './facts.ts';
import { boxColumns, flags, hierarchyFile, imageColumns, maskColumns, sizesFile } from './files.ts';

/** Writes `annotations/`, `images/<subset>/` and `masks/<subset>/`. */
export function writeOpenImages(
  dataset: Dataset,
  folder: string,
  abilities: Abilities,
  options: WriteOptions,
): Promise<WriteReport> {
  const { labels } = dataset.categories;
  const codes = codesOf(labels);
  const files = new Set<string>();
  return writeSet(dataset, folder, abilities, options, {
    picture: ({ item, name }) => `images/${item.subset}/${name}`,
    async each(work) {
      const { item, id, annotations, size, sinks, lose } = work;
      const table = (
        name: string,
        columns: readonly string[],
        row: readonly (string | number)[],
      ): Promise<void> =>
        sinks.add(`annotations/${item.subset}-${name}.csv`, csvText([row]), csvText([columns]));
      const { row: facts, rest } = factsRow(item.attributes);
      await table('images-with-rotation', imageColumns, [id, item.subset, ...facts]);
      if (rest !== null) await table('image-attributes', attributeColumns, [id, rest]);
      if (size !== null) {
        const quoted = /[\s"'\\]/.test(id) ? `"${id.replace(/["\\]/g, '\\$&')}"` : id;
        const head = '# <image name> <height> <width>\n\n';
        await sinks.add(`annotations/${sizesFile}`, `${quoted} ${size.height} ${size.width}\n`, head);
      }
      const boxes = annotations.filter((part): part is Box => part.type === 'box');
      for (const part of annotations) {
        if (!('label' in part)) continue;
        if (part.label === null) lose('an annotation without a class');
        else if (part.type === 'label') {
          const row = [id, textOf(part.attributes, 'source'), codes[part.label]!, scoreOf(part)];
          await table('annotations-human-imagelabels', ['ImageID', 'Source', 'LabelName', 'Confidence'], row);
        } else if (size === null) lose("the picture's size is not known, and the numbers are parts of it");
        else if (part.type === 'box') {
          const marks = flags.map(({ attribute }) => flagNumber(part.attributes.get(attribute)));
          const head = [id, textOf(part.attributes, 'source'), codes[part.label]!, scoreOf(part)];
          const row = [...head, ...corners(part, size), ...marks];
          await table('annotations-bbox', boxColumns, row);
        } else if (part.type === 'mask') {
          const { name } = labels[part.label]!;
          const boxId = boxIdOf(part, annotations.indexOf(part));
          const file = freeName(`${slug(id)}_${slug(name)}_${boxId}`, `${item.subset}/`, files);
          const box = part.group === 0 ? undefined : boxes.find((box) => objectOf(box) === objectOf(part));
          const at = box === undefined ? ['', '', '', ''] : corners(box, size);
          const overlap = part.attributes.get('predicted_iou');
          const said = [typeof overlap === 'number' ? overlap : '', textOf(part.attributes, 'clicks')];
          const row = [file, id, codes[part.label]!, boxId, ...at, ...said];
          await writeMask(work, part, file);
          await table('annotations-object-segmentation', maskColumns, row);
        }
      }
    },
    async finish(output) {
      await output.text(
        'annotations/class-descriptions.csv',
        csvText(labels.map(({ name }, index) => [codes[index]!, name])),
      );
      await output.text(
        `annotations/${hierarchyFile}`,
        `${JSON.stringify(treeOf(labels, codes), null, 2)}\n`,
      );
      const facts = classFactsText(labels, codes);
      if (facts !== null) await output.text(`annotations/${classFactsFile}`, facts);
    },
  });
}

const scoreOf = ({ attributes }: { readonly attributes: Attributes }): number => {
  const score = numberOf(attributes.get('score'));
  return Number.isFinite(score) ? score : 1;
};

/** 1 yes, 0 no, -1 not known. */
const flagNumber = (value: AttributeValue | undefined): number => {
  const flag = flagOf(value);
  return flag === undefined ? -1 : Number(flag);
};

const corners = ({ x, y, width, height }: Box, size: Size): number[] => [
  x / size.width,
  (x + width) / size.width,
  y / size.height,
  (y + height) / size.height,
];

function boxIdOf(mask: Mask, index: number): string {
  const own = mask.attributes.get('box_id');
  return typeof own === 'string' && /^[\w-]{1,40}$/.test(own) ? own : index.toString(16).padStart(8, '0');
}

/** Letters and digits of a name, for a file that every system takes. */
const slug = (name: string): string =>
  name
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .slice(0, 80);

function freeName(stem: string, scope: string, taken: Set<string>): string {
  let name = `${stem}.png`;
  for (let turn = 2; taken.has(scope + name.toLowerCase()); turn += 1) name = `${stem}-${turn}.png`;
  taken.add(scope + name.toLowerCase());
  return name;
}

async function writeMask({ item, output }: Work, mask: Mask, file: string): Promise<void> {
  const bitmap = decodeBitmap(mask.counts, mask.width, mask.height);
  // Grey, not indexed: Datumaro reads a palette as three channels, and then there are three masks in one.
  const { width, height } = mask;
  const values = Int32Array.from(bitmap, (bit) => 255 * bit);
  await output.bytes(`masks/${item.subset}/${file}`, await grey8Png({ width, height, values }));
}

interface Node {
  readonly LabelName: string;
  Subcategory?: Node[];
}

/** The classes that have others above or below them. */
function treeOf(labels: readonly LabelCategory[], codes: readonly string[]): Node {
  const nodes = new Map<string, Node>(labels.map(({ name }, at) => [name, { LabelName: codes[at]! }]));
  let root = '/m/0';
  for (let turn = 1; codes.includes(root); turn += 1) root = `/m/${turn}`;
  const tops: Node[] = [];
  for (const { name, parent } of labels) {
    const above = parent === name ? undefined : nodes.get(parent);
    if (above === undefined) tops.push(nodes.get(name)!);
    else above.Subcategory = [...(above.Subcategory ?? []), nodes.get(name)!];
  }
  return { LabelName: root, Subcategory: tops.filter((node) => node.Subcategory !== undefined) };
}

import { encodeBitmap } from '../../masks.ts';
import {
  type Annotation,
  type AttributeValue,
  type Box,
  fault,
  numberOf,
  type Size,
} from '../../model/index.ts';
import type { CsvRow } from '../common/csv.ts';
import { readBitmap } from '../common/masks.ts';
import { plainShape } from '../common/read.ts';
import { addText } from './facts.ts';
import { flags } from './files.ts';

/** Where a mask's picture is. */
export interface MaskPlace {
  readonly path: string;
}

const noSize = "without the picture's size the object in pixels is not known";

/** A row of the table of classes of whole pictures. */
export function toLabel(row: CsvRow, label: number): Annotation | string {
  const score = numberOf(row.get('Confidence'));
  if (!Number.isFinite(score)) return 'the confidence is not a number';
  const attributes = new Map<string, AttributeValue>([['score', score]]);
  addText(row, 'Source', attributes, 'source');
  return { type: 'label', id: 0, group: 0, label, attributes };
}

/** A row of the table of boxes, whose numbers are parts of the picture's sides. */
export function toBox(row: CsvRow, label: number, size: Size | null, group: number): Annotation | string {
  if (size === null) return noSize;
  const [left, right, top, bottom] = ['XMin', 'XMax', 'YMin', 'YMax'].map((column) =>
    numberOf(row.get(column)),
  );
  const attributes = new Map<string, AttributeValue>();
  const score = numberOf(row.get('Confidence'));
  if (Number.isFinite(score)) attributes.set('score', score);
  addText(row, 'Source', attributes, 'source');
  for (const { attribute, column } of flags) {
    const value = row.get(column);
    if (value === '0' || value === '1') attributes.set(attribute, value === '1');
  }
  const x = left! * size.width;
  const y = top! * size.height;
  const shape = plainShape(label, attributes, 0, group);
  const box: Box = {
    ...shape,
    type: 'box',
    x,
    y,
    width: right! * size.width - x,
    height: bottom! * size.height - y,
  };
  return fault(box) ?? box;
}

/** A millionth is what the original tables keep. */
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1.5e-6;

/** A row of the table of masks. The mask belongs to the box of its class that lies where the row says. */
export async function toMask(
  row: CsvRow,
  label: number,
  size: Size | null,
  place: MaskPlace,
  before: readonly Annotation[],
): Promise<Annotation | string> {
  if (size === null) return noSize;
  const attributes = new Map<string, AttributeValue>([['box_id', row.get('BoxID')]]);
  const overlap = numberOf(row.get('PredictedIoU'));
  if (Number.isFinite(overlap)) attributes.set('predicted_iou', overlap);
  addText(row, 'Clicks', attributes, 'clicks');
  const [left, right, top, bottom] = ['BoxXMin', 'BoxXMax', 'BoxYMin', 'BoxYMax'].map((column) =>
    numberOf(row.get(column)),
  );
  const box = before.findLast(
    (part): part is Box =>
      part.type === 'box' &&
      part.label === label &&
      near(part.x / size.width, left!) &&
      near((part.x + part.width) / size.width, right!) &&
      near(part.y / size.height, top!) &&
      near((part.y + part.height) / size.height, bottom!),
  );
  const { width, height, bitmap } = await readBitmap(place.path, size);
  const counts = encodeBitmap(bitmap, width, height);
  return { ...plainShape(label, attributes, 0, box?.group ?? 0), type: 'mask', width, height, counts };
}

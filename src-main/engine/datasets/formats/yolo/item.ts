import { pictureSize, textIfThere } from '../../files/folder.ts';
import { inside } from '../../files/paths.ts';
import { type Annotation, type Item, noAttributes, type ProblemLog } from '../../model/index.ts';
import { type LineKind, type PointShape, parseLine } from './lines.ts';

export interface Reading {
  readonly folder: string;
  readonly kind: LineKind;
  readonly shape: PointShape | null;
  readonly classes: number;
  readonly problems: ProblemLog;
}

/** One picture and its label file. A picture without one has no objects, which YOLO takes for background. */
export async function readItem(
  { folder, kind, shape, classes, problems }: Reading,
  id: string,
  subset: string,
  picture: string,
  label: string,
): Promise<Item> {
  const path = inside(folder, picture);
  const size = await pictureSize(path);
  const text = (await textIfThere(inside(folder, label))) ?? '';
  const lines = text.includes('\r') ? text.split(/\r?\n/) : text.split('\n');
  const annotations: Annotation[] = [];
  let index = 0;
  for (let number = 0; number < lines.length; number += 1) {
    const line = lines[number]!;
    if (line.trim() === '') continue;
    if (size === null) {
      problems.add(picture, '', 'without the picture its size and the objects in pixels are not known');
      break;
    }
    const parsed = parseLine(line, kind, index, size, classes, shape);
    index += 1;
    if (typeof parsed === 'string') problems.add(label, `line ${number + 1}`, parsed);
    else annotations.push(...parsed);
  }
  return {
    id,
    subset,
    media: { kind: 'image', path, size },
    attributes: noAttributes,
    annotations,
  };
}

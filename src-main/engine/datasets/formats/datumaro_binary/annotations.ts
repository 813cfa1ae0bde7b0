import { RefineryError } from '../../../../contract/errors.ts';
import { compressCounts, expandCounts } from '../../masks.ts';
import {
  type Annotation,
  attributesOf,
  type Common,
  fault,
  toRecord,
  type Visibility,
} from '../../model/index.ts';
import { joinObject, splitObject } from '../datumaro/parse.ts';
import type { ByteReader, ByteWriter } from './bytes.ts';

/** Datumaro's numbers of the types. */
const numbers = {
  label: 1,
  mask: 2,
  points: 3,
  polygon: 4,
  polyline: 5,
  box: 6,
  caption: 7,
  cuboid_3d: 8,
  ellipse: 11,
  cuboid_2d: 15,
} as const;

type Packed = keyof typeof numbers;

const typeOf = new Map<number, Packed>(
  Object.entries(numbers).map(([type, number]) => [number, type as Packed]),
);

/** Stands for no class. */
const noLabel = 2 ** 31 - 1;

/**
 * Reads a list of annotations. One whose values make no sense is told and left out.
 *
 * @throws where the bytes end early, or a type is not known, since what follows can't be found then.
 */
export function readAnnotations(
  reader: ByteReader,
  labels: readonly number[],
  complain: (place: string, reason: string) => void,
): Annotation[] {
  const annotations: Annotation[] = [];
  const count = reader.unsigned();
  for (let index = 0; index < count; index += 1) {
    const made = readAnnotation(reader);
    const place = `annotation ${index}`;
    const label = 'label' in made && made.label !== null ? labels[made.label] : undefined;
    const wrong = fault(made);
    if (wrong !== null) complain(place, `${made.type}: ${wrong}`);
    else if ('label' in made && made.label !== null) {
      if (label === undefined) complain(place, 'there is no class of this number');
      else annotations.push({ ...made, label } as Annotation);
    } else annotations.push(made);
  }
  return annotations;
}

function readAnnotation(reader: ByteReader): Annotation {
  const number = reader.byte();
  const type = typeOf.get(number);
  if (type === undefined)
    throw new RefineryError('INPUT_CORRUPT', `annotations of the type ${number} are not known`);
  const [id, group, object] = [reader.long(), reader.long(), reader.whole()];
  const common: Common = { id, group, attributes: joinObject(attributesOf(reader.fields()), object) };
  if (type === 'caption') return { ...common, type, text: reader.text() };
  const given = reader.whole();
  const label = given === noLabel ? null : given;
  if (type === 'label') return { ...common, type, label: given };
  if (type === 'cuboid_3d') {
    const [px, py, pz, rx, ry, rz, sx, sy, sz] = [...reader.floats(), ...Array(9).fill(Number.NaN)];
    return { ...common, type, label, position: [px, py, pz], rotation: [rx, ry, rz], scale: [sx, sy, sz] };
  }
  const shape = { ...common, label, zOrder: reader.whole() };
  if (type === 'mask') {
    const [height, width] = [reader.whole(), reader.whole()];
    return { ...shape, type, width, height, counts: expandCounts(reader.text()) ?? [] };
  }
  const points = reader.floats();
  switch (type) {
    case 'points': {
      const seen = reader.wholes();
      const visibility = seen.map((value): Visibility => (value === 0 || value === 1 ? value : 2));
      return { ...shape, type, points, visibility };
    }
    case 'box':
    case 'ellipse': {
      const [x = Number.NaN, y = Number.NaN, right = Number.NaN, bottom = Number.NaN] = points;
      return { ...shape, type, x, y, width: right - x, height: bottom - y };
    }
    default:
      return { ...shape, type, points };
  }
}

/** The inverse of {@link readAnnotations}, for the types that Datumaro packs. */
export function writeAnnotations(writer: ByteWriter, annotations: readonly Annotation[]): void {
  writer.unsigned(annotations.length);
  for (const annotation of annotations) writeAnnotation(writer, annotation);
}

function writeAnnotation(writer: ByteWriter, annotation: Annotation): void {
  const { rest, object } = splitObject(annotation.attributes);
  writer.byte(numbers[annotation.type as Packed]);
  writer.long(annotation.id);
  writer.long(annotation.group);
  writer.whole(object);
  writer.fields(toRecord(rest));
  if (annotation.type === 'caption') {
    writer.text(annotation.text);
    return;
  }
  writer.whole(annotation.label ?? noLabel);
  if (annotation.type === 'label') return;
  if (annotation.type === 'cuboid_3d') {
    writer.floats([...annotation.position, ...annotation.rotation, ...annotation.scale]);
    return;
  }
  writer.whole(annotation.zOrder);
  switch (annotation.type) {
    case 'mask':
      writer.whole(annotation.height);
      writer.whole(annotation.width);
      writer.text(compressCounts(annotation.counts));
      return;
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      writer.floats([x, y, x + width, y + height]);
      return;
    }
    case 'points':
      writer.floats(annotation.points);
      writer.wholes(annotation.visibility);
      return;
    case 'rotated_box':
      throw new Error('a rotated box is made an outline before');
    default:
      writer.floats(annotation.points);
  }
}

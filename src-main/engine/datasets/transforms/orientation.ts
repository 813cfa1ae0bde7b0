import { z } from 'zod';
import { toErrorValue } from '../../../contract/errors.ts';
import { decodeBitmap, encodeBitmap } from '../masks.ts';
import type { Annotation, Size } from '../model/index.ts';
import { framed, orientationOf } from './frames.ts';
import { openPicture } from './painting.ts';
import { defineTransform, mapItems } from './transform.ts';

/** Where a point of a stored picture is shown; orientations from 5 on turn it by a quarter. */
function shownAt(x: number, y: number, orientation: number, { width, height }: Size): [number, number] {
  switch (orientation) {
    case 5:
      return [y, x];
    case 6:
      return [height - y, x];
    case 7:
      return [height - y, width - x];
    default:
      return [y, width - x];
  }
}

/** The angle of a direction after it is turned alike. */
function shownAngle(angle: number, orientation: number): number {
  const turned = [90 - angle, angle + 90, 270 - angle, angle - 90][orientation - 5]!;
  return turned > 180 ? turned - 360 : turned;
}

/**
 * An annotation of a picture as it is stored, for the picture as it is shown.
 *
 * @param orientation by EXIF, 5 to 8.
 * @param stored the size of the picture as it is stored.
 */
export function turned(annotation: Annotation, orientation: number, stored: Size): Annotation {
  const points = (of: readonly number[]): number[] =>
    of.flatMap((x, at) => (at % 2 === 0 ? shownAt(x, of[at + 1]!, orientation, stored) : []));
  switch (annotation.type) {
    case 'box':
    case 'ellipse': {
      const { x, y, width, height } = annotation;
      const [x0, y0, x1, y1] = points([x, y, x + width, y + height]) as [number, number, number, number];
      return { ...annotation, x: Math.min(x0, x1), y: Math.min(y0, y1), width: height, height: width };
    }
    case 'rotated_box': {
      const [centreX, centreY] = shownAt(annotation.centreX, annotation.centreY, orientation, stored);
      return { ...annotation, centreX, centreY, angle: shownAngle(annotation.angle, orientation) };
    }
    case 'polygon':
    case 'polyline':
    case 'points':
    case 'cuboid_2d':
      return { ...annotation, points: points(annotation.points) };
    case 'mask': {
      const { width, height } = annotation;
      const pixels = decodeBitmap(annotation.counts, width, height);
      const bitmap = new Uint8Array(pixels.length);
      for (let y = 0; y < height; y += 1) {
        for (let x = 0; x < width; x += 1) {
          const [right, down] = shownAt(x + 0.5, y + 0.5, orientation, { width, height });
          bitmap[Math.floor(down) * height + Math.floor(right)] = pixels[y * width + x]!;
        }
      }
      return { ...annotation, width: height, height: width, counts: encodeBitmap(bitmap, height, width) };
    }
    default:
      return annotation;
  }
}

export const bakeOrientation = defineTransform({
  name: 'bake_orientation',
  about: 'pictures',
  description: 'Turns the pictures that EXIF says are to be turned, for programs that do not look at it.',
  remakes: true,
  options: z.strictObject({}),
  apply: (dataset, _, { scratch }) =>
    mapItems(dataset, async (given) => {
      const { media } = given;
      if (media?.kind !== 'image') return given;
      const orientation = await orientationOf(media.path);
      if (orientation === 1) return given;
      const frame = await framed(given, dataset.problems, 'left as it is');
      if (frame === null) return given;
      const { item, size, upright } = frame;
      const shown = upright ? size : { width: size.height, height: size.width };
      const annotations = upright
        ? item.annotations
        : item.annotations.map((annotation) => turned(annotation, orientation, size));
      const done = { ...item, annotations, media: { ...media, size: shown } };
      if (scratch === null) return done;
      try {
        const opened = await openPicture(media.path, { upright: true, exact: true });
        for (const loss of opened.losses)
          dataset.problems.add(item.id, '', `the picture made of it: ${loss}`);
        const path = await opened.save(opened.picture.keepMetadata(), scratch);
        return { ...done, media: { ...done.media, path } };
      } catch (thrown) {
        const { message } = toErrorValue(thrown);
        dataset.problems.add(item.id, '', `left as it is: the picture can't be turned: ${message}`);
        return given;
      }
    }),
});

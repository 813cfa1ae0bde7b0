import { rotatedCorners } from '../datasets/convert.ts';
import type { Detection } from './evaluation.ts';

/** A box, and how far it is turned about its centre: radians, clockwise on the screen. */
export type TurnedBox = Pick<Detection, 'box' | 'angle'>;

/** A box as a normal distribution of its points: the centre, and the covariance [[a, c], [c, b]]. */
export interface Gaussian {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** A box's points are spread evenly, and have the variance side² / 12 along each side. */
export function gaussianOf({ box: [left, top, width, height], angle = 0 }: TurnedBox): Gaussian {
  const [along, across] = [width ** 2 / 12, height ** 2 / 12];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return {
    x: left + width / 2,
    y: top + height / 2,
    a: along * cos ** 2 + across * sin ** 2,
    b: along * sin ** 2 + across * cos ** 2,
    c: (along - across) * cos * sin,
  };
}

/** Keeps divisors and roots off 0. */
const tiny = 1e-7;

/**
 * Probabilistic IoU of two boxes (Llerena et al., 2021, https://arxiv.org/abs/2106.06072): 1 less the Hellinger distance
 * of their distributions. Ultralytics suppresses and measures turned boxes by it.
 *
 * @returns 0 to 1.
 */
export function gaussianOverlap(one: Gaussian, other: Gaussian): number {
  const [a, b, c] = [one.a + other.a, one.b + other.b, one.c + other.c];
  const [x, y] = [one.x - other.x, one.y - other.y];
  const spread = a * b - c ** 2;
  const apart = (a * y ** 2 + b * x ** 2 - 2 * c * x * y) / (4 * (spread + tiny));
  const areas = Math.max(one.a * one.b - one.c ** 2, 0) * Math.max(other.a * other.b - other.c ** 2, 0);
  const unlike = Math.log(spread / (4 * Math.sqrt(areas) + tiny) + tiny) / 2;
  const distance = Math.min(Math.max(apart + unlike, tiny), 100);
  return 1 - Math.sqrt(1 - Math.exp(-distance) + tiny);
}

/** x and y of the four corners in turn. */
export function cornersOf({ box: [left, top, width, height], angle = 0 }: TurnedBox): number[] {
  const [centreX, centreY] = [left + width / 2, top + height / 2];
  return rotatedCorners({ centreX, centreY, width, height, angle: (angle * 180) / Math.PI });
}

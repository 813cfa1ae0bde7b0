import type { AnnotationType } from '../model/index.ts';
import { type Property, properties } from './properties.ts';

export const tasks = ['classification', 'detection', 'segmentation'] as const;
export type Task = (typeof tasks)[number];

/** The annotations that a task is about. */
export const typesOf: Readonly<Record<Task, readonly AnnotationType[]>> = {
  classification: ['label'],
  detection: ['box', 'rotated_box'],
  segmentation: ['mask', 'polygon', 'ellipse'],
};

/** Which of a shape's measures a task looks at: Datumaro's. */
export const measured: Readonly<Record<Task, readonly Property[]>> = {
  classification: [],
  detection: properties,
  segmentation: ['area', 'width', 'height'],
};

/** From when on something is told; the usual ones are Datumaro's. */
export interface Thresholds {
  /** A class with as many annotations, or fewer, has few. */
  readonly fewSamples: number;
  /** The most frequent class or value over the rarest. */
  readonly imbalance: number;
  /** Standard deviations from the mean. */
  readonly farFromMean: number;
  /** Part of all shapes that are in the fullest of ten bins. */
  readonly dominance: number;
}

export const usual: Thresholds = { fewSamples: 1, imbalance: 50, farFromMean: 5, dominance: 0.8 };

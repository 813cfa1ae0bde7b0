import { z } from 'zod';
import { RunChart } from './compression.ts';
import { ErrorValue } from './errors.ts';
import { FileHandle, FileHandleId } from './files.ts';

/** A detector that Ultralytics exported to OpenVINO, ready to run. */
export const DetectorView = z.object({
  /** Handle of its `.xml` or folder. */
  id: FileHandleId,
  name: z.string(),
  location: z.string(),
  /** Ultralytics' name, such as `detect` or `segment`; null where the model doesn't say. */
  task: z.string().nullable(),
  /** By number; empty where the model has no names. */
  classes: z.array(z.string()),
  /** Pixels that pictures are fitted into. */
  width: z.int(),
  height: z.int(),
  device: z.string(),
  /** Which points of a pose are joined by a line. */
  skeleton: z.array(z.tuple([z.int(), z.int()])),
});
export type DetectorView = z.infer<typeof DetectorView>;

/** x, y, width and height in pixels of the picture, which is turned by EXIF. */
const Box = z.tuple([z.number(), z.number(), z.number(), z.number()]);

export const DetectedPicture = z.object({
  width: z.int(),
  height: z.int(),
  /** Decoding, inference and suppression together. */
  milliseconds: z.number(),
  /** The best first. */
  boxes: z.array(
    z.object({
      label: z.int(),
      score: z.number(),
      box: Box,
      /** What is drawn in its place, x0, y0, x1, y1, …: a turned box, or outlines with their holes. */
      rings: z.array(z.array(z.number())),
      /** Of a pose, with how sure the model is of each. */
      points: z.array(z.object({ x: z.number(), y: z.number(), score: z.number() })),
    }),
  ),
  /** What the whole picture is, the likeliest first; null where the model looks for boxes. */
  labels: z.array(z.object({ label: z.int(), score: z.number() })).nullable(),
});
export type DetectedPicture = z.infer<typeof DetectedPicture>;

/** Parts of 0..1; null where there is no truth that it could be about. */
const Part = z.number().nullable();

const Measured = z.object({
  subset: z.string(),
  pictures: z.int(),
  device: z.string(),
  /** What the figures don't count, in sentences. */
  notes: z.array(z.string()),
  /** Pictures that couldn't be read. */
  leftOut: z.int(),
});

const Precision = z.object({
  map: Part,
  map50: Part,
  map75: Part,
  mapSmall: Part,
  mapMedium: Part,
  mapLarge: Part,
  recall100: Part,
});

/** COCO's figures on a subset: of boxes, and of outlines or points of poses where the model finds them. */
const BoxFigures = Measured.extend({
  kind: z.literal('boxes'),
  boxes: Precision,
  parts: Precision.extend({ of: z.enum(['outlines', 'points']) }).nullable(),
  classes: z.array(z.object({ name: z.string(), objects: z.int(), map: Part, partMap: Part })),
});

/** How often the class of a whole picture is right. */
const LabelFigures = Measured.extend({
  kind: z.literal('labels'),
  top1: Part,
  top5: Part,
  classes: z.array(z.object({ name: z.string(), pictures: z.int(), top1: Part })),
});

export const DetectorFigures = z.discriminatedUnion('kind', [BoxFigures, LabelFigures]);
export type DetectorFigures = z.infer<typeof DetectorFigures>;

/** How far measuring a detector is, and its end. */
export const DetectorEvaluation = z.object({
  running: z.boolean(),
  done: z.int(),
  total: z.int().nullable(),
  figures: DetectorFigures.nullable(),
  error: ErrorValue.nullable(),
});
export type DetectorEvaluation = z.infer<typeof DetectorEvaluation>;

/** A Python that has Ultralytics, or why none has. */
export const TrainerView = z.object({
  /** Of the interpreter; null where none was found. */
  location: z.string().nullable(),
  /** Of Ultralytics; null where it is missing. */
  version: z.string().nullable(),
  /** Whether it can export to OpenVINO. */
  exports: z.boolean(),
  /** What to do, where something is missing. */
  hint: z.string().nullable(),
});
export type TrainerView = z.infer<typeof TrainerView>;

export const DetectorTrainingChoices = z.object({
  /** Weights to begin with, by Ultralytics' name: `.pt` are trained ones, `.yaml` begins from nothing. */
  model: z.string().regex(/^[\w.-]{1,80}\.(pt|yaml)$/),
  epochs: z.int().min(1).max(10_000),
  /** Pixels of the longer side. */
  imageSize: z.int().min(32).max(4096),
  /** Pictures at once; -1 lets Ultralytics find out what fits a graphics card. */
  batch: z.int().min(-1).max(1024),
});
export type DetectorTrainingChoices = z.infer<typeof DetectorTrainingChoices>;

/** How a training goes that was started here, or how it ended. */
export const DetectorTraining = z.object({
  /** Of the dataset. */
  name: z.string(),
  /** `interrupted`: it was cut off by the end of Refinery. */
  phase: z.enum(['starting', 'training', 'exporting', 'done', 'stopped', 'failed', 'interrupted']),
  /** Counts from 1; 0 before the first. */
  epoch: z.int(),
  epochs: z.int(),
  /** 0..1 of the training. */
  fraction: z.number().min(0).max(1),
  /** Milliseconds. */
  timeLeft: z.number().nullable(),
  /** Over epochs. */
  charts: z.array(RunChart.omit({ adds: true, note: true })),
  /** The best epoch, by mAP 50-95 of its boxes or by its accuracy. */
  best: z.object({ epoch: z.int(), figure: z.enum(['mAP 50-95', 'accuracy']), value: z.number() }).nullable(),
  /** Where Ultralytics writes to. */
  folder: FileHandle.nullable(),
  exported: FileHandle.nullable(),
  /** The best weights so far, or those of the last epoch, where some are on the disk. */
  weights: FileHandle.nullable(),
  /** Whether it can go on from the last epoch that was finished. */
  resumable: z.boolean(),
  /** The last lines that it printed. */
  log: z.array(z.string()),
  error: ErrorValue.nullable(),
});
export type DetectorTraining = z.infer<typeof DetectorTraining>;

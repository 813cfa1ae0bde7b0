import { z } from 'zod';
import {
  DetectedPicture,
  DetectorTraining,
  DetectorTrainingChoices,
  DetectorView,
  TrainerView,
} from '../detectors.ts';
import { AdmitResult, FileHandleId } from '../files.ts';
import { Precision } from '../upscale.ts';
import { done, lasting, method, nothing } from './method.ts';

/** Of detectors and their trainings. The names are the wire names. */
export const detectorsMethods = {
  // Detectors
  /** Opens a detector that was exported to OpenVINO; the one that was open before is let go. */
  'detectors.open': lasting('window', z.object({ handle: FileHandleId, precision: Precision }), DetectorView),
  /** The pictures among files and in folders. */
  'detectors.pictures': lasting(
    'window',
    z.object({ handles: z.array(FileHandleId).max(100_000) }),
    AdmitResult,
  ),
  /** Finds objects in a picture, from this score on. */
  'detectors.detect': lasting(
    'window',
    z.object({
      picture: FileHandleId,
      confidence: z.number().min(0.001).max(1),
      /** Boxes of a class that overlap by more are one object. */
      overlap: z.number().min(0).max(1),
    }),
    DetectedPicture,
  ),
  /** Starts to measure the open detector on a dataset; `detectors.evaluated` tells how it goes. */
  'detectors.evaluate': method(
    'window',
    z.object({ dataset: FileHandleId, subset: z.string().min(1).max(80) }),
    done,
  ),
  'detectors.cancelEvaluation': method('window', nothing, done),
  /** Looks for a Python with Ultralytics: in this environment's folder, or in the usual places. */
  'detectors.trainer': method('window', z.object({ python: FileHandleId.nullable() }), TrainerView),
  /** Starts a training; `detectors.training` tells how it goes. One runs at a time. */
  'detectors.train': method(
    'window',
    z.object({
      python: FileHandleId.nullable(),
      /** Folder in one of Ultralytics' layouts. */
      dataset: FileHandleId,
      choices: DetectorTrainingChoices,
    }),
    done,
  ),
  /** Goes on from the last epoch that was finished. */
  'detectors.resumeTraining': method('window', nothing, done),
  'detectors.stopTraining': method('window', nothing, done),
  /** The training that runs, or the one that ran last. */
  'detectors.currentTraining': method('window', nothing, z.object({ training: DetectorTraining.nullable() })),
} as const;

import { z } from 'zod';
import {
  DatasetDescription,
  DatasetDifference,
  DatasetFilter,
  DatasetFinding,
  DatasetId,
  DatasetItem,
  DatasetLook,
  DatasetMedia,
  DatasetMerging,
  DatasetPlace,
  DatasetPlan,
  DatasetPreview,
  DatasetResult,
  DatasetStage,
  DatasetStep,
  DatasetSummary,
  DatasetTarget,
  DatasetTask,
  DatasetTransform,
  DatasetView,
  OtherDataset,
  TrainingView,
} from '../datasets.ts';
import { FileHandleId } from '../files.ts';
import { JobId } from '../jobs.ts';
import { done, lasting, method, nothing } from './method.ts';

const datasetSteps = z.array(DatasetStep).max(100);

/** Of datasets. The names are the wire names. */
export const datasetsMethods = {
  // Datasets
  /** Looks what a folder or an archive is. Of the sets that are open, only the last few stay. */
  'datasets.open': lasting(
    'window',
    /** `again` is the id that it had before, when the engine was another one: what was started from it tells of that. */
    DatasetPlace.extend({ again: DatasetId.regex(/^set-[\w-]+$/).optional() }),
    DatasetView,
  ),
  /** Whether a set is still open: a page that was loaded anew goes on with it. */
  'datasets.isOpen': method('window', z.object({ id: DatasetId }), z.object({ open: z.boolean() })),
  /** Looks what a folder or an archive is that the open set is to be merged or compared with. */
  'datasets.examine': lasting('window', DatasetPlace, DatasetLook),
  'datasets.read': lasting('window', z.object({ id: DatasetId, format: z.string().max(80) }), DatasetSummary),
  /** Merges the set with others; with none it is alone again. Where that can't be, it stays as it was. */
  'datasets.merge': lasting(
    'window',
    z.object({ id: DatasetId, others: z.array(OtherDataset).max(50), merging: DatasetMerging }),
    z.object({
      summary: DatasetSummary,
      /** How many items each set has, the open one first. */
      sizes: z.array(z.int()),
      /** With the numbers that count where none were given. */
      merging: DatasetMerging,
    }),
  ),
  /** What is different in another set, compared with what steps make of this one. */
  'datasets.compare': lasting(
    'window',
    z.object({ id: DatasetId, steps: datasetSteps, other: OtherDataset, pictures: z.boolean() }),
    DatasetDifference,
  ),
  /** The first pictures as they are when the set is read in a format, to choose between two that both may be it. */
  'datasets.preview': lasting(
    'window',
    z.object({ id: DatasetId, format: z.string().max(80) }),
    DatasetPreview,
  ),
  'datasets.items': method(
    'window',
    z.object({
      id: DatasetId,
      filter: DatasetFilter,
      /** Those that the last `datasets.shape` made, instead of those of the source. */
      changed: z.boolean().default(false),
      offset: z.int().min(0),
      count: z.int().min(1).max(200),
    }),
    z.object({ total: z.int(), items: z.array(DatasetItem) }),
  ),
  'datasets.transforms': method('window', nothing, z.object({ transforms: z.array(DatasetTransform) })),
  /** What steps make of the set, and what each format would keep of that. */
  'datasets.shape': lasting(
    'window',
    z.object({ id: DatasetId, steps: datasetSteps }),
    z.object({ summary: DatasetSummary, targets: z.array(DatasetTarget) }),
  ),
  /** Looks for faults in what steps make of the set. */
  'datasets.validate': lasting(
    'window',
    z.object({
      id: DatasetId,
      steps: datasetSteps,
      /** Without it, what the set has most of decides. */
      task: DatasetTask.optional(),
      /** Whether pictures that look alike are looked for in several subsets: every picture is decoded. */
      similar: z.boolean().default(false),
    }),
    z.object({ task: DatasetTask, findings: z.array(DatasetFinding) }),
  ),
  /** What the set is like after these steps. */
  'datasets.describe': lasting(
    'window',
    z.object({ id: DatasetId, steps: datasetSteps }),
    DatasetDescription,
  ),
  /** What a conversion would lose, with approximations measured. */
  'datasets.plan': lasting(
    'window',
    z.object({ id: DatasetId, to: z.string().max(80), steps: datasetSteps }),
    DatasetPlan,
  ),
  /** Starts a conversion as a job of the queue; `datasets.finished` tells its end. */
  'datasets.convert': method(
    'window',
    z.object({
      id: DatasetId,
      to: z.string().max(80),
      steps: datasetSteps,
      /** The folder that the new one goes into; `null` is beside the source. */
      folder: FileHandleId.nullable(),
      name: z.string().min(1).max(200),
      media: DatasetMedia,
      overwrite: z.boolean(),
      strict: z.boolean(),
    }),
    z.object({ jobId: JobId }),
  ),
  /** What came of a conversion; null where it is not done. For a page that was not there when it ended. */
  'datasets.outcome': method(
    'window',
    z.object({ job: JobId }),
    z.object({ result: DatasetResult.nullable() }),
  ),
  'datasets.cancel': method(
    'window',
    z.object({
      id: DatasetId,
      /** Only this, instead of everything that is under way. */
      stage: DatasetStage.optional(),
    }),
    done,
  ),
  /** The choices for the command line: as a recipe, and the steps as its arguments. */
  'datasets.recipe': method(
    'window',
    /** `from` is null for merged sets, which may be of several formats. */
    z.object({
      from: z.string().max(80).nullable(),
      to: z.string().max(80).nullable(),
      steps: datasetSteps,
      media: DatasetMedia,
    }),
    z.object({ recipe: z.string(), transforms: z.array(z.string()) }),
  ),
  /** What a recipe says. */
  'datasets.openRecipe': method(
    'window',
    z.object({ text: z.string().max(1024 * 1024) }),
    z.object({ steps: datasetSteps, to: z.string().nullable(), media: DatasetMedia.nullable() }),
  ),
  /** Checks a set in one of Ultralytics' layouts as its loader would. */
  'datasets.handOff': lasting(
    'window',
    z.object({
      handle: FileHandleId,
      /** Writes where the set lies into its `data.yaml`, so that training can be started from anywhere. */
      absolute: z.boolean(),
    }),
    TrainingView,
  ),
  'datasets.close': method('window', z.object({ id: DatasetId }), done),
} as const;

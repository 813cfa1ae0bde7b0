import { z } from 'zod';
import { MeasureView, RunView } from './compression.ts';
import { DatasetId, DatasetProgress, DatasetResult } from './datasets.ts';
import { DetectorEvaluation, DetectorTraining } from './detectors.ts';
import { EngineState } from './engine.ts';
import { ErrorValue } from './errors.ts';
import { AdmitResult } from './files.ts';
import { Job, JobId, QueueSummary } from './jobs.ts';
import { compressionMethods } from './methods/compression.ts';
import { coreMethods } from './methods/core.ts';
import { datasetsMethods } from './methods/datasets.ts';
import { detectorsMethods } from './methods/detectors.ts';
import { modelsMethods } from './methods/models.ts';
import { queueMethods } from './methods/queue.ts';
import { ModelConversion, ModelSummary } from './models.ts';
import { Settings } from './settings.ts';
import { ShellCommand } from './shell.ts';
import { InstallingView, StartedTraining } from './training.ts';
import { TilePreview } from './upscale.ts';

export type { Audience } from './methods/method.ts';

/** Every request there is. The name is the wire name. */
export const methods = {
  ...coreMethods,
  ...queueMethods,
  ...modelsMethods,
  ...compressionMethods,
  ...datasetsMethods,
  ...detectorsMethods,
} as const;

export type Methods = typeof methods;
export type MethodName = keyof Methods;
export type MethodInput<Name extends MethodName> = z.input<Methods[Name]['input']>;
export type MethodRequest<Name extends MethodName> = z.output<Methods[Name]['input']>;
export type MethodOutput<Name extends MethodName> = z.output<Methods[Name]['output']>;

/** Every event that the engine sends on its own account. Events tell; requests drive. */
export const events = {
  /** Jobs that are new or changed, at most ten times a second. */
  'jobs.changed': z.object({ jobs: z.array(Job), summary: QueueSummary }),
  'jobs.removed': z.object({ ids: z.array(JobId), summary: QueueSummary }),
  'upscale.tile': TilePreview,
  'models.changed': z.object({ models: z.array(ModelSummary) }),
  'models.conversion': ModelConversion,
  'compression.changed': RunView,
  'compression.measured': MeasureView,
  'training.installing': InstallingView,
  'training.changed': StartedTraining,
  'datasets.progress': DatasetProgress,
  'datasets.finished': z.object({
    id: DatasetId,
    result: DatasetResult.nullable(),
    /** Set when it was cancelled or failed. */
    error: ErrorValue.nullable(),
  }),
  'detectors.evaluated': DetectorEvaluation,
  'detectors.training': DetectorTraining,
  'settings.changed': Settings,
  'engine.state': EngineState,
  /** Files from the command line, a second start or the system's "Open with". */
  'shell.filesArrived': AdmitResult,
  'shell.command': z.object({ command: ShellCommand }),
  /** Something a person should know and that belongs to no job, such as a device that was given up. */
  'engine.notice': z.object({ tone: z.enum(['information', 'warning']), message: z.string() }),
} as const;

export type Events = typeof events;
export type EventName = keyof Events;
export type EventPayload<Name extends EventName> = z.output<Events[Name]>;

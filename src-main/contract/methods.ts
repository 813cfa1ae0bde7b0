import { z } from 'zod';
import {
  ChartDrawing,
  CompareChoices,
  ComparisonView,
  MeasureView,
  OverlayView,
  RunChart,
  RunView,
  WeightRangeView,
} from './compression.ts';
import {
  ConfigFile,
  ConfigPlanning,
  ConfigPresetView,
  ConfigTarget,
  ConfigText,
  ConfigView,
  LayerSource,
  ModelLayersView,
} from './configure.ts';
import {
  DatasetDescription,
  DatasetFilter,
  DatasetFinding,
  DatasetId,
  DatasetItem,
  DatasetMedia,
  DatasetPlan,
  DatasetProgress,
  DatasetResult,
  DatasetStep,
  DatasetSummary,
  DatasetTarget,
  DatasetTransform,
  DatasetView,
  TrainingView,
} from './datasets.ts';
import {
  DetectedPicture,
  DetectorEvaluation,
  DetectorTraining,
  DetectorTrainingChoices,
  DetectorView,
  TrainerView,
} from './detectors.ts';
import { EngineInfo, EngineState, EngineStatus, Finding } from './engine.ts';
import { ErrorValue } from './errors.ts';
import { AdmitResult, FileHandle, FileHandleId, MediaFile, MediaRequest } from './files.ts';
import { Job, JobId, QueueSummary } from './jobs.ts';
import {
  ConversionChoices,
  ConversionNeeds,
  DiffusionFolder,
  ImageInterface,
  ModelConversion,
  ModelGuess,
  ModelSummary,
  RuntimeCandidate,
} from './models.ts';
import { Settings, SettingsChange } from './settings.ts';
import { DialogPurpose, ShellCommand, ShellInfo } from './shell.ts';
import {
  EnvironmentView,
  InstallingView,
  PythonChoice,
  StartedTraining,
  TrainingRequest,
} from './training.ts';
import { Receipt, TilePreview, UpscaleAddResult, UpscaleSettings, UpscaleVariant } from './upscale.ts';

/**
 * Who may call a method. `window`: everybody, also a page. `host`: only what owns the file system's side (the
 * desktop main process, the web server, the command line); these take or give paths.
 */
export type Audience = 'window' | 'host';

interface MethodDefinition<Input extends z.ZodType, Output extends z.ZodType> {
  readonly audience: Audience;
  readonly input: Input;
  readonly output: Output;
}

function method<Input extends z.ZodType, Output extends z.ZodType>(
  audience: Audience,
  input: Input,
  output: Output,
): MethodDefinition<Input, Output> {
  return { audience, input, output };
}

const nothing = z.object({});
const done = z.object({});
const datasetSteps = z.array(DatasetStep).max(100);
const ids = z.object({ ids: z.array(JobId).max(100_000) });

/** Every request there is. The name is the wire name. */
export const methods = {
  // The engine
  'engine.info': method('window', nothing, EngineInfo),
  'engine.status': method('window', nothing, EngineStatus),
  'engine.doctor': method('window', nothing, z.object({ findings: z.array(Finding) })),
  'engine.runtimes': method('window', nothing, z.object({ candidates: z.array(RuntimeCandidate) })),
  /** Takes OpenVINO from this folder, `null` for wherever it is found, and starts the engine anew with it. */
  'engine.useRuntime': method('window', z.object({ folder: FileHandleId.nullable() }), done),
  /** Answers at once; the supervisor's heartbeat. */
  'engine.ping': method('host', nothing, z.object({ at: z.number() })),
  /** Stops taking work, puts running jobs back into the queue, closes the journal. The process ends after it. */
  'engine.shutdown': method('host', nothing, done),

  // Files
  /** Turns paths into handles; folders are listed with the pictures below them when they are added. */
  'files.admit': method('host', z.object({ paths: z.array(z.string()).max(100_000) }), AdmitResult),
  /** A path on the server's disk, in web mode, below a folder that the owner of the token allowed. */
  'files.admitAllowed': method('window', z.object({ path: z.string().max(4096) }), AdmitResult),
  'files.describe': method('window', z.object({ id: FileHandleId }), FileHandle),
  /** The path behind a handle. */
  'files.resolve': method('host', z.object({ id: FileHandleId }), z.object({ path: z.string() })),
  'media.open': method('host', MediaRequest, MediaFile),

  // The queue
  'jobs.list': method('window', nothing, z.object({ jobs: z.array(Job), summary: QueueSummary })),
  /** Ready jobs become queued with the settings of now; all ready ones when no ids are given. */
  'jobs.start': method('window', ids.partial(), z.object({ started: z.int() })),
  'jobs.pause': method('window', ids, done),
  'jobs.resume': method('window', ids, done),
  'jobs.cancel': method('window', ids, done),
  'jobs.retry': method('window', ids, done),
  /** Takes finished or waiting jobs off the list; results stay on disk. Gives what `jobs.restore` needs. */
  'jobs.remove': method('window', ids, z.object({ removed: z.array(JobId) })),
  /** Undoes a removal. */
  'jobs.restore': method('window', ids, done),
  /** Puts jobs, in the given order, before another one, or at the end. */
  'jobs.reorder': method('window', ids.extend({ before: JobId.nullable() }), done),
  'jobs.pauseAll': method('window', nothing, done),
  'jobs.resumeAll': method('window', nothing, done),
  'jobs.receipt': method('window', z.object({ id: JobId }), z.object({ receipt: Receipt })),
  'jobs.inputPath': method('host', z.object({ id: JobId }), z.object({ path: z.string() })),
  /** Where a result is, for "Show in folder". */
  'jobs.outputPath': method('host', z.object({ id: JobId }), z.object({ path: z.string() })),

  // Upscaling
  'upscale.add': method(
    'window',
    z.object({ handles: z.array(FileHandleId).max(100_000) }),
    UpscaleAddResult,
  ),
  /** Adds the picture of a job again, once for each way to make it, and starts the new jobs. */
  'upscale.addVariants': method(
    'window',
    z.object({ id: JobId, variants: z.array(UpscaleVariant).min(1).max(12) }),
    z.object({ jobIds: z.array(JobId) }),
  ),
  /** Adds the picture that comes with Refinery. */
  'upscale.addSample': method('window', nothing, UpscaleAddResult),
  /** Choices for these pictures alone; `null` returns them to the batch's. */
  'upscale.override': method('window', ids.extend({ settings: UpscaleSettings.nullable() }), done),
  /** Sends tiles of this job as they are finished; `null` stops. */
  'upscale.watch': method('window', z.object({ id: JobId.nullable() }), done),

  // Models
  'models.list': method(
    'window',
    nothing,
    z.object({ models: z.array(ModelSummary), conversion: ModelConversion.nullable() }),
  ),
  'models.download': method('window', z.object({ id: z.string() }), done),
  'models.cancelDownload': method('window', z.object({ id: z.string() }), done),
  /** Looks at a network from disk and says how it seems to want its pixels. */
  'models.probe': method(
    'window',
    z.object({ handle: FileHandleId, assume: ImageInterface.optional() }),
    ModelGuess,
  ),
  'models.addCustom': method(
    'window',
    z.object({ handle: FileHandleId, name: z.string().min(1).max(80), interface: ImageInterface }),
    ModelSummary,
  ),
  /** Says whether a folder holds a converted latent diffusion model or an original checkpoint. */
  'models.inspectDiffusion': method('window', z.object({ handle: FileHandleId }), DiffusionFolder),
  /** What converting a checkpoint would download and write. */
  'models.conversionNeeds': method(
    'window',
    z.object({ handle: FileHandleId, choices: ConversionChoices }),
    ConversionNeeds,
  ),
  /** Starts to convert a checkpoint, and adds what comes out; `models.conversion` tells how it goes. */
  'models.convert': method(
    'window',
    z.object({ handle: FileHandleId, name: z.string().min(1).max(80), choices: ConversionChoices }),
    done,
  ),
  'models.cancelConversion': method('window', nothing, done),
  /** Adds a folder with a converted latent diffusion model. */
  'models.addDiffusion': method(
    'window',
    z.object({ handle: FileHandleId, name: z.string().min(1).max(80) }),
    ModelSummary,
  ),
  'models.remove': method('window', z.object({ id: z.string() }), done),

  // Compression
  /** Reads the folder of a training with JPQD and follows it; the one that was followed before is let go. */
  'compression.open': method('window', z.object({ handle: FileHandleId }), RunView),
  'compression.close': method('window', nothing, done),
  /** Reads trainings, if they weren't yet, and lays them over each other. */
  'compression.compare': method(
    'window',
    z.object({ handles: z.array(FileHandleId).min(1).max(20), choices: CompareChoices }),
    ComparisonView,
  ),
  /** Curves of some of the metrics of trainings that are compared. */
  'compression.overlays': method(
    'window',
    z.object({
      handles: z.array(FileHandleId).min(1).max(20),
      choices: CompareChoices,
      metrics: z.array(z.string().max(1000)).max(60),
    }),
    z.object({ overlays: z.array(OverlayView) }),
  ),
  /** How the numbers of logged tensors spread over the steps; tags that hold a text, some at a time. */
  'compression.distributions': method(
    'window',
    z.object({ handle: FileHandleId, wanted: z.string().max(200), most: z.int().min(1).max(100) }),
    z.object({ found: z.int(), charts: z.array(RunChart) }),
  ),
  /** A chart as an SVG that needs nothing else. */
  'compression.drawing': method('window', ChartDrawing, z.object({ svg: z.string() })),
  /** The range of each layer's weights, read from the saved model. */
  'compression.weights': method(
    'window',
    z.object({ handle: FileHandleId }),
    z.object({ ranges: z.array(WeightRangeView) }),
  ),
  /** The training as one page of HTML that needs nothing else. */
  'compression.report': method('window', z.object({ handle: FileHandleId }), z.object({ html: z.string() })),
  /** Starts to measure models, the dense one first; `compression.measured` tells how it goes. */
  'compression.measure': method(
    'window',
    z.object({
      models: z.array(FileHandleId).min(1).max(20),
      /** Seconds for each. */
      seconds: z.number().min(0.5).max(600),
      hint: z.enum(['throughput', 'latency']),
      /** Examples with labels, for accuracy. */
      examples: FileHandleId.nullable(),
    }),
    z.object({ id: z.string() }),
  ),
  'compression.cancelMeasuring': method('window', nothing, done),

  // Configurations of compression
  'configure.presets': method('window', nothing, z.object({ presets: z.array(ConfigPresetView) })),
  /** A model's layers, read anew. */
  'configure.layers': method('window', z.object({ source: LayerSource }), ModelLayersView),
  'configure.check': method(
    'window',
    z.object({ text: ConfigText, planning: ConfigPlanning, source: LayerSource.nullable() }),
    ConfigView,
  ),
  'configure.open': method('window', z.object({ handle: FileHandleId }), ConfigFile),
  'configure.save': method('window', z.object({ text: ConfigText, target: ConfigTarget }), ConfigFile),

  // Trainings that are started here
  'training.environment': method(
    'window',
    /** `tryImport` takes seconds, and is the only proof. */
    z.object({ python: PythonChoice, tryImport: z.boolean() }),
    EnvironmentView,
  ),
  /** Makes or completes Refinery's own environment; `training.installing` tells how it goes. */
  'training.install': method('window', nothing, done),
  'training.cancelInstall': method('window', nothing, done),
  'training.start': method('window', TrainingRequest, StartedTraining),
  /** `checkpoint` saves after the step at hand and ends; `kill` ends at once. */
  'training.stop': method(
    'window',
    z.object({ folder: FileHandleId, how: z.enum(['checkpoint', 'kill']) }),
    done,
  ),
  'training.state': method(
    'window',
    z.object({ folder: FileHandleId }),
    z.object({ training: StartedTraining.nullable() }),
  ),

  // Datasets
  /** Looks what a folder or an archive is. The set that was open before is closed. */
  'datasets.open': method('window', z.object({ handle: FileHandleId }), DatasetView),
  'datasets.read': method('window', z.object({ id: DatasetId, format: z.string().max(80) }), DatasetSummary),
  'datasets.items': method(
    'window',
    z.object({
      id: DatasetId,
      filter: DatasetFilter,
      offset: z.int().min(0),
      count: z.int().min(1).max(200),
    }),
    z.object({ total: z.int(), items: z.array(DatasetItem) }),
  ),
  'datasets.transforms': method('window', nothing, z.object({ transforms: z.array(DatasetTransform) })),
  /** What steps make of the set, and what each format would keep of that. */
  'datasets.shape': method(
    'window',
    z.object({ id: DatasetId, steps: datasetSteps }),
    z.object({ summary: DatasetSummary, targets: z.array(DatasetTarget) }),
  ),
  /** Looks for faults in what steps make of the set. */
  'datasets.validate': method(
    'window',
    z.object({ id: DatasetId, steps: datasetSteps }),
    z.object({ task: z.string(), findings: z.array(DatasetFinding) }),
  ),
  /** What the set is like after these steps. */
  'datasets.describe': method('window', z.object({ id: DatasetId, steps: datasetSteps }), DatasetDescription),
  /** What a conversion would lose, with approximations measured. */
  'datasets.plan': method(
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
  'datasets.cancel': method('window', z.object({ id: DatasetId }), done),
  /** The choices as a recipe for the command line. */
  'datasets.recipe': method(
    'window',
    z.object({ from: z.string().max(80), to: z.string().max(80), steps: datasetSteps, media: DatasetMedia }),
    z.object({ recipe: z.string() }),
  ),
  /** Checks a set in one of Ultralytics' layouts as its loader would. */
  'datasets.handOff': method(
    'window',
    z.object({
      handle: FileHandleId,
      /** Writes where the set lies into its `data.yaml`, so that training can be started from anywhere. */
      absolute: z.boolean(),
    }),
    TrainingView,
  ),
  'datasets.close': method('window', z.object({ id: DatasetId }), done),

  // Detectors
  /** Opens a detector that was exported to OpenVINO; the one that was open before is let go. */
  'detectors.open': method('window', z.object({ handle: FileHandleId }), DetectorView),
  /** The pictures among files and in folders. */
  'detectors.pictures': method(
    'window',
    z.object({ handles: z.array(FileHandleId).max(100_000) }),
    AdmitResult,
  ),
  /** Finds objects in a picture, from this score on. */
  'detectors.detect': method(
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

  // Settings
  'settings.get': method('window', nothing, Settings),
  'settings.set': method('window', z.object({ change: SettingsChange }), Settings),

  // What surrounds the page: answered by the desktop main process or the web server
  'shell.info': method('window', nothing, ShellInfo),
  /** Empty when the person cancels. */
  'shell.openDialog': method('window', z.object({ purpose: DialogPurpose }), AdmitResult),
  'shell.showResult': method('window', z.object({ id: JobId }), done),
  /** Opens a folder that Refinery was given or has made in the file manager. */
  'shell.showFolder': method('window', z.object({ handle: FileHandleId }), done),
  'shell.openResult': method('window', z.object({ id: JobId }), done),
  'shell.copyImage': method('window', z.object({ id: JobId }), done),
  /** Starts a native drag of the result out of the window. */
  'shell.dragResult': method('window', z.object({ id: JobId }), done),
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

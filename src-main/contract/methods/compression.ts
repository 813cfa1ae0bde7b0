import { z } from 'zod';
import {
  ChartDrawing,
  CompareChoices,
  ComparisonView,
  HeatMapView,
  OverlayView,
  RunChart,
  RunView,
  WeightRangeView,
} from '../compression.ts';
import {
  ConfigFile,
  ConfigPlanning,
  ConfigPresetView,
  ConfigTarget,
  ConfigText,
  ConfigView,
  LayerSource,
  ModelLayersView,
} from '../configure.ts';
import { FileHandleId } from '../files.ts';
import {
  EnvironmentView,
  ListedTraining,
  PythonChoice,
  StartedTraining,
  TrainingRequest,
} from '../training.ts';
import { done, lasting, method, nothing } from './method.ts';

/** Of trainings with JPQD: watching, comparing, measuring, configuring and starting them. The names are the wire names. */
export const compressionMethods = {
  // Compression
  /** Reads the folder of a training with JPQD and follows it; the one that was followed before is let go. */
  'compression.open': lasting('window', z.object({ handle: FileHandleId }), RunView),
  'compression.close': method('window', nothing, done),
  /** Reads trainings, if they weren't yet, and lays them over each other. */
  'compression.compare': lasting(
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
  'compression.distributions': lasting(
    'window',
    z.object({ handle: FileHandleId, wanted: z.string().max(200), most: z.int().min(1).max(100) }),
    z.object({ found: z.int(), charts: z.array(RunChart) }),
  ),
  /** A chart as an SVG that needs nothing else. */
  'compression.drawing': method('window', ChartDrawing, z.object({ svg: z.string() })),
  'compression.drawHeatMap': lasting('window', HeatMapView, z.object({ svg: z.string() })),
  /** The range of each layer's weights, read from the saved model. */
  'compression.weights': lasting(
    'window',
    z.object({ handle: FileHandleId }),
    z.object({ ranges: z.array(WeightRangeView) }),
  ),
  /** The training as one page of HTML that needs nothing else. */
  'compression.report': lasting('window', z.object({ handle: FileHandleId }), z.object({ html: z.string() })),
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
  'configure.layers': lasting('window', z.object({ source: LayerSource }), ModelLayersView),
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
  /** Every training that was started here and was not taken off, the newest first. */
  'training.list': method('window', nothing, z.object({ trainings: z.array(ListedTraining) })),
  /** Goes on with one that is over, or begins it again. */
  'training.goOn': method(
    'window',
    z.object({ id: ListedTraining.shape.id, how: ListedTraining.shape.goesOn.unwrap() }),
    done,
  ),
  /** Takes one off the list; its files stay. */
  'training.forget': method('window', z.object({ id: ListedTraining.shape.id }), done),
} as const;

import { z } from 'zod';
import { FileHandleId } from '../files.ts';
import {
  ConversionChoices,
  ConversionNeeds,
  DiffusionFolder,
  ImageInterface,
  ModelConversion,
  ModelGuess,
  ModelSummary,
} from '../models.ts';
import { done, lasting, method, nothing } from './method.ts';

/** Of networks that enlarge pictures. The names are the wire names. */
export const modelsMethods = {
  // Models
  'models.list': method(
    'window',
    nothing,
    z.object({ models: z.array(ModelSummary), conversion: ModelConversion.nullable() }),
  ),
  'models.download': method('window', z.object({ id: z.string() }), done),
  'models.cancelDownload': method('window', z.object({ id: z.string() }), done),
  /** Looks at a network from disk and says how it seems to want its pixels. */
  'models.probe': lasting(
    'window',
    z.object({ handle: FileHandleId, assume: ImageInterface.optional() }),
    ModelGuess,
  ),
  'models.addCustom': lasting(
    'window',
    z.object({ handle: FileHandleId, name: z.string().min(1).max(80), interface: ImageInterface }),
    ModelSummary,
  ),
  /** Says whether a folder holds a converted latent diffusion model or an original checkpoint. */
  'models.inspectDiffusion': lasting('window', z.object({ handle: FileHandleId }), DiffusionFolder),
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
  'models.addDiffusion': lasting(
    'window',
    z.object({ handle: FileHandleId, name: z.string().min(1).max(80) }),
    ModelSummary,
  ),
  /** Lets a converted model be used from where it lies, by this engine only, without adding it. */
  'models.lendDiffusion': lasting('window', z.object({ handle: FileHandleId }), z.object({ id: z.string() })),
  'models.remove': method('window', z.object({ id: z.string() }), done),
} as const;

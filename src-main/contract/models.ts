import { z } from 'zod';
import { ErrorValue } from './errors.ts';

/** How an image network wants its pixels. What a probe guesses and a person may correct. */
export const ImageInterface = z.object({
  /** Enlargement of the network itself. */
  scale: z.int().min(1).max(8),
  layout: z.enum(['NCHW', 'NHWC']),
  channels: z.enum(['RGB', 'BGR', 'GRAY']),
  /** Largest input value: 1 or 255. */
  inputRange: z.union([z.literal(1), z.literal(255)]),
  /** Largest output value: 1 or 255. */
  outputRange: z.union([z.literal(1), z.literal(255)]),
  /** Whether a second input takes the enlarged picture (Open Model Zoo's super-resolution networks). */
  enlargedInput: z.boolean(),
  /** Kernel of that enlargement: a = -0.5 (Pillow, the embedded networks) or -0.75 (OpenCV, the OMZ demo). */
  cubicCoefficient: z.number().default(-0.5),
  /** Context in source pixels that a tile needs on each inner side. */
  overlap: z.int().min(0).max(256),
  /** Sizes that the network takes, and places where a tile may begin, are multiples of this. Absent: 1, not measured. */
  multiple: z.int().min(1).max(64).optional(),
  /**
   * Whether tiles with this overlap give what the whole picture would. A network that looks at the whole picture at
   * once (attention, global pooling) can't be cut without a trace.
   */
  exactTiles: z.boolean().default(true),
  /** Set when the network takes only this input size. */
  fixedSize: z.object({ width: z.int(), height: z.int() }).nullable(),
});
export type ImageInterface = z.infer<typeof ImageInterface>;

export const ModelFile = z.object({
  name: z.string(),
  bytes: z.number(),
  /** `sha256:` or `sha384:` and lower-case hex. */
  hash: z.string(),
  /** Where it is downloaded from; absent for files in the package. */
  url: z.url().optional(),
});
export type ModelFile = z.infer<typeof ModelFile>;

export const ModelEntry = z.object({
  id: z.string(),
  name: z.string(),
  /** One line: what it is good for. */
  summary: z.string(),
  task: z.enum(['super-resolution', 'latent-diffusion']),
  source: z.enum(['embedded', 'download', 'custom']),
  licence: z.string(),
  interface: ImageInterface,
  files: z.array(ModelFile),
  /** Lowest PSNR in dB that the result, shrunk back, must have against the source. */
  agreementPsnr: z.number(),
  /** Latent diffusion: whether results are back-projected where nothing else is chosen. */
  backProjection: z.boolean().optional(),
  card: z.string().optional(),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

/** Which of the embedded networks `auto` stands for: one was trained on photos with traces of compression, one on clean ones. */
export const automaticModel = (lossy: boolean): string => (lossy ? 'srx4_photo' : 'srx4');

export const ModelManifest = z.object({ version: z.literal(1), models: z.array(ModelEntry) });
export type ModelManifest = z.infer<typeof ModelManifest>;

export const ModelState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('absent'), bytes: z.number() }),
  z.object({ state: z.literal('downloading'), received: z.number(), bytes: z.number() }),
  z.object({ state: z.literal('broken'), reason: z.string() }),
]);
export type ModelState = z.infer<typeof ModelState>;

export const ModelSummary = z.object({ entry: ModelEntry, status: ModelState });
export type ModelSummary = z.infer<typeof ModelSummary>;

/** What probing a person's own network found, with how sure it is, and a small picture of the guess at work. */
export const ModelGuess = z.object({
  /** Under this id the engine that looked uses the network from where it lies, as it is read here, without adding it. */
  id: z.string(),
  /** Under which it was added before, or that of the file. */
  name: z.string(),
  interface: ImageInterface,
  /** 0..1: agreement of the shrunk result with the source for the best reading, relative to the next. */
  confidence: z.number(),
  /** Why this reading, one sentence each. */
  reasons: z.array(z.string()),
  /** JPEG, base64: a sample enlarged with this reading. */
  preview: z.string(),
  /** The sample enlarged by bicubic interpolation, for comparison. JPEG, base64. */
  reference: z.string(),
});
export type ModelGuess = z.infer<typeof ModelGuess>;

/** Types that a converted UNet's weights can be kept in; the decoder keeps f16 under int8. */
export const weightTypes = ['fp16', 'fp32', 'int8'] as const;
export type WeightType = (typeof weightTypes)[number];

/** How a checkpoint is converted: its weights, and straight from PyTorch or through an ONNX file. */
export const ConversionChoices = z.object({
  weights: z.enum(weightTypes).default('fp16'),
  via: z.enum(['torch', 'onnx']).default('torch'),
});
export type ConversionChoices = z.infer<typeof ConversionChoices>;

/** One comparison of a converted network with PyTorch on the same numbers. */
export const Parity = z.object({
  part: z.enum(['unet', 'decoder', 'run']),
  /** Size and timestep, or what of the run was compared. */
  what: z.string(),
  maxAbs: z.number().nullable(),
  meanAbs: z.number().nullable(),
  /** Largest difference in parts of the largest value. */
  relative: z.number().nullable(),
  /** What is accepted of `relative`; null where the figure only informs. */
  limit: z.number().nullable(),
  passed: z.boolean(),
});
export type Parity = z.infer<typeof Parity>;

/** What a folder that was chosen for diffusion is. */
export const DiffusionFolder = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('converted') }),
  /** As diffusers saves it; `bytes` of weights and configurations. */
  z.object({ kind: z.literal('checkpoint'), bytes: z.number() }),
]);
export type DiffusionFolder = z.infer<typeof DiffusionFolder>;

/** What a conversion takes, in bytes. `download` is 0 where the Python packages are here already. */
export const ConversionNeeds = z.object({ download: z.number(), disk: z.number() });
export type ConversionNeeds = z.infer<typeof ConversionNeeds>;

/** The conversion that runs, or the one that ran last. */
export const ModelConversion = z.object({
  /** Name that the model gets. */
  name: z.string(),
  choices: ConversionChoices,
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  stage: z.string(),
  /** 0..1 of the conversion alone; 0 while packages are installed. */
  fraction: z.number().min(0).max(1),
  parity: z.array(Parity),
  error: ErrorValue.nullable(),
});
export type ModelConversion = z.infer<typeof ModelConversion>;

export const DeviceInfo = z.object({
  id: z.string(),
  fullName: z.string(),
  kind: z.enum(['CPU', 'GPU', 'NPU', 'AUTO', 'OTHER']),
  /** OpenVINO's OPTIMIZATION_CAPABILITIES, such as FP32, BF16, INT8. */
  capabilities: z.array(z.string()),
});
export type DeviceInfo = z.infer<typeof DeviceInfo>;

/** One OpenVINO that was found, or a place that was looked at in vain. */
export const RuntimeCandidate = z.object({
  source: z.string(),
  implementation: z.enum(['addon', 'ffi']),
  path: z.string(),
  version: z.string().nullable(),
  usable: z.boolean(),
  reason: z.string().nullable(),
});
export type RuntimeCandidate = z.infer<typeof RuntimeCandidate>;

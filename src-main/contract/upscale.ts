import { z } from 'zod';
import { ErrorValue } from './errors.ts';
import { FileHandleId } from './files.ts';

/** How large the result is to be. `factor` counts from the source; the others fix one side or a percentage. */
export const Scale = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('factor'), factor: z.number().min(1).max(8) }),
  z.object({ kind: z.literal('width'), pixels: z.int().min(1).max(65_535) }),
  z.object({ kind: z.literal('height'), pixels: z.int().min(1).max(65_535) }),
  z.object({ kind: z.literal('percent'), percent: z.number().min(100).max(800) }),
]);
export type Scale = z.infer<typeof Scale>;

export const outputFormats = ['same', 'png', 'jpeg', 'webp', 'avif', 'tiff'] as const;
export const OutputFormat = z.enum(outputFormats);
export type OutputFormat = z.infer<typeof OutputFormat>;

export const metadataPolicies = ['all', 'safe', 'none'] as const;
/** `all` keeps EXIF, XMP, IPTC, texts and ICC; `safe` drops places, serial numbers and owner names; `none` keeps only the ICC profile. */
export const MetadataPolicy = z.enum(metadataPolicies);
export type MetadataPolicy = z.infer<typeof MetadataPolicy>;

export const precisions = ['auto', 'f32'] as const;
/** `auto` lets the device use its fast type (bf16 on current server CPUs); `f32` is exact and about half as fast. */
export const Precision = z.enum(precisions);
export type Precision = z.infer<typeof Precision>;

export const samplerNames = [
  'ddim',
  'pndm',
  'lms',
  'euler',
  'euler-ancestral',
  'dpm-solver-multistep',
] as const;

/** How latent diffusion goes about its work. Other networks don't look at it. */
export const DiffusionSettings = z.object({
  sampler: z.enum(samplerNames).default('dpm-solver-multistep'),
  /** Calls of the UNet, about. */
  steps: z.int().min(1).max(1000).default(20),
  /** DDIM: share of fresh noise in each step, 0..1. */
  eta: z.number().min(0).max(1).default(0),
  /** Of the noise; the same gives the same picture on any machine. `null` draws one when the job starts. */
  seed: z.int().min(0).max(0xffff_ffff).nullable().default(null),
  /** Longest side in source pixels that is worked on at once; absent lets the memory decide. */
  tile: z.int().min(16).max(4096).optional(),
  /**
   * LMS and Euler divide the small picture by the noise level along with the latents, as diffusers does: worse
   * pictures, for comparisons. Otherwise the picture stays as the networks were trained with it.
   */
  likeDiffusers: z.boolean().optional(),
  /**
   * Whether the result is corrected until it shows the source when it is shrunk (iterative back-projection), so that
   * colours stay; absent leaves it to the model. A receipt tells what was done, and nothing for other networks.
   */
  backProjection: z.boolean().optional(),
  /** Leave the final latents in the cache, as `checkpoints/<id of the job>.npy`: f32 [1, 3, height, width]. */
  keepLatents: z.boolean().optional(),
});
export type DiffusionSettings = z.infer<typeof DiffusionSettings>;

/** What a person can choose for a batch, and override for one picture. Frozen into the job when it starts. */
export const UpscaleSettings = z.object({
  /** A model's id in the catalogue, or `auto`: the photo model for lossy sources, the clean one for lossless. */
  model: z.string().default('auto'),
  diffusion: DiffusionSettings.prefault({}),
  scale: Scale.default({ kind: 'factor', factor: 4 }),
  /** An OpenVINO device name. `AUTO` picks the fastest that works. */
  device: z.string().default('AUTO'),
  precision: Precision.default('auto'),
  format: OutputFormat.default('same'),
  /** 1..100, for JPEG, WebP and AVIF. */
  quality: z.int().min(1).max(100).default(92),
  /** WebP, AVIF: keep every pixel. PNG and TIFF always do. */
  lossless: z.boolean().default(false),
  /** 0 (fast) .. 9 (small): how hard the encoder tries. */
  effort: z.int().min(0).max(9).default(4),
  metadata: MetadataPolicy.default('all'),
  /** Where results go; `null` is beside the source. */
  folder: FileHandleId.nullable().default(null),
  /** Name without extension; knows {name}, {scale}, {model}, {width}, {height}, {date}. */
  pattern: z.string().min(1).max(200).default('{name}_x{scale}'),
  overwrite: z.boolean().default(false),
  /** Write the receipt as JSON beside the result. */
  sidecar: z.boolean().default(false),
  /** Accept sources above the pixel limit (268 megapixels). */
  allowHuge: z.boolean().default(false),
});
export type UpscaleSettings = z.infer<typeof UpscaleSettings>;

/** One of several ways to make the same picture, to be compared. */
export const UpscaleVariant = z.object({
  /** What sets it apart: "Seed 7", "Fast". */
  label: z.string().min(1).max(80),
  settings: UpscaleSettings,
});
export type UpscaleVariant = z.infer<typeof UpscaleVariant>;

/** The frozen work order of one picture: all that the engine needs, with paths; never leaves the engine side. */
export const UpscaleSpec = z.object({
  inputPath: z.string(),
  /** Absolute folder that receives the result. */
  outputFolder: z.string(),
  /** Position below the dropped folder, kept below the output folder; '' for a single file. */
  relativeFolder: z.string().default(''),
  settings: UpscaleSettings,
});
export type UpscaleSpec = z.infer<typeof UpscaleSpec>;

/** What the header of a source says, read without decoding the pixels. */
export const PictureInfo = z.object({
  /** Pixels, after the EXIF orientation is applied. */
  width: z.int(),
  height: z.int(),
  format: z.string(),
  /** Bits a channel; 10 and 12 are AVIF's. */
  depth: z.union([z.literal(8), z.literal(10), z.literal(12), z.literal(16), z.literal(32)]),
  /** 1 grey, 3 colour, 4 CMYK; alpha not counted. */
  channels: z.int(),
  alpha: z.boolean(),
  /** Pages or frames; only the first is used. */
  pages: z.int(),
  /** Whether the source's compression lost detail (JPEG, lossy WebP, AVIF, HEIF, JPEG in TIFF). */
  lossy: z.boolean(),
  bytes: z.number(),
  /** Sentences on what will not survive: "12 frames: the first is used". */
  remarks: z.array(z.string()),
});
export type PictureInfo = z.infer<typeof PictureInfo>;

/** `waiting`: for a model that works on one picture at a time. */
export const upscaleStages = ['reading', 'waiting', 'upscaling', 'checking', 'writing'] as const;
export const UpscaleStage = z.enum(upscaleStages);
export type UpscaleStage = z.infer<typeof UpscaleStage>;

export const OutputCheck = z.object({
  /** `size`, `finite`, `not-flat`, `agrees-with-input`, `readable`. */
  name: z.string(),
  passed: z.boolean(),
  /** One sentence with the measured value and the bound. */
  detail: z.string(),
});
export type OutputCheck = z.infer<typeof OutputCheck>;

/** A picture as a file. `sha256` is lower-case hex of its bytes, `depth` bits a channel. */
const PictureFile = z.object({
  name: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  width: z.int(),
  height: z.int(),
  format: z.string(),
  depth: z.int(),
});

/** Proof of what was done to one picture. Hashes are lower-case hex SHA-256 of the file's bytes. */
export const Receipt = z.object({
  version: z.literal(1),
  kind: z.literal('upscale'),
  app: z.object({ name: z.string(), version: z.string() }),
  startedAt: z.iso.datetime(),
  finishedAt: z.iso.datetime(),
  input: PictureFile,
  output: PictureFile,
  model: z.object({
    id: z.string(),
    /** As people know it; absent in receipts of older versions. */
    name: z.string().optional(),
    /** Of all its files; see docs/adding-a-model.md. */
    sha256: z.string(),
    scale: z.number(),
    reason: z.string(),
  }),
  runtime: z.object({ implementation: z.string(), version: z.string() }),
  device: z.object({
    requested: z.string(),
    used: z.string(),
    fullName: z.string(),
    precision: z.string(),
    /** Devices that were tried before, and why they were left. */
    fallbacks: z.array(z.object({ device: z.string(), reason: z.string() })),
  }),
  settings: UpscaleSettings,
  tiles: z.object({ count: z.int(), width: z.int(), height: z.int(), overlap: z.int() }),
  /** Milliseconds. */
  timing: z.object({
    decode: z.number(),
    inference: z.number(),
    check: z.number(),
    encode: z.number(),
    total: z.number(),
  }),
  metadata: z.object({ kept: z.array(z.string()), dropped: z.array(z.string()) }),
  /** What could not be carried over or was approximated, as sentences. Empty when nothing was lost. */
  losses: z.array(z.string()),
  checks: z.array(OutputCheck),
});
export type Receipt = z.infer<typeof Receipt>;

export const UpscaleResult = z.object({
  outputPath: z.string(),
  receipt: Receipt,
});
export type UpscaleResult = z.infer<typeof UpscaleResult>;

/** One finished tile, small, for the picture that fills while it is made. Position in parts of the whole, 0..1. */
export const TilePreview = z.object({
  jobId: z.string(),
  x: z.number(),
  y: z.number(),
  width: z.number(),
  height: z.number(),
  /** JPEG, base64. */
  jpeg: z.string(),
});
export type TilePreview = z.infer<typeof TilePreview>;

/** A saved set of choices. */
export const UpscalePreset = z.object({
  name: z.string().min(1).max(60),
  settings: UpscaleSettings,
});
export type UpscalePreset = z.infer<typeof UpscalePreset>;

/** What adding files to the queue gives: what came in, what did not and why. */
export const UpscaleAddResult = z.object({
  jobIds: z.array(z.string()),
  refused: z.array(z.object({ name: z.string(), error: ErrorValue })),
  /** What of the folders was left out: names of pictures of formats that are not read, the first of them, and how many. */
  others: z.object({ count: z.int(), first: z.array(z.string()) }),
});
export type UpscaleAddResult = z.infer<typeof UpscaleAddResult>;

import { z } from 'zod';
import { FileHandle } from './files.ts';

/**
 * What files and folders can be for Refinery: `network` enlarges pictures, `diffusion` is a checkpoint or a converted
 * model, `training` the output folder of one that is compressed, `configuration` that of NNCF. A place says which of
 * them it takes; a new kind is a name here and a recognizer in the engine.
 */
export const fileKinds = [
  'network',
  'diffusion',
  'detector',
  'training',
  'configuration',
  'dataset',
  'pictures',
] as const;
export const FileKind = z.enum(fileKinds);
export type FileKind = z.infer<typeof FileKind>;

/** One way to read some files. */
export const Possibility = z.object({
  kind: FileKind,
  /** What is to be opened then: it may lie in the folder that was given. */
  handles: z.array(FileHandle).min(1),
  /** Of pictures, how many. */
  count: z.int(),
  /** Of a set, the title of its format, where that was told. */
  format: z.string().nullable(),
});
export type Possibility = z.infer<typeof Possibility>;

/** Files that are one thing, and what that may be: the most particular first, nothing where nobody knows. */
export const RecognizedPart = z.object({
  handles: z.array(FileHandle).min(1),
  couldBe: z.array(Possibility),
});
export type RecognizedPart = z.infer<typeof RecognizedPart>;

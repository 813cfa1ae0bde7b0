import { z } from 'zod';

/**
 * A file or folder that the person chose, by a name that only the engine can turn back into a path. Windows
 * hold handles, never paths: a page that was taken over can't name a file that nobody gave it.
 */
export const FileHandleId = z.string().regex(/^[A-Za-z0-9_-]{16,64}$/);
export type FileHandleId = z.infer<typeof FileHandleId>;

export const FileHandle = z.object({
  id: FileHandleId,
  /** Last part of the path. */
  name: z.string(),
  /** For people: where it is, with the home folder as `~`. Never used to open anything. */
  location: z.string(),
  kind: z.enum(['file', 'folder']),
  /** Bytes; 0 for a folder. */
  size: z.number().nonnegative(),
});
export type FileHandle = z.infer<typeof FileHandle>;

/** What became of a path that was handed in. */
export const AdmitResult = z.object({
  handles: z.array(FileHandle),
  /** What could not be taken, and why. */
  refused: z.array(z.object({ name: z.string(), reason: z.string() })),
});
export type AdmitResult = z.infer<typeof AdmitResult>;

/**
 * Which picture of a job to show. The carrier of the bytes differs (a confined `app://` scheme in the desktop
 * window, an authenticated address in web mode), the name does not. `output` is what a browser can show of the
 * result, `result` the very file.
 */
export const mediaVariants = ['thumbnail', 'tile', 'input', 'output', 'result'] as const;
export const MediaVariant = z.enum(mediaVariants);
export type MediaVariant = z.infer<typeof MediaVariant>;

export const MediaRequest = z.object({
  /** A job; a picture of the open dataset: its id, a dot and the item's number; or `file-` and a handle. */
  jobId: z.string(),
  variant: MediaVariant,
});
export type MediaRequest = z.infer<typeof MediaRequest>;

/** A file on disk that a browser can show: the original where it can, else a faithful copy in the cache. */
export const MediaFile = z.object({
  path: z.string(),
  mime: z.string(),
});
export type MediaFile = z.infer<typeof MediaFile>;

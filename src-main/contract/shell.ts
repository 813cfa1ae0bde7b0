import { z } from 'zod';
import type { AdmitResult, MediaRequest } from './files.ts';

/** What surrounds the page, and what it can do. */
export const ShellInfo = z.object({
  kind: z.enum(['desktop', 'web']),
  platform: z.string(),
  /** Native dialogs, "Show in folder", file drag-out, image clipboard. */
  native: z.boolean(),
  /** Web mode: folders on the server that paths may be taken from, shortened for people. */
  allowedFolders: z.array(z.string()),
});
export type ShellInfo = z.infer<typeof ShellInfo>;

export const dialogPurposes = [
  'pictures',
  'folder',
  'model',
  'modelFolder',
  'runFolder',
  'datasetFolder',
  'detectorFolder',
  'measured',
  'configuration',
  'modelLayers',
  'trainingScript',
  'pythonFolder',
  'outputFolder',
  'runtimeFolder',
] as const;
export const DialogPurpose = z.enum(dialogPurposes);
export type DialogPurpose = z.infer<typeof DialogPurpose>;

/** Menu entries that the page carries out. */
export const shellCommands = [
  'openPictures',
  'openFolder',
  'start',
  'pauseOrResume',
  'find',
  'palette',
  'keys',
  'showUpscale',
  'showDatasets',
  'showDetectors',
  'showCompression',
  'showModels',
  'showActivity',
  'showSettings',
] as const;
export const ShellCommand = z.enum(shellCommands);
export type ShellCommand = z.infer<typeof ShellCommand>;

/**
 * What the host puts before the page: a carrier for messages, and the two things that can't be messages because
 * they need the browser's own objects. In the desktop window it is `window.refineryBridge`, made by the preload.
 */
export interface Bridge {
  readonly kind: 'desktop' | 'web';
  send(message: string): void;
  onMessage(listener: (message: string) => void): () => void;
  onClose(listener: (reason: string) => void): () => void;
  /** Turns dropped or pasted files and folders into handles. */
  admit(files: readonly File[]): Promise<AdmitResult>;
  /** Address of a picture, for `<img>`. */
  mediaUrl(request: MediaRequest): string;
}

import { z } from 'zod';
import { EngineInfo, EngineStatus, Finding } from '../engine.ts';
import { AdmitResult, FileHandle, FileHandleId, MediaFile, MediaRequest } from '../files.ts';
import { JobId } from '../jobs.ts';
import { RuntimeCandidate } from '../models.ts';
import { RecognizedPart } from '../recognition.ts';
import { Settings, SettingsChange } from '../settings.ts';
import { DialogPurpose, ShellInfo } from '../shell.ts';
import { done, lasting, method, nothing } from './method.ts';

/** Of the engine itself, files, settings, and what surrounds a page. The names are the wire names. */
export const coreMethods = {
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
  'files.admit': lasting('host', z.object({ paths: z.array(z.string()).max(100_000) }), AdmitResult),
  /** A path on the server's disk, in web mode, below a folder that the owner of the token allowed. */
  'files.admitAllowed': lasting('window', z.object({ path: z.string().max(4096) }), AdmitResult),
  'files.describe': method('window', z.object({ id: FileHandleId }), FileHandle),
  /** Says what files and folders may be, for places to take them. */
  'files.recognize': lasting(
    'window',
    z.object({ handles: z.array(FileHandleId).max(100_000) }),
    z.object({ parts: z.array(RecognizedPart) }),
  ),
  /** The path behind a handle. */
  'files.resolve': method('host', z.object({ id: FileHandleId }), z.object({ path: z.string() })),
  'media.open': method('host', MediaRequest, MediaFile),

  // Settings
  'settings.get': method('window', nothing, Settings),
  'settings.set': method('window', z.object({ change: SettingsChange }), Settings),

  // What surrounds the page: answered by the desktop main process or the web server
  'shell.info': method('window', nothing, ShellInfo),
  /** Empty when the person cancels. */
  'shell.openDialog': lasting('window', z.object({ purpose: DialogPurpose }), AdmitResult),
  'shell.showResult': method('window', z.object({ id: JobId }), done),
  /** Opens a folder that Refinery was given or has made in the file manager. */
  'shell.showFolder': method('window', z.object({ handle: FileHandleId }), done),
  'shell.openResult': method('window', z.object({ id: JobId }), done),
  'shell.copyImage': method('window', z.object({ id: JobId }), done),
  /** Starts a native drag of the result out of the window. */
  'shell.dragResult': method('window', z.object({ id: JobId }), done),
} as const;

import { z } from 'zod';
import { AdmitResult, FileHandleId } from '../files.ts';
import { HistoryQuery, Job, JobHistory, JobId, QueueSummary } from '../jobs.ts';
import { Receipt, UpscaleAddResult, UpscaleSettings, UpscaleVariant } from '../upscale.ts';
import { done, lasting, method, nothing } from './method.ts';

const ids = z.object({ ids: z.array(JobId).max(100_000) });

/** Of the queue, and of what is upscaled in it. The names are the wire names. */
export const queueMethods = {
  // The queue
  /** Some thousands at a time: those behind a position. `next` is where to go on, or `null` at the end. */
  'jobs.list': method(
    'window',
    z.object({ after: z.number().nullable().default(null) }),
    z.object({ jobs: z.array(Job), next: z.number().nullable(), summary: QueueSummary }),
  ),
  /** What was worked on and has ended, whether or not it is still on the list. */
  'jobs.history': method('window', HistoryQuery, JobHistory),
  /** Ready jobs become queued with the settings of now; all ready ones when no ids are given. */
  'jobs.start': method('window', ids.partial(), z.object({ started: z.int() })),
  /** Jobs that wait for their turn take the settings of now. */
  'jobs.renew': method('window', ids, done),
  'jobs.pause': method('window', ids, done),
  'jobs.resume': method('window', ids, done),
  'jobs.cancel': method('window', ids, done),
  'jobs.retry': method('window', ids, done),
  /** Takes jobs off the list; results stay on disk, and in the history what was worked on. Gives what `jobs.restore` needs. */
  'jobs.remove': method('window', ids, z.object({ removed: z.array(JobId) })),
  /** Takes what has ended off the list and out of the history, or puts it back into the history. Files stay. */
  'jobs.forget': method(
    'window',
    ids.extend({ forgotten: z.boolean() }),
    z.object({ changed: z.array(JobId) }),
  ),
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
  /** Gives a handle of a result, to go on with it. A set that is not there any more is named by the error. */
  'jobs.admitOutput': method('window', z.object({ id: JobId }), AdmitResult),

  // Upscaling
  'upscale.add': lasting(
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
  /** Choices for these pictures alone, as long as nobody has begun them; `null` returns them to the batch's. */
  'upscale.override': method('window', ids.extend({ settings: UpscaleSettings.nullable() }), done),
  /** Sends tiles of this job as they are finished; `null` stops. */
  'upscale.watch': method('window', z.object({ id: JobId.nullable() }), done),
} as const;

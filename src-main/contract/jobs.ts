import { z } from 'zod';
import { ErrorValue } from './errors.ts';
import { PictureInfo, UpscaleSettings } from './upscale.ts';

export const JobId = z.string().min(1).max(64);
export type JobId = z.infer<typeof JobId>;

/**
 * `ready` waits for the person, `queued` for a free place. `paused` holds its place. `setAside` means that the
 * engine died twice with this job in hand; only an explicit retry touches it again.
 */
export const jobStates = [
  'ready',
  'queued',
  'running',
  'paused',
  'done',
  'failed',
  'cancelled',
  'setAside',
] as const;
export const JobState = z.enum(jobStates);
export type JobState = z.infer<typeof JobState>;

/** Nothing happens to a job in one of these until somebody asks for it. */
export const finishedStates: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled', 'setAside']);

export const jobKinds = ['upscale', 'convert'] as const;
export const JobKindName = z.enum(jobKinds);
export type JobKindName = z.infer<typeof JobKindName>;

export const JobProgress = z.object({
  stage: z.string(),
  /** 0..1, never falls while a job runs. */
  fraction: z.number().min(0).max(1),
  /** Work in a second, in the job's own unit. */
  rate: z.object({ value: z.number(), unit: z.string() }).optional(),
  /** Milliseconds left, when that can be told. */
  timeLeft: z.number().optional(),
});
export type JobProgress = z.infer<typeof JobProgress>;

/** What a window knows of one job. Small: a queue of 5,000 crosses at once. */
export const Job = z.object({
  id: JobId,
  kind: JobKindName,
  /** Jobs added together. */
  batch: z.string(),
  title: z.string(),
  state: JobState,
  /** Place in the queue; smaller runs first. */
  position: z.number(),
  addedAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  attempts: z.int(),
  progress: JobProgress.optional(),
  error: ErrorValue.optional(),
  /** Upscale jobs: the source's header, the choices, and the result. */
  upscale: z
    .object({
      location: z.string(),
      /** Where its result goes that would else lie beside a source that nobody finds again, such as a pasted one. */
      destination: z.string().nullable().default(null),
      picture: PictureInfo.nullable(),
      /** Set when this picture has choices of its own. */
      override: UpscaleSettings.nullable(),
      /** Of a picture that waits for its turn: what it was started with, where the choices of now are others. */
      frozen: UpscaleSettings.nullable().default(null),
      /** What sets this one apart from others of the same picture. */
      variant: z.string().nullable().default(null),
      /** Pixels of the result, known before it is made. */
      target: z.object({ width: z.int(), height: z.int() }).nullable(),
      result: z
        .object({
          name: z.string(),
          location: z.string(),
          width: z.int(),
          height: z.int(),
          bytes: z.number(),
          /** Milliseconds from start to file. */
          duration: z.number(),
          device: z.string(),
          model: z.string(),
          losses: z.int(),
        })
        .nullable(),
    })
    .optional(),
  /** Conversions of a dataset: where the new set goes, and what came of it. */
  convert: z
    .object({
      location: z.string(),
      from: z.string(),
      to: z.string(),
      result: z
        .object({
          items: z.int(),
          annotations: z.int(),
          check: z.enum(['passed', 'changed', 'failed']),
          /** Part of the annotations that came back as was said, 0..1. */
          score: z.number(),
          /** The receipt's name; it lies beside the set. */
          receipt: z.string().nullable(),
          /** Milliseconds from start to end. */
          duration: z.number(),
        })
        .nullable(),
    })
    .optional(),
});
export type Job = z.infer<typeof Job>;

/** Which of the finished jobs are asked for: the newest whose name holds the text. */
export const HistoryQuery = z.object({
  text: z.string().max(1000),
  limit: z.int().min(1).max(10_000),
});
export type HistoryQuery = z.infer<typeof HistoryQuery>;

export const JobHistory = z.object({
  /** The newest first. */
  jobs: z.array(Job),
  /** How many there are of that name. */
  total: z.int(),
});
export type JobHistory = z.infer<typeof JobHistory>;

/** The whole queue in numbers. */
export const QueueSummary = z.object({
  paused: z.boolean(),
  counts: z.record(JobState, z.int()),
  /** Of the work that was started or waits: 0..1. */
  fraction: z.number(),
  /** Milliseconds left, when that can be told. */
  timeLeft: z.number().nullable(),
  /** Finished items a minute. */
  rate: z.number().nullable(),
});
export type QueueSummary = z.infer<typeof QueueSummary>;

import { z } from 'zod';
import { ErrorValue } from './errors.ts';
import { FileHandle, FileHandleId } from './files.ts';

/** What a Python environment has for JPQD, and what Refinery could make instead. */
export const EnvironmentView = z.object({
  /** Of the interpreter that was looked at; null where Refinery's own environment isn't made yet. */
  location: z.string().nullable(),
  findings: z.array(
    z.object({
      name: z.string(),
      severity: z.enum(['good', 'warning', 'error']),
      found: z.string(),
      message: z.string(),
    }),
  ),
  /** In MB, of Refinery's own environment; null when it is complete. */
  toInstall: z.object({ download: z.number(), disk: z.number() }).nullable(),
});
export type EnvironmentView = z.infer<typeof EnvironmentView>;

/** How making the environment goes. */
export const InstallingView = z.object({
  /** What it is at; null at the end. */
  doing: z.string().nullable(),
  error: ErrorValue.nullable(),
});
export type InstallingView = z.infer<typeof InstallingView>;

/** Folder of an environment, made by venv or conda; `null` is Refinery's own. */
export const PythonChoice = FileHandleId.nullable();

export const TrainingRequest = z.object({
  python: PythonChoice,
  script: FileHandleId,
  config: FileHandleId.nullable(),
  /** As on a command line, with `{output}` and `{config}`. */
  arguments: z.string().max(20_000),
  /** The folder that the training's own is made in, and its name. */
  folder: FileHandleId,
  name: z
    .string()
    .min(1)
    .max(200)
    .regex(/^(?!\.{1,2}$)[^/\\]+$/),
  /** Goes on in a folder that a training wrote to before. */
  again: z.boolean(),
  /** How many train together, one for each card. */
  processes: z.int().min(1).max(64),
});
export type TrainingRequest = z.infer<typeof TrainingRequest>;

/** A training that was started here, whatever it trains, running or over. */
export const ListedTraining = z.object({
  /** Of its record; the handle of its folder, where it is one with JPQD. */
  id: z.string().min(1).max(64),
  kind: z.enum(['detector', 'compression']),
  name: z.string(),
  /** `interrupted`: it was cut off while Refinery was not there, or by its end. */
  state: z.enum(['running', 'done', 'stopped', 'failed', 'interrupted']),
  /** How far it came, for people. */
  detail: z.string(),
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  /** Where it wrote to; null where nothing was written. */
  folder: FileHandle.nullable(),
  /** The best weights so far, where some are on the disk. */
  weights: FileHandle.nullable(),
  /** Whether it can go on where it was, needs but its export, or can only begin again; null for one that runs or is done. */
  goesOn: z.enum(['resume', 'export', 'again']).nullable(),
});
export type ListedTraining = z.infer<typeof ListedTraining>;

/** A training that was started here. */
export const StartedTraining = z.object({
  /** Its folder, which is watched as any run. */
  folder: FileHandle,
  /** `lost`: it ended while Refinery was not there to see how. */
  phase: z.enum(['running', 'stopping', 'ended', 'failed', 'lost']),
  /** Milliseconds since 1970. */
  startedAt: z.number(),
  endedAt: z.number().nullable(),
  code: z.int().nullable(),
  signal: z.string().nullable(),
  /** The last lines of its log. */
  tail: z.array(z.string()),
});
export type StartedTraining = z.infer<typeof StartedTraining>;

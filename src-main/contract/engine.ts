import { z } from 'zod';
import { DeviceInfo, RuntimeCandidate } from './models.ts';

/** Raised when a method or event changes its meaning; both sides must agree. */
export const protocolVersion = 1;

export const EngineInfo = z.object({
  protocol: z.int(),
  version: z.string(),
  pid: z.int(),
  node: z.string(),
  platform: z.string(),
  startedAt: z.number(),
  /** `null` when no OpenVINO was found; everything else still works. */
  runtime: RuntimeCandidate.nullable(),
  devices: z.array(DeviceInfo),
});
export type EngineInfo = z.infer<typeof EngineInfo>;

export const EngineStatus = z.object({
  /** Bytes. */
  residentMemory: z.number(),
  freeMemory: z.number(),
});
export type EngineStatus = z.infer<typeof EngineStatus>;

/** One line of `refinery doctor`. */
export const Finding = z.object({
  topic: z.string(),
  state: z.enum(['good', 'warning', 'missing']),
  message: z.string(),
  hint: z.string().optional(),
});
export type Finding = z.infer<typeof Finding>;

/** How the supervisor sees the engine; windows show it in the status line. */
export const EngineState = z.discriminatedUnion('state', [
  z.object({ state: z.literal('starting') }),
  z.object({ state: z.literal('ready') }),
  z.object({ state: z.literal('restarting'), reason: z.string(), attempt: z.int() }),
  z.object({ state: z.literal('stopped'), reason: z.string() }),
]);
export type EngineState = z.infer<typeof EngineState>;

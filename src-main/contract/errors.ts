import { z } from 'zod';

/**
 * Every way in which a request or a job can fail. A code is stable (scripts match on it); the sentence that
 * goes with it is for a person, and the hint says what to do next.
 */
export const errorCodes = [
  // Input and output files
  'INPUT_NOT_FOUND',
  'INPUT_UNREADABLE',
  'INPUT_EMPTY',
  'INPUT_TRUNCATED',
  'INPUT_CORRUPT',
  'INPUT_UNSUPPORTED',
  'INPUT_TOO_LARGE',
  'OUTPUT_NOT_WRITABLE',
  'OUTPUT_EXISTS',
  'OUTPUT_NAME_TOO_LONG',
  'OUTPUT_CHECK_FAILED',
  'DISK_FULL',
  // Models and the runtime
  'MODEL_UNKNOWN',
  'MODEL_NOT_INSTALLED',
  'MODEL_CORRUPT',
  'MODEL_NOT_AN_IMAGE_NETWORK',
  'MODEL_UNSAFE',
  'DOWNLOAD_FAILED',
  'RUNTIME_NOT_FOUND',
  'RUNTIME_FAILED',
  'NOT_SUPPORTED_BY_RUNTIME',
  'DEVICE_UNAVAILABLE',
  'OUT_OF_MEMORY',
  // Jobs
  'JOB_NOT_FOUND',
  'JOB_STATE',
  'JOB_SET_ASIDE',
  'CANCELLED',
  // The boundary
  'BAD_REQUEST',
  'FORBIDDEN',
  'HANDLE_UNKNOWN',
  'PAYLOAD_TOO_LARGE',
  'ENGINE_GONE',
  'ENGINE_MISMATCH',
  'ENGINE_BUSY',
  'TIMEOUT',
  'INTERNAL',
] as const;

export const ErrorCode = z.enum(errorCodes);
export type ErrorCode = z.infer<typeof ErrorCode>;

/** An error as a value: what crosses a boundary, stands in the journal and is shown to a person. */
export const ErrorValue = z.object({
  code: ErrorCode,
  /** What happened and why, one or two plain sentences. */
  message: z.string(),
  /** What to do next. */
  hint: z.string().optional(),
  /** Technical text behind "Copy details". */
  details: z.string().optional(),
});
export type ErrorValue = z.infer<typeof ErrorValue>;

/** The thrown form of an {@link ErrorValue}. */
export class RefineryError extends Error {
  override readonly name = 'RefineryError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { hint?: string; details?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details ?? (options.cause instanceof Error ? options.cause.stack : undefined);
  }

  toValue(): ErrorValue {
    return {
      code: this.code,
      message: this.message,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.details === undefined ? {} : { details: this.details }),
    };
  }

  static fromValue(value: ErrorValue): RefineryError {
    return new RefineryError(value.code, value.message, {
      ...(value.hint === undefined ? {} : { hint: value.hint }),
      ...(value.details === undefined ? {} : { details: value.details }),
    });
  }
}

/** Turns anything that was thrown into an error value; what nobody foresaw becomes `INTERNAL`. */
export function toErrorValue(thrown: unknown): ErrorValue {
  if (thrown instanceof RefineryError) return thrown.toValue();
  if (thrown instanceof Error) {
    return {
      code: 'INTERNAL',
      message: thrown.message || 'Something failed that was not foreseen.',
      hint: 'Try again; if it happens again, copy the details into a report.',
      ...(thrown.stack === undefined ? {} : { details: thrown.stack }),
    };
  }
  return { code: 'INTERNAL', message: String(thrown) };
}

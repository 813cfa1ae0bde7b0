import { RefineryError } from '../../contract/errors.ts';

/**
 * What a decoder or an encoder has begun can't be stopped, and may take half a minute: whoever cancels need not wait for it.
 * It ends by itself, and what it leaves is removed then.
 *
 * @param isKept whether it is too late to cancel.
 */
export function untilCancelled<Result>(
  whole: Promise<Result>,
  signal: AbortSignal,
  isKept: () => boolean,
): Promise<Result> {
  const { promise, resolve, reject } = Promise.withResolvers<Result>();
  const cancel = (): void => {
    const reason: unknown = signal.reason;
    if (!isKept() && reason instanceof RefineryError && reason.code === 'CANCELLED') reject(reason);
  };
  signal.addEventListener('abort', cancel, { once: true });
  whole.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  return promise;
}

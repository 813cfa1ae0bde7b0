import type { Carrier } from '../../../contract/wire.ts';
import { carrierOf } from './carrier.ts';

/** Two ends of a carrier within one process: for the command line and for tests. Delivery is asynchronous, in order. */
export function memoryCarriers(): [Carrier, Carrier] {
  const deliver: Array<(text: string) => void> = [];
  const ended: Array<(reason: string) => void> = [];
  const end = (mine: 0 | 1, other: 0 | 1): Carrier =>
    carrierOf({
      send: (message) => queueMicrotask(() => deliver[other]?.(message)),
      listen(message, closed) {
        deliver[mine] = message;
        ended[mine] = closed;
      },
      close: (reason) => queueMicrotask(() => ended[other]?.(reason)),
    });
  return [end(0, 1), end(1, 0)];
}
